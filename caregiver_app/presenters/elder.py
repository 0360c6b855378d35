"""The elder's card: only what the visitor needs at the door."""

from __future__ import annotations

from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.views import Call, Choice, ElderView, PastVisit
from caregiver_app.store.outbox import Row

CHANNELS = ("home", "phone", "video")


def calls(elder: dict[str, Any], common: Common) -> tuple[Call, ...]:
    """Whom to call about this elder: the elder first, then the contacts in the register's order."""
    found = []
    if elder.get("phone"):
        found.append(Call(str(elder.get("name") or ""), common.text("call.elder"), str(elder["phone"])))
    for contact in elder.get("contacts") or ():
        if isinstance(contact, dict) and contact.get("phone"):
            relation = common.label("relation", contact.get("relation") or "other")
            found.append(Call(str(contact.get("name") or ""), relation, str(contact["phone"])))
    return tuple(found)


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
        return ElderView(
            row=row,
            about=self._about(elder, row.categories),
            region=str(region.get("name") or "") if isinstance(region, dict) else str(region or ""),
            address=str(elder.get("address") or ""),
            status=status,
            status_text=common.label("status", status),
            calls=calls(elder, common),
            notes=str(elder.get("notes") or ""),
            last_visit_text=self._last(elder.get("last_visit")),
            due_lines=tuple(self._due_line(duty) for duty in elder.get("due") or ()),
            alert_lines=tuple(self._alert_line(alert) for alert in rows.alerts(elder_id)),
            channels=tuple(
                Choice(name, common.text(f"channel.{name}"), name == "home") for name in channels(elder, common)
            ),
            history=tuple(self._past(one) for one in common.store.outbox.of_elder(elder_id)),
            draft_id=rows.draft(elder_id),
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
        words = common.text("elder.last_visit", when=common.when(last.get("at")), outcome=outcome)
        return f"{words} {last['summary']}" if last.get("summary") else words

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
            outcome_text=self._common.label("outcome", visit.get("outcome")),
            state=row.state,
            state_text=state_text(row, self._common),
        )
