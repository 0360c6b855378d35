"""Filling the templates: the language, what they may call, and the headers of every page."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from flask import Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from server import clock
from server.auth.reach import Actor
from server.h5.form import OUTCOMES, REASONS, Fields
from server.h5.texts import TEXTS, say
from server.language import Language, language
from server.sync.summary import NEEDS, URGENT
from shared.rules.forms import HOME_VISIT

LANGUAGE_COOKIE = "yuetan_language"
YEAR = 365 * 24 * 3600
TYPES = {"h5.css": "text/css", "h5.js": "text/javascript"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "Permissions-Policy": "geolocation=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NOTHING = Fields({})


def chosen_language(fields: Fields = NOTHING) -> Language:
    """The one chosen on the page; else the one chosen before; else what the browser asks for."""
    for chosen in (request.args.get("lang"), fields.one("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen == "zh" or chosen == "en":
            return chosen
    return language()


def page(template: str, lang: Language, status: int = 200, *, here: str, title: str, **context: Any) -> Response:
    """A page. `title`: the key of a text, or a text of its own."""
    context = {"who": None, **context}
    title = say(title, lang) if title in TEXTS else title
    html = _environment().get_template(template).render(
        lang=lang, here=here, title=title, asset=asset, t=lambda key, **params: say(key, lang, **params),
        outcome_word=lambda code: say(f"outcome.{code}", lang) if code in OUTCOMES else code, **context,
    )  # fmt: skip
    response = Response(html, status, mimetype="text/html")
    response.headers.update(HEADERS)
    if request.args.get("lang") == lang:
        response.set_cookie(LANGUAGE_COOKIE, lang, max_age=YEAR, path="/", httponly=True, samesite="Lax")
    return response


def message(lang: Language, status: int, here: str, title: str, words: str, who: Actor | None = None) -> Response:
    return page("message.html", lang, status, here=here, title=title, words=say(words, lang), who=who)


def visit_page(
    lang: Language, *, here: str, who: Actor, elder: Mapping[str, Any], revoked: bool, state: str,
    given: Fields = NOTHING, faults: Sequence[str] = (), status: int = 200,
) -> Response:  # fmt: skip
    """The short form, filled with what was given before."""
    groups: dict[str, dict[str, Any]] = {}
    for item in HOME_VISIT["items"]:
        group = groups.setdefault(item["class"], {"title": item["class_title"][lang], "items": []})
        group["items"].append({"id": item["id"], "title": item["title"][lang]})
    return page(
        "visit.html", lang, status, here=here, title=elder["name"], who=who, elder=elder, revoked=revoked, state=state,
        given=given, faults=faults, outcomes=OUTCOMES, reasons=REASONS, groups=list(groups.values()),
        graded=any(name.startswith("a.") for name in given.values),
        urgent_kinds=[(k, w.say(lang)) for k, w in URGENT.items()],
        need_kinds=[(k, w.say(lang)) for k, w in NEEDS.items()],
    )  # fmt: skip


@cache
def asset_bytes(name: str) -> bytes:
    return resources.files("server.h5").joinpath("static", name).read_bytes()


@cache
def asset(name: str) -> str:
    """Its address, which changes with it, so that browsers may keep it for good."""
    return f"/h5/{name}?v={hashlib.sha256(asset_bytes(name)).hexdigest()[:12]}"


def _day(instant: str) -> str:
    return dt.datetime.fromisoformat(instant).astimezone(clock.zone()).date().isoformat()


def _moment(instant: dt.datetime, lang: Language) -> str:
    """11月3日 09:12, 3 Nov 09:12"""
    local = instant.astimezone(clock.zone())
    day = f"{local.month}月{local.day}日" if lang == "zh" else f"{local.day} {local:%b}"
    return f"{day} {local:%H:%M}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("server.h5"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(day=_day, moment=_moment)
    return made
