"""My hours: the time bank's balance and latest entries as the server last told them, with their date."""

from __future__ import annotations

from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views.hours import HourEntry, HoursView
from caregiver_app.sync.offset import parse

SHOWN = 30
SIGN = {True: "+", False: "\u2212"}


class HoursPresenter:
    """Shows; earning and spending is the server's."""

    def __init__(self, common: Common) -> None:
        self._common = common

    def view(self) -> HoursView | None:
        """None: no account is known on this phone."""
        account = self._common.store.meta.get("account")
        if not isinstance(account, dict):
            return None
        common = self._common
        as_of = common.when(account.get("as_of") or common.store.meta.get("pulled_at"))
        entries = sorted(common.section("entries"), key=lambda entry: str(entry.get("at")), reverse=True)
        return HoursView(
            free_text=self._hours(account.get("free_minutes")),
            pending_text=self._hours(account.get("pending_minutes")),
            held_text=self._hours(account.get("held_minutes")) if account.get("held_minutes") else "",
            debt_text=self._hours(account.get("debt_minutes")) if account.get("debt_minutes") else "",
            as_of_text=common.text("hours.as_of", when=as_of) if as_of else "",
            entries=tuple(self._entry(entry) for entry in entries[:SHOWN]),
        )

    def _entry(self, entry: dict[str, Any]) -> HourEntry:
        minutes = _minutes(entry.get("minutes"))
        moment = parse(entry["at"]) if isinstance(entry.get("at"), str) else None
        now = self._common.now()
        return HourEntry(
            when_text=self._common.day(moment.astimezone(now.tzinfo)) if moment else "",
            text=" · ".join(
                (
                    self._common.label("entry", entry.get("kind")),
                    self._common.label("bucket", entry.get("bucket")),
                )
            ),
            minutes_text=SIGN[minutes >= 0] + self._hours(abs(minutes)),
        )

    def _hours(self, value: Any) -> str:
        hours, minutes = divmod(_minutes(value), 60)
        if not hours:
            return self._common.text("hours.minutes", minutes=minutes)
        if not minutes:
            return self._common.text("hours.hours", hours=hours)
        return self._common.text("hours.both", hours=hours, minutes=minutes)


def _minutes(value: Any) -> int:
    return value if isinstance(value, int) else 0
