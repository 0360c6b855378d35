"""What is remembered of a visitor and of a phone, and what of it bears on one visit.

Summaries, not scans: each visit leaves a `Trace`, and what many visits add up to (answers by digest, readings far from
their homes, places gone to, days with and without positions) is kept where one look finds it. A trace is forgotten
after two weeks, a far reading after two months, so that a visitor of ten years costs what a visitor of a month costs.
`shared/rules/packing.py` puts it into bytes.

Times are seconds since 1970; days are ordinals of local dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log2
from typing import TypeVar
from uuid import UUID

from shared.geo import Point, flat_m
from shared.rules.evidence import OtherVisit, Past
from shared.rules.weights import APART_M, NEAR_M, SAME_HOME_M, SPOT_M

K = TypeVar("K")
V = TypeVar("V")

TRACE_DAYS = 14
LONG_DAYS = 62
OUTING_S = 8 * 3600
NEAR_IN_TIME_S = 6 * 3600
JUMP_S = 900
REPEATS_AFTER_S = 3600
PRIOR_VISITS = 4
"""How much the world's word on grades counts, in visits, beside the visitor's own."""
TELLS_FROM, CLEAN = 0.3, 0.25
"""A visit of an outing speaks against the others by its own doubt from this on; a cleaner one speaks for them."""
REVISED_FOR_S = 8 * 86_400
TRACES_KEPT, SPOTS_KEPT, BEAT_KEPT, PHONE_KEPT, PRINTS_KEPT = 240, 40, 60, 30, 60
"""How many of each are kept at most: the newest."""


@dataclass(slots=True, eq=False)
class Trace:
    """What one home visit leaves behind. Ids are their 16 bytes (`home`: none where it is not known). `visitor`,
    `device`, `boot`, `answers` are marks (0: not known; answers: they tell nothing), `bits` how much the answers tell.
    `at`: its best reading; `off_m`: how far that lies from the home beyond what explains it. `claimed`: the start on
    the phone's own face. `last_evening`: on its month's last evening. `doubt`: its own, apart from what it shares with
    its outing; `present`: it shows presence by itself."""

    id: bytes
    visitor: int
    device: int
    home: bytes
    home_at: Point | None
    start: float
    end: float
    day: int
    arrived: float
    claimed: float
    proved: bool
    boot: int = 0
    uptime_s: float | None = None
    at: Point | None = None
    accuracy_m: float = 0.0
    off_m: float = 0.0
    answers: int = 0
    bits: float = 0.0
    last_evening: bool = False
    doubt: float = CLEAN
    present: bool = False

    def other(self, to: Trace) -> OtherVisit:
        """This visit as the one beside it sees it."""
        same_phone = self.device == to.device
        return OtherVisit(
            UUID(bytes=self.id), UUID(bytes=self.home) if self.home else None,
            datetime.fromtimestamp(self.start, UTC), datetime.fromtimestamp(self.end, UTC),
            self.at or self.home_at, self.accuracy_m if self.at is not None else 0.0, self.proved,
            self.at is not None, self.home_at,
            self.visitor == to.visitor and not same_phone and self.device != 0 and to.device != 0,
            self.visitor != to.visitor,
            same_phone and self.boot != 0 and self.boot == to.boot,
        )  # fmt: skip


@dataclass(slots=True)
class Day:
    """A visitor's day in figures: visits, and how many of them had no position."""

    visits: int = 0
    unplaced: int = 0


Spot = tuple[bytes, Point, float, Point, int]
"""A reading far from the home it was for: that home, the reading, its accuracy, the home's place, the day."""


Print = tuple[int, bytes, bytes]
"""What a photo looks like in 64 bits, the id of its history, the visit that showed it."""
ALIKE_BITS = 5
"""Photos whose prints differ in no more than this many of 64 bits are one picture, or of the very same view."""


