"""The elder's card: only what the visitor needs at the door."""

from __future__ import annotations

import re
from typing import Any

from caregiver_app.presenters import calls, changes
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.views.base import Choice
from caregiver_app.presenters.views.elder import ElderView, PastVisit
from caregiver_app.store.outbox import Row

CHANNELS = ("home", "phone", "video")
#: How the server puts its summary together (server/sync/summary.py); other words are shown as they come.
SEPARATOR = re.compile("[；;]")
#: What is good to know, and no reason to hurry. That a period ends soon stands on the card in days.
MILD, SAID = ("tag_problem", "doubtful_visit"), ("due_soon",)
NEEDS = ("需要：", "Needs:")


def channels(elder: dict[str, Any] | None, common: Common) -> tuple[str, ...]:
    """How the elder may be visited: as the policy says, home always."""
    if elder is None:
        return ("home",)
    policy = common.store.cache.one("policies", str(elder.get("policy_id")))
    allowed = (policy or {}).get("channels") or CHANNELS
    return tuple(name for name in CHANNELS if name in allowed or name == "home")


def state_text(row: Row, common: Common) -> str:
    """Where a saved visit stands, in words that claim no more than is known."""
    return common.text(f"state.{row.state}")


class ElderPresenter:
    """Fulfils `interface.Elder`."""

    def __init__(self, common: Common) -> None:
        self._common = common

    def view(self, elder_id: str) -> ElderView | None:
        """The card; None if the elder is no longer on this phone."""
        common = self._common
        elder = common.store.cache.one("elders", elder_id)
        if elder is None:
            return None
        rows = Rows(common)
        row = rows.row(elder)
        region = elder.get("region")
        status = str(elder.get("status") or "active")
        found, needs = _summary(elder.get("last_visit"))
        draft_id = rows.draft(elder_id)
        followup = rows.followup(elder_id)
        alerts = rows.alerts(elder_id)
        return ElderView(
            row=row,
            about=self._about(elder, row.categories),
            region=str(region.get("name") or "") if isinstance(region, dict) else str(region or ""),
            address=str(elder.get("address") or ""),
            status=status,
            status_text=common.label("status", status),
            calls=calls.of_elder(elder, common),
            notes=str(elder.get("notes") or ""),
            last_visit_text=self._last(elder.get("last_visit")),
            due_lines=tuple(self._due_line(duty) for duty in elder.get("due") or () if rows.runs(duty)),
            alert_lines=tuple(self._alert_line(a) for a in alerts if a.get("kind") not in (*MILD, *SAID)),
            mild_lines=tuple(self._alert_line(a) for a in alerts if a.get("kind") in MILD),
            channels=tuple(
                Choice(name, common.text(f"channel.{name}"), name == "home") for name in channels(elder, common)
            ),
            history=tuple(self._past(one) for one in common.store.outbox.of_elder(elder_id)),
            draft_id=draft_id,
            found_lines=found,
            needs_text=needs,
            changed_lines=changes.since(common, elder),
            followup_text=common.text("steps.when", when=common.when(followup.at)) if followup else "",
            draft_text=self._draft(draft_id),
        )

    def _about(self, elder: dict[str, Any], categories: tuple[str, ...]) -> str:
        common = self._common
        parts = []
        if elder.get("sex"):
            parts.append(common.label("sex", elder["sex"]))
        if elder.get("birth_year"):
            parts.append(common.text("elder.born", year=elder["birth_year"]))
        return " · ".join([*parts, *categories])

    def _last(self, last: Any) -> str:
        common = self._common
        if not isinstance(last, dict):
            return common.text("elder.never_visited")
        outcome = common.label("outcome", last.get("outcome"))
        return common.text("elder.last_visit", when=common.when(last.get("at")), outcome=outcome)

    def _draft(self, draft_id: str | None) -> str:
        draft = self._common.store.drafts.get(draft_id) if draft_id else None
        if draft is None:
            return ""
        started = self._common.text("visit.started", when=self._common.when(draft["started_at"]))
        if draft["channel"] != "home":
            return f"{started} · {self._common.text('channel.' + draft['channel'])}"
        return f"{started} · {self._common.text('visit.tag' if draft['tag'] else 'visit.no_tag')}"

    def _due_line(self, duty: dict[str, Any]) -> str:
        common = self._common
        return common.text(
            "elder.due_line",
            period=common.text("period.week" if duty.get("period") == "week" else "period.month"),
            start=duty.get("start"),
            end=duty.get("end"),
            done=duty.get("done"),
            needed=duty.get("needed"),
        )

    def _alert_line(self, alert: dict[str, Any]) -> str:
        common = self._common
        kind = common.label("alert", alert.get("kind"))
        return common.text("elder.alert_line", kind=kind, when=common.when(alert.get("opened_at")))

    def _past(self, row: Row) -> PastVisit:
        visit = row.visit()
        return PastVisit(
            when_text=self._common.when(visit.get("started_at")),
            outcome_text=outcome_label(self._common, visit.get("channel"), visit.get("outcome")),
            state=row.state,
            state_text=state_text(row, self._common),
        )


def outcome_label(common: Common, channel: Any, outcome: Any) -> str:
    """An outcome in words; nobody opens a door in a call."""
    return common.label("outcome" if channel in (None, "home") else "outcome_call", outcome)


def _summary(last: Any) -> tuple[tuple[str, ...], str]:
    """The server's one line about the last visit, as (what was not good, what was missing)."""
    text = str(last.get("summary") or "") if isinstance(last, dict) else ""
    parts = [part.strip() for part in SEPARATOR.split(text) if part.strip()]
    needs = [part for part in parts if part.startswith(NEEDS)]
    return tuple(part for part in parts if part not in needs), "\n".join(
        part.removeprefix(NEEDS[0]).removeprefix(NEEDS[1]).strip() for part in needs
    )
