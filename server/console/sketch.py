"""Where a phone was, seen from the registered home: a small drawing without a map, so that it needs no network and
shows no street. Homes, readings, circles of accuracy, and a bar for scale. Metres, north is up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.geo import distance_m

SIZE = 240  # of the drawing, in its own units
EDGE = 14
RINGS = (50, 100, 200, 500, 1000, 2000, 5000, 20_000, 100_000, 1_000_000)
OTHERS = 12  # homes beside the visited one that are drawn
CIRCLE_UP_TO_M = 400  # a circle of accuracy larger than this does not make the drawing wider

AGREES_M = 60  # nearer than this, what was learnt says what the register says

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """`x`, `y` in the drawing; `r` the accuracy's radius there, None where the phone gave none."""

    kind: str  # start, end, reading; other (a home); learnt, proposed (where readings say that the home is)
    x: float
    y: float
    r: float | None
    distance: int  # metres from the home
    accuracy: int | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Sketch:
    """`reach`: metres from the middle to the outer ring; `bar`: metres that `bar_length` units stand for."""

    reach: int
    spots: tuple[Spot, ...]
    homes: tuple[Spot, ...]
    marks: tuple[Spot, ...]
    bar: int
    bar_length: float
    size: int = SIZE


def sketch(
    home: Point | None, said: Mapping[str, Any], others: Sequence[tuple[str, Point]] = (),
    marks: Sequence[tuple[str, Point]] = (),
) -> Sketch | None:  # fmt: skip
    """Of a visit's two positions around its elder's home, with `others`, (name, home) of where else its visitor went,
    and `marks`, (learnt or proposed, place) of where readings say that the home is. None where there is no registered
    home or no position."""
    if home is None:
        return None
    found = []
    for kind, field in (("start", "start_position"), ("end", "position")):
        if position := said.get(field):
            point = (position["lat"], position["lon"])
            found.append((kind, *_from(home, point), position.get("accuracy_m")))
    return _drawn(home, found, others, marks) if found else None


def readings_sketch(
    home: Point | None, readings: Sequence[tuple[Point, float]], proposed: Point, several: bool = False
) -> Sketch:
    """Of the readings, (place, accuracy), that put a home at `proposed`, around the registered one; around the
    proposed one where none is registered."""
    middle = home or proposed
    found = [("reading", *_from(middle, point), accuracy) for point, accuracy in readings]
    found = found or [("reading", *_from(middle, proposed), None)]
    return _drawn(middle, found, (), [("learnt" if several else "proposed", proposed)] if home is not None else [])


def _drawn(
    home: Point, found: Sequence[tuple[str, float, float, float | None]], others: Sequence[tuple[str, Point]],
    marks: Sequence[tuple[str, Point]],
) -> Sketch:  # fmt: skip
    furthest = max(max(math.hypot(e, n), min(a or 0, CIRCLE_UP_TO_M)) for _, e, n, a in found)
    reach = next((ring for ring in RINGS if furthest <= ring), RINGS[-1])
    scale = (SIZE / 2 - EDGE) / reach
    middle = SIZE / 2

    def spot(kind: str, east: float, north: float, accuracy: float | None, name: str | None = None) -> Spot:
        length = math.hypot(east, north)
        short = min(1.0, reach / length) if length else 1.0  # what lies beyond the last ring stands at its edge
        return Spot(
            kind, round(middle + east * short * scale, 1), round(middle - north * short * scale, 1),
            round(min(accuracy * scale, SIZE), 1) if accuracy else None, round(length),
            round(accuracy) if accuracy else None, name,
        )  # fmt: skip

    near = sorted((math.hypot(*away), name, away) for name, point in others if (away := _from(home, point)))
    homes = tuple(spot("other", *away, None, name) for far, name, away in near[:OTHERS] if far <= reach)
    bar = next(step * 10**power for power in range(6, -1, -1) for step in (5, 2, 1) if step * 10**power <= reach / 2)
    said_to_be = tuple(spot(kind, *_from(home, point), None) for kind, point in marks)
    return Sketch(reach, tuple(spot(*one) for one in found), homes, said_to_be, bar, round(bar * scale, 1))


def _from(home: Point, point: Point) -> tuple[float, float]:
    """Metres east and north of the home."""
    east = math.copysign(distance_m(home, (home[0], point[1])), point[1] - home[1])
    north = math.copysign(distance_m(home, (point[0], home[1])), point[0] - home[0])
    return east, north


def marks_of(judged: Mapping[str, Any] | None) -> list[tuple[str, Point]]:
    """Of the home that a visit was judged with: where several visitors' readings put it (learnt), or where one
    visitor's steadily lie (proposed, until a director confirms it); nothing where the register agrees."""
    if judged is None:
        return []
    if judged.get("proposed"):
        return [("proposed", tuple(judged["proposed"]))]
    registered = judged.get("registered")
    here = (judged["lat"], judged["lon"])
    if judged.get("sure") and registered and distance_m(here, tuple(registered)) > AGREES_M:
        return [("learnt", here)]
    return []