@dataclass(slots=True)
class VisitorHistory:
    """The recent past of one visitor. `by_…` and `boots` are indexes over the traces."""

    traces: dict[bytes, Trace] = field(default_factory=dict)
    days: dict[int, Day] = field(default_factory=dict)
    spots: dict[bytes, Spot] = field(default_factory=dict)
    beat: dict[bytes, Point] = field(default_factory=dict)
    prints: list[Print] = field(default_factory=list)
    by_day: dict[int, list[Trace]] = field(default_factory=dict)
    by_answers: dict[int, dict[bytes, Trace]] = field(default_factory=dict)
    by_exact: dict[Point, set[bytes]] = field(default_factory=dict)
    boots: dict[int, dict[bytes, float]] = field(default_factory=dict)
    telling: int = 0
    changes: int = 0

    # What goes in

    def add(self, trace: Trace) -> None:
        """Remember a visit (again: instead of what was remembered of it)."""
        known = self.traces.get(trace.id)
        if known is not None:
            self._drop(known)
        else:
            day = self.days.setdefault(trace.day, Day())
            day.visits += 1
            day.unplaced += trace.at is None
        self.index(trace)
        if trace.home and trace.home_at is not None:
            _newest(self.beat, trace.home, trace.home_at, BEAT_KEPT)
            if trace.at is not None and trace.off_m > NEAR_M:
                spot = trace.home, trace.at, trace.accuracy_m, trace.home_at, trace.day
                _newest(self.spots, trace.id, spot, SPOTS_KEPT)
            else:
                self.spots.pop(trace.id, None)
        self.changes += 1

    def index(self, trace: Trace) -> None:
        """Put a trace where one look finds it."""
        self.traces[trace.id] = trace
        self.by_day.setdefault(trace.day, []).append(trace)
        if trace.answers:
            self.by_answers.setdefault(trace.answers, {})[trace.id] = trace
            self.telling += 1
        if trace.at is not None:
            self.by_exact.setdefault(trace.at, set()).add(trace.id)
        if trace.boot and trace.uptime_s is not None:
            self.boots.setdefault(trace.boot, {})[trace.id] = trace.claimed - trace.uptime_s

    def _drop(self, trace: Trace) -> None:
        del self.traces[trace.id]
        day = self.by_day[trace.day]
        day.remove(trace)
        if not day:
            del self.by_day[trace.day]
        self.telling -= trace.answers != 0
        for held in (self.by_answers.get(trace.answers), self.boots.get(trace.boot)):
            if held is not None:
                held.pop(trace.id, None)
        if trace.at is not None and (same := self.by_exact.get(trace.at)) is not None:
            same.discard(trace.id)

    def forget(self, now: float, today: int) -> None:
        """Let go of what is too old to matter: traces of days past whose visits arrived more than a week ago."""
        for day in [d for d in self.by_day if d < today - TRACE_DAYS]:
            for trace in [t for t in self.by_day[day] if t.arrived < now - REVISED_FOR_S]:
                self._drop(trace)
        while len(self.traces) > TRACES_KEPT:
            self._drop(next(iter(self.traces.values())))
        for day in [d for d in self.days if d < today - LONG_DAYS]:
            del self.days[day]
        for visit in [v for v, spot in self.spots.items() if spot[4] < today - LONG_DAYS]:
            del self.spots[visit]

    def show(self, seen: Print) -> list[Print]:
        """Remember what a photo looks like. → those of other visits that look like it."""
        alike = [p for p in self.prints if p[2] != seen[2] and (p[0] ^ seen[0]).bit_count() <= ALIKE_BITS]
        if all(p[1:] != seen[1:] for p in self.prints):
            self.prints.append(seen)
            del self.prints[:-PRINTS_KEPT]
        return alike

    # What comes out

    def near(self, trace: Trace) -> list[OtherVisit]:
        """The visits that overlap this one in time, the nearest before it and the nearest after it."""
        found: list[Trace] = []
        before: Trace | None = None
        after: Trace | None = None
        for day in (trace.day - 1, trace.day, trace.day + 1):
            for other in self.by_day.get(day, ()):
                if other.id == trace.id:
                    continue
                if other.end <= trace.start:
                    if before is None or other.end > before.end:
                        before = other
                elif other.start >= trace.end:
                    if after is None or other.start < after.start:
                        after = other
                else:
                    found.append(other)
        if before is not None and trace.start - before.end < NEAR_IN_TIME_S:
            found.append(before)
        if after is not None and after.start - trace.end < NEAR_IN_TIME_S:
            found.append(after)
        return [other.other(trace) for other in found[:6]]

    def past(self, trace: Trace) -> Past:
        """What history adds to this visit (which may be in it already)."""
        far = trace.at is not None and trace.off_m > NEAR_M
        spots, apart = self._spots(trace) if far else (0, 0.0)
        beat, reach = self._beat(trace) if far else (None, 0.0)
        company = [t for t in self.by_day.get(trace.day, ()) if t.id != trace.id]
        near = [t for t in company if t.device == trace.device and abs(t.start - trace.start) <= OUTING_S]
        copied, bits = self._copied(trace) if trace.answers else (0, 0.0)
        unplaced, rate = self._unplaced(trace, company) if trace.at is None else (0, 0.0)
        evening = month = 0
        if trace.last_evening:
            evening = len({t.home for t in company if t.last_evening} | {trace.home})
            first = trace.day - datetime.fromordinal(trace.day).day + 1
            month = sum(d.visits for day, d in self.days.items() if first <= day <= trace.day)
        return Past(
            spot_homes=spots,
            spot_apart_m=apart,
            beat_m=beat,
            beat_reach_m=reach,
            copied_homes=copied,
            copied_of=len(company) if copied else 0,
            copied_bits=bits,
            unplaced=unplaced,
            unplaced_rate=rate,
            exact_repeats=0 if trace.at is None else self._repeats(trace),
            jump_s=0 if trace.proved else self._jump(trace),
            evening_homes=evening,
            month_visits=month,
            written_days=0 if trace.proved else self._written(trace),
            company=len(near),
            company_doubt=round(sum(map(_speaks, near)), 3),
        )

    def _copied(self, trace: Trace) -> tuple[int, float]:
        """(other homes of this day with these very grades, how telling that is given the visitor's other days)."""
        homes: set[bytes] = set()
        elsewhen = today = 0
        for visit, other in self.by_answers.get(trace.answers, {}).items():
            if other.day != trace.day:
                elsewhen += 1
            elif visit != trace.id:
                today += 1
                if other.home and other.home != trace.home:
                    homes.add(other.home)
        if not homes:
            return 0, 0.0
        others = max(0, self.telling - today - 1)
        return len(homes), round(-log2((elsewhen + PRIOR_VISITS * 0.5**trace.bits) / (others + PRIOR_VISITS)), 2)

    def _spots(self, trace: Trace) -> tuple[int, float]:
        """How many other homes were reported from this place though they lie elsewhere, and how far apart those lie."""
        if trace.at is None or trace.home_at is None:
            return 0, 0.0
        places: list[Point] = []
        apart = 0.0
        for home, at, accuracy_m, home_at, _ in self.spots.values():
            if home == trace.home or flat_m(at, trace.at) > max(SPOT_M, accuracy_m + trace.accuracy_m):
                continue
            away = flat_m(home_at, trace.home_at)
            if away > APART_M and all(flat_m(home_at, place) > APART_M for place in places):
                places.append(home_at)
                apart = max(apart, away)
        return len(places), apart

    def _beat(self, trace: Trace) -> tuple[float | None, float]:
        """Metres from the reading to the nearest other home that the visitor goes to, and how far these reach.

        Where most of them are registered at one spot, a committee's door as like as not, nobody knows where they are.
        """
        others = [point for home, point in self.beat.items() if home != trace.home]
        if trace.at is None or len(others) < 3:
            return None, 0.0
        half = len(others) // 2
        middle = sorted(lat for lat, _ in others)[half], sorted(lon for _, lon in others)[half]
        reach = 2 * sorted(flat_m(middle, point) for point in others)[half]
        return (None, 0.0) if reach < SAME_HOME_M else (min(flat_m(trace.at, point) for point in others), reach)

    def _repeats(self, trace: Trace) -> int:
        """Other visits with this very reading. Within the hour it is a phone that looked at its last fix again."""
        same = self.by_exact.get(trace.at) if trace.at is not None else None
        if same is None or len(same) == 1:
            return 0
        others = (self.traces[visit] for visit in same if visit != trace.id and visit in self.traces)
        return sum(abs(other.start - trace.start) > REPEATS_AFTER_S for other in others)

    def _unplaced(self, trace: Trace, company: Iterable[Trace]) -> tuple[int, float]:
        """(visits of this day, all without a position; share of visits without on days that have some)."""
        visits = [trace, *company]
        if any(t.at is not None for t in visits):
            return 0, 0.0
        total = without = 0
        for number, day in self.days.items():
            if number != trace.day and day.unplaced < day.visits:
                total += day.visits
                without += day.unplaced
        return (len(visits), (without + 1) / (total + 2)) if total >= 8 else (0, 0.0)

    def _jump(self, trace: Trace) -> int:
        """By how much the phone's face disagrees with most visits counted by the same boot; 0: it agrees."""
        if not trace.boot or trace.uptime_s is None:
            return 0
        mine = trace.claimed - trace.uptime_s
        others = [offset for visit, offset in self.boots.get(trace.boot, {}).items() if visit != trace.id]
        off = [abs(mine - offset) for offset in others if abs(mine - offset) > JUMP_S]
        return round(min(off)) if off and 2 * len(off) > len(others) else 0

    def _written(self, trace: Trace) -> int:
        """Days claimed by unproved visits that arrived within an hour of this one."""
        together = {t.day for t in self.traces.values() if not t.proved and abs(t.arrived - trace.arrived) < 3600}
        return len(together | {trace.day})


