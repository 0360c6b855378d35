"""An elder as a line in a list, and how urgent that line is.

`done` is always what the server counted; what only this phone knows is shown beside it as saved, never added:
two numbers that may differ must not look like one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views import ElderRow
from caregiver_app.sync.offset import parse
from shared.geo import distance_m
from shared.rules.categories import category_name

SOON_DAYS = 10
RANK = {"alert": 0, "soon": 1, "due": 2, "saved": 3, "done": 4, "none": 5}
PRESSING = ("sos", "urgent", "no_answer", "missing")


@dataclass(frozen=True, slots=True)
class Owed:
    """What one elder is owed in a period: `done` is the server's count, `saved` lies on this phone only."""

    needed: int
    done: int
    saved: int
    last_day: date | None

    @property
    def met(self) -> bool:
        """The server counts enough."""
        return self.done >= self.needed

    @property
    def saved_up(self) -> bool:
        """Enough, if what is saved here counts."""
        return self.done + self.saved >= self.needed


class Rows:
    """Builds rows, with what they need read once for the whole list."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._now = common.now()
        self._today = self._now.date()
        self._saved = common.store.outbox.saved_by_elder()
        self._drafts = common.store.drafts.by_elder()
        self._here = common.platform.position.reading()
        self._alerts: dict[str, list[dict[str, Any]]] = {}
        for alert in common.section("alerts"):
            elder = alert.get("elder")
            if isinstance(elder, dict) and alert.get("state") in ("open", "acknowledged"):
                self._alerts.setdefault(str(elder.get("id")), []).append(alert)

    def row(self, elder: dict[str, Any]) -> ElderRow:
        """The elder's line."""
        common = self._common
        owed = self.owed(elder)
        alerts = [alert for alert in self.alerts(elder["id"]) if alert.get("kind") in PRESSING]
        due = self._due(owed, alerts)
        return ElderRow(
            id=elder["id"],
            short_no=str(elder.get("short_no") or ""),
            name=str(elder.get("name") or ""),
            place=str(elder.get("address") or ""),
            due=due,
            due_text=self._due_text(due, owed),
            done=owed.done,
            needed=owed.needed,
            focused=bool(elder.get("focused")),
            categories=tuple(category_name(str(value), common.language) for value in elder.get("categories") or ()),
            alert_text="；".join(common.label("alert", alert.get("kind")) for alert in alerts),
            distance_text=self._distance_text(self.distance(elder)),
            draft=elder["id"] in self._drafts,
        )

    def order(self, elder: dict[str, Any], row: ElderRow) -> tuple[Any, ...]:
        """Sort key: the most urgent first, near ones before far ones."""
        distance = self.distance(elder)
        return (
            RANK[row.due],
            not row.focused,
            1e9 if distance is None else round(distance, -1),
            row.short_no,
            row.name,
        )

    def alerts(self, elder_id: str) -> list[dict[str, Any]]:
        """The elder's open alerts."""
        return self._alerts.get(elder_id, [])

    def draft(self, elder_id: str) -> str | None:
        """The elder's newest draft."""
        return self._drafts.get(elder_id)

    def owed(self, elder: dict[str, Any]) -> Owed:
        """What is owed now: of the running periods the one that is open and ends first."""
        running = [one for one in (self._period(elder["id"], duty) for duty in elder.get("due") or ()) if one]
        if not running:
            return Owed(needed=0, done=0, saved=0, last_day=None)
        return min(running, key=lambda one: (one.met, one.saved_up, one.last_day or date.max))

    def _period(self, elder_id: str, duty: dict[str, Any]) -> Owed | None:
        begin, end = _day(duty.get("start")), _day(duty.get("end"))
        if (begin and begin > self._today) or (end and end < self._today):
            return None
        return Owed(
            needed=int(duty.get("needed") or 0),
            done=int(duty.get("done") or 0),
            saved=self._saved_in(elder_id, begin, end),
            last_day=end,
        )

    def distance(self, elder: dict[str, Any]) -> float | None:
        """Metres from here to the home, if both are known."""
        lat, lon = elder.get("lat"), elder.get("lon")
        if self._here is None or not isinstance(lat, int | float) or not isinstance(lon, int | float):
            return None
        return distance_m((self._here.lat, self._here.lon), (lat, lon))

    def _saved_in(self, elder_id: str, begin: date | None, end: date | None) -> int:
        count = 0
        for visit in self._saved.get(elder_id, ()):
            started = parse(visit.get("started_at"))
            if visit.get("outcome") != "met" or started is None:
                continue
            day = started.date()
            count += (begin is None or begin <= day) and (end is None or day <= end)
        return count

    def _due(self, owed: Owed, alerts: list[dict[str, Any]]) -> str:
        if alerts:
            return "alert"
        if owed.needed == 0:
            return "none"
        if owed.met:
            return "done"
        if owed.saved_up:
            return "saved"
        if owed.last_day is not None and owed.last_day - self._today < timedelta(days=SOON_DAYS):
            return "soon"
        return "due"

    def _due_text(self, due: str, owed: Owed) -> str:
        common = self._common
        if owed.needed == 0:
            return common.text("due.none")
        parts = {"done": owed.done, "needed": owed.needed, "saved": owed.saved}
        if owed.met:
            return common.text("due.done", **parts)
        if owed.saved:
            return common.text("due.saved", **parts)
        if owed.last_day is None:
            return common.text("due.open", **parts)
        left = (owed.last_day - self._today).days
        if left == 0:
            return common.text("due.last_day", **parts)
        day = datetime(owed.last_day.year, owed.last_day.month, owed.last_day.day, tzinfo=self._now.tzinfo)
        return common.text("due.until", day=common.day(day), left=left, **parts)

    def _distance_text(self, distance: float | None) -> str:
        if distance is None:
            return ""
        if distance < 1000:
            return self._common.text("distance.m", m=max(10, round(distance, -1)))
        return self._common.text("distance.km", km=f"{distance / 1000:.1f}")


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
