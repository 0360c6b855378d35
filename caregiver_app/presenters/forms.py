"""Which form a visit fills: the newest that the server sent for the channel, else the one the app carries."""

from __future__ import annotations

from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views.base import Choice
from caregiver_app.presenters.views.visit import FormGroup, FormItem
from shared.rules.forms import form_for

# Kinds of item that this app can show; a form with another required kind needs a newer app.
KINDS = ("grade", "choice")


def outdated(common: Common, channel: str) -> bool:
    """Whether the server has a newer form for this channel than this app can show. Visits go on with the older one."""
    found = pick(common, channel)
    if found is None:
        return False
    sent = [form for form in common.section("forms") if channel in (form.get("channels") or ())]
    newest = max((_version(form) for form in sent if form.get("id") == found.get("id")), default=0)
    return newest > _version(found)


def pick(common: Common, channel: str) -> dict[str, Any] | None:
    """The form for a channel, or None for a channel without one."""
    sent = [form for form in common.section("forms") if channel in (form.get("channels") or ())]
    usable = [form for form in sent if _usable(form)]
    if usable:
        return max(usable, key=_version)
    return form_for(channel)


def _version(form: dict[str, Any]) -> int:
    version = form.get("version")
    return version if isinstance(version, int) else 0


def _usable(form: dict[str, Any]) -> bool:
    items = form.get("items")
    if not isinstance(items, list) or not items:
        return False
    known = all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items)
    return known and all(item.get("type") in KINDS or not item.get("required") for item in items)


def groups(common: Common, form: dict[str, Any], answers: dict[str, str]) -> tuple[FormGroup, ...]:
    """The form's questions under their class titles, in the form's order."""
    found: dict[str, tuple[str, list[FormItem]]] = {}
    for item in form["items"]:
        if item.get("type") not in KINDS:
            continue
        name = str(item.get("class") or item["id"].split(".")[0])
        title = _title(common, item.get("class_title")) or common.label("group", name)
        value = answers.get(item["id"])
        options = tuple(
            Choice(option, _option(common, item, option), option == value) for option in item.get("options") or ()
        )
        shown = FormItem(
            id=item["id"],
            title=_title(common, item.get("title")) or item["id"],
            options=options,
            value=value,
            required=bool(item.get("required")),
        )
        found.setdefault(name, (title, []))[1].append(shown)
    return tuple(FormGroup(name, title, tuple(items)) for name, (title, items) in found.items())


def all_good(form: dict[str, Any]) -> dict[str, str]:
    """What the one tap answers."""
    return {
        item["id"]: "good"
        for item in form["items"]
        if item.get("type") == "grade" and "good" in (item.get("options") or ())
    }


def _title(common: Common, title: Any) -> str:
    if isinstance(title, dict):
        return str(title.get(common.language) or title.get("zh") or "")
    return str(title or "")


def _option(common: Common, item: dict[str, Any], option: str) -> str:
    titles = item.get("option_titles") or {}
    return _title(common, titles.get(option)) or common.label("option", option)
