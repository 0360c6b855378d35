"""Where a home really is, learnt from the readings of visits to it.

Registered positions are often wrong: geocoded to the wrong street, to the village committee, to where a family lived
before. What corrects them are readings of visits with the right tag. Different visitors on different days agreeing on a
place move the home; one visitor's own readings, on three or more days, only *propose* a place, which a person confirms,
for whoever photographed a tag can scan it at the same kitchen table for months. Readings that are themselves in doubt
teach nothing.

Kept per home: at most `KEPT` readings, so that learning costs the same after ten years as after ten visits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from shared.geo import Point, distance_m, flat_m

KEPT = 24
"""Readings kept of a home: the newest, of each visitor at most a third."""
PER_VISITOR = KEPT // 3
TEACHES_BELOW_M = 150.0
"""A reading less exact than this teaches nothing."""
TOGETHER_M = 80.0
"""Readings this near each other (beyond their accuracy) are of one place: a building, a yard."""
AGREES_M = 100.0
"""A learnt place this near the registered one confirms it."""
PROPOSING_DAYS = 3
MOVING_VISITORS = 2
REFUSED_KEPT = 4
"""Declined places remembered of a home."""
FLOOR_M = 10.0
"""No average of phones' readings is surer of a home than this."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading that speaks for where a home is: whose (a mark), on which day (local, ordinal), how exact."""

    visit: bytes
    visitor: int
    day: int
    lat: float
    lon: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Place:
    """A place that readings agree on. `spread_m`: how far single readings lie from it, in the middle."""

    lat: float
    lon: float
    spread_m: float
    visitors: int
    days: int
    readings: int

    @property
    def point(self) -> Point:
        return self.lat, self.lon

    @property
    def moves(self) -> bool:
        """Different visitors on different days: good enough to judge by."""
        return self.visitors >= MOVING_VISITORS and self.days >= MOVING_VISITORS

    @property
    def proposes(self) -> bool:
        return self.moves or self.days >= PROPOSING_DAYS


@dataclass(slots=True)
class HomeHistory:
    """What a home has learnt. `place`: where most of what is known says it is, None while nothing says so. `refused`:
    places that a person declined."""

    seen: list[Seen] = field(default_factory=list)
    place: Place | None = None
    refused: list[Point] = field(default_factory=list)

    def refuse(self, at: Point) -> None:
        """A person looked at a proposed place and declined it: one visitor's readings there propose it no more."""
        self.refused = [*self.refused, at][-REFUSED_KEPT:]

    def teach(self, seen: Seen) -> bool:
        """Take in a reading (again: instead of the same visit's earlier one). → did that change anything?"""
        fresh = True
        for index, known in enumerate(self.seen):
            if known.visit == seen.visit:
                if known == seen:
                    return False
                self.seen[index] = seen
                fresh = False
                break
        if fresh:
            self.seen.append(seen)
            own = [s for s in self.seen if s.visitor == seen.visitor]
            if len(own) > PER_VISITOR:
                self.seen.remove(own[0])
            elif len(self.seen) > KEPT:
                del self.seen[0]
        self.place = (self._nearer(seen) if fresh else None) or _agreed(self.seen)
        return True

    def _nearer(self, seen: Seen) -> Place | None:
        """The place with one more reading, where all of them are of one place: no need to sort them again."""
        place = self.place
        if place is None or place.readings != len(self.seen) - 1:
            return None
        if flat_m((seen.lat, seen.lon), place.point) > TOGETHER_M:
            return None
        share = _weight(seen) / sum(map(_weight, self.seen))
        return Place(
            place.lat + (seen.lat - place.lat) * share,
            place.lon + (seen.lon - place.lon) * share,
            place.spread_m,
            len({s.visitor for s in self.seen}),
            len({s.day for s in self.seen}),
            len(self.seen),
        )

    def unlearn(self, visit: bytes) -> bool:
        """Forget a reading that turned out to be in doubt."""
        kept = [s for s in self.seen if s.visit != visit]
        if len(kept) == len(self.seen):
            return False
        self.seen = kept
        self.place = _agreed(kept)
        return True


def _weight(seen: Seen) -> float:
    return 1.0 / max(seen.accuracy_m, FLOOR_M) ** 2


class _Group:
    """Readings that lie together, and their weighted middle."""

    __slots__ = ("lat", "lon", "members", "weight")

    def __init__(self) -> None:
        self.members: list[Seen] = []
        self.lat = self.lon = self.weight = 0.0

    def add(self, seen: Seen) -> None:
        weight = _weight(seen)
        self.weight += weight
        self.lat += (seen.lat - self.lat) * weight / self.weight
        self.lon += (seen.lon - self.lon) * weight / self.weight
        self.members.append(seen)

    def rank(self) -> tuple[int, int, int]:
        return (
            len({s.visitor for s in self.members}),
            len({s.day for s in self.members}),
            len(self.members),
        )


def _agreed(seen: list[Seen]) -> Place | None:
    """The place that most visitors, then most days, then most readings agree on; the sharpest readings lead."""
    groups: list[_Group] = []
    for reading in sorted(seen, key=lambda s: s.accuracy_m):
        reach = TOGETHER_M + min(reading.accuracy_m, TEACHES_BELOW_M)
        point = (reading.lat, reading.lon)
        near = [(away, g) for g in groups if (away := flat_m(point, (g.lat, g.lon))) <= reach]
        if near:
            min(near, key=lambda pair: pair[0])[1].add(reading)
        else:
            fresh = _Group()
            fresh.add(reading)
            groups.append(fresh)
    if not groups:
        return None
    best = max(groups, key=lambda g: g.rank())
    visitors, days, readings = best.rank()
    gaps = sorted(flat_m((s.lat, s.lon), (best.lat, best.lon)) for s in best.members)
    spread = max(FLOOR_M, gaps[len(gaps) // 2])
    return Place(best.lat, best.lon, spread, visitors, days, readings)


def proposal(history: HomeHistory, registered: Point | None) -> tuple[Place, float] | None:
    """The place that a person should look at, and its distance from the registered one in metres.

    `inf` where nothing is registered. None: nothing steady was learnt, it agrees with the register, or it is one
    visitor's own and was declined before.
    """
    place = history.place
    if place is None or not place.proposes:
        return None
    if not place.moves and any(flat_m(place.point, at) <= AGREES_M for at in history.refused):
        return None
    if registered is None:
        return place, math.inf
    away = distance_m(place.point, registered)
    return None if away <= AGREES_M else (place, away)
