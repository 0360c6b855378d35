"""An elder as a line in a list, and how urgent that line is.

`done` is always what the server counted; what only this phone knows is shown beside it as saved, never added:
two numbers that may differ must not look like one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from caregiver_app.presenters import followups
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.followups import FollowUp
from caregiver_app.presenters.views.today import ElderRow
from caregiver_app.sync.offset import parse
from shared.geo import distance_m
from shared.rules.categories import category_name

SOON_DAYS = 10
#: How urgent a line is, the most urgent first; the words for each are in `ElderRow`.
RANK = {name: at for at, name in enumerate(
    ("alert", "no_answer", "missing", "week", "soon", "due", "saved", "done", "none")
)}  # fmt: skip
#: Alerts that change what a line says, the most urgent first, and the state that each makes.
PRESSING = {"sos": "alert", "urgent": "alert", "no_answer": "no_answer", "missing": "missing"}


@dataclass(frozen=True, slots=True)
class Owed:
    """What one elder is owed in a period: `done` is the server's count, `saved` lies on this phone only."""

    needed: int
    done: int
    saved: int
    last_day: date | None
    period: str = "month"

    @property
    def met(self) -> bool:
        """The server counts enough."""
        return self.done >= self.needed

    @property
    def saved_up(self) -> bool:
        """Enough, if what is saved here counts."""
        return self.done + self.saved >= self.needed


NOTHING_OWED = Owed(needed=0, done=0, saved=0, last_day=None)


class Rows:
    """Builds rows, with what they need read once for the whole list."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._now = common.now()
        self._today = self._now.date()
        self._saved = common.store.outbox.saved_by_elder()
        self._drafts = common.store.drafts.by_elder()
        self._here = common.platform.position.reading()
        self._periods: dict[str, list[Owed]] = {}
        self._said: dict[Owed, str] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._alerts: dict[str, list[dict[str, Any]]] = {}
        for alert in common.section("alerts"):
            elder = alert.get("elder")
            if isinstance(elder, dict) and alert.get("state") in ("open", "acknowledged"):
                self._alerts.setdefault(str(elder.get("id")), []).append(alert)
        waiting = {elder for elder, alerts in self._alerts.items() if "no_answer" in {a.get("kind") for a in alerts}}
        self._followups = followups.open_ones(common, waiting)

    def row(self, elder: dict[str, Any]) -> ElderRow:
        """The elder's line."""
        common = self._common
        owed = self.owed(elder)
        kinds = self._pressing(elder["id"])
        due = self._due(owed, kinds)
        distance = self.distance(elder)
        return ElderRow(
            id=elder["id"],
            short_no=str(elder.get("short_no") or ""),
            name=str(elder.get("name") or ""),
            place=str(elder.get("address") or ""),
            due=due,
            due_text=self._due_text(owed),
            done=owed.done,
            needed=owed.needed,
            focused=bool(elder.get("focused")),
            categories=self._named(tuple(map(str, elder.get("categories") or ()))),
            alert_text=common.text("list.semicolon").join(common.label("alert", one) for one in kinds) if kinds else "",
            distance_text="" if distance is None else common.distance(distance),
            draft=elder["id"] in self._drafts,
            again_text=self._again_text(elder["id"]),
        )

    def order(self, elder: dict[str, Any], row: ElderRow) -> tuple[Any, ...]:
        """Sort key: the most urgent first, among those near ones before far ones, where the position is known."""
        distance = self.distance(elder)
        return (
            RANK[row.due],
            1e9 if distance is None else round(distance, -1),
            not row.focused,
            row.short_no,
            row.name,
        )

    def alerts(self, elder_id: str) -> list[dict[str, Any]]:
        """The elder's open alerts."""
        return self._alerts.get(elder_id, [])

    def draft(self, elder_id: str) -> str | None:
        """The elder's newest draft."""
        return self._drafts.get(elder_id)

    def followup(self, elder_id: str) -> FollowUp | None:
        """What is still to be done after nobody answered."""
        return self._followups.get(elder_id)

    def owed(self, elder: dict[str, Any]) -> Owed:
        """What is owed now: of the running periods the one that is open and ends first."""
        running = self._running(elder)
        if not running:
            return NOTHING_OWED
        return min(running, key=lambda one: (one.met, one.saved_up, one.last_day or date.max))

    def month(self, elder: dict[str, Any]) -> Owed:
        """What is owed in the running month, for the count of "16 of 20"."""
        return next((one for one in self._running(elder) if one.period == "month"), NOTHING_OWED)

    def _running(self, elder: dict[str, Any]) -> list[Owed]:
        held = self._periods.get(elder["id"])
        if held is None:
            found = (self._period(elder["id"], duty) for duty in elder.get("due") or ())
            held = self._periods[elder["id"]] = [one for one in found if one]
        return held

    def runs(self, duty: dict[str, Any]) -> bool:
        """Whether its period is neither over nor still to come: a card stays as it is while days go by."""
        begin, end = _day(str(duty.get("start"))), _day(str(duty.get("end")))
        return not ((begin and begin > self._today) or (end and end < self._today))

    def _period(self, elder_id: str, duty: dict[str, Any]) -> Owed | None:
        if not self.runs(duty):
            return None
        begin, end = _day(str(duty.get("start"))), _day(str(duty.get("end")))
        return Owed(
            needed=int(duty.get("needed") or 0),
            done=int(duty.get("done") or 0),
            saved=self._saved_in(elder_id, begin, end),
            last_day=end,
            period="week" if duty.get("period") == "week" else "month",
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

    def _pressing(self, elder_id: str) -> tuple[str, ...]:
        kinds = {str(alert.get("kind")) for alert in self.alerts(elder_id)}
        if elder_id in self._followups:
            kinds.add("no_answer")  # known here before the server heard of it
        return tuple(kind for kind in PRESSING if kind in kinds)

    def _due(self, owed: Owed, kinds: tuple[str, ...]) -> str:
        if kinds:
            return PRESSING[kinds[0]]
        if owed.needed == 0:
            return "none"
        if owed.met:
            return "done"
        if owed.saved_up:
            return "saved"
        if owed.period == "week":
            return "week"
        if owed.last_day is not None and owed.last_day - self._today < timedelta(days=SOON_DAYS):
            return "soon"
        return "due"

    def _named(self, categories: tuple[str, ...]) -> tuple[str, ...]:
        """In words; most of a list is of a few kinds."""
        if categories not in self._names:
            language = self._common.language
            self._names[categories] = tuple(category_name(one, language) for one in categories)
        return self._names[categories]

    def _due_text(self, owed: Owed) -> str:
        """In words, which are the same for most of a list."""
        if owed not in self._said:
            self._said[owed] = self._say_due(owed)
        return self._said[owed]

    def _say_due(self, owed: Owed) -> str:
        common = self._common
        if owed.needed == 0:
            return common.text("due.none")
        period = "week" if owed.period == "week" else "month"
        if owed.met:
            return common.text(f"due.done_{period}")
        if owed.saved_up:
            return common.text("due.saved")
        missing = owed.needed - owed.done
        if owed.last_day is None:
            return common.text("due.open", missing=missing)
        left = (owed.last_day - self._today).days
        ending = {0: "_last", 1: "_one"}.get(left, "")
        return common.text(f"due.{period}{ending}", missing=missing, left=left)

    def _again_text(self, elder_id: str) -> str:
        followup = self._followups.get(elder_id)
        at = followup.again() if followup else None
        if at is None:
            return ""
        if at <= self._common.platform.clock.now():
            return self._common.text("again.now")
        return self._common.text("again.at", when=self._common.when(at))


@lru_cache(maxsize=256)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