@dataclass(slots=True)
class DeviceHistory:
    """The recent visits recorded on one phone, whoever recorded them."""

    traces: dict[bytes, Trace] = field(default_factory=dict)
    owner: int = 0
    """Whose all of them are; -1: several people's."""

    def add(self, trace: Trace) -> None:
        _newest(self.traces, trace.id, trace, PHONE_KEPT)
        if self.owner != trace.visitor:
            self.owner = trace.visitor if self.owner == 0 else -1

    def near(self, trace: Trace) -> list[OtherVisit]:
        """Somebody else's visits on this phone that overlap this one, or come within hours of it."""
        if self.owner in (0, trace.visitor):
            return []
        return [
            other.other(trace)
            for other in self.traces.values()
            if other.visitor != trace.visitor
            and other.start < trace.end + NEAR_IN_TIME_S
            and other.end > trace.start - NEAR_IN_TIME_S
        ][:4]


def _speaks(trace: Trace) -> float:
    """What a visit says of those it went with, for or against."""
    if trace.doubt >= TELLS_FROM:
        return min(1.0, trace.doubt)
    return trace.doubt - CLEAN * (2 if trace.present else 1)


def _newest(kept: dict[K, V], key: K, value: V, most: int) -> list[tuple[K, V]]:
    """Put it at the end, and let go of the oldest. → what was let go."""
    kept.pop(key, None)
    kept[key] = value
    gone = []
    while len(kept) > most:
        oldest = next(iter(kept))
        gone.append((oldest, kept.pop(oldest)))
    return gone
