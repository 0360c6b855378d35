"""Where a phone was, seen from the registered home: a small drawing without a map, so that it needs no network and
shows no street. Metres, north is up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.geo import distance_m

SIZE = 240  # of the drawing, in its own units
RINGS = (50, 100, 200, 500, 1000, 2000, 5000, 20_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Spot:
    """`x`, `y` in the drawing; `r` the accuracy's radius there, None where the phone gave none."""

    kind: str  # start, end
    x: float
    y: float
    r: float | None
    distance: int  # metres
    accuracy: int | None


@dataclass(frozen=True, slots=True)
class Sketch:
    """`reach`: metres from the middle to the outer ring."""

    reach: int
    spots: tuple[Spot, ...]
    size: int = SIZE


def sketch(home: tuple[float, float] | None, said: Mapping[str, Any]) -> Sketch | None:
    """Of a visit's two positions; None where there is no registered home or no position."""
    if home is None:
        return None
    found = []
    for kind, field in (("start", "start_position"), ("end", "position")):
        position = said.get(field)
        if not position:
            continue
        point = (position["lat"], position["lon"])
        east = math.copysign(distance_m(home, (home[0], point[1])), point[1] - home[1])
        north = math.copysign(distance_m(home, (point[0], home[1])), point[0] - home[0])
        found.append((kind, east, north, distance_m(home, point), position.get("accuracy_m")))
    if not found:
        return None
    furthest = max(max(math.hypot(e, n), min(a or 0, 400)) for _, e, n, _, a in found)
    reach = next((ring for ring in RINGS if furthest <= ring), RINGS[-1])
    scale = (SIZE / 2 - 14) / reach
    middle = SIZE / 2

    def spot(kind: str, east: float, north: float, distance: float, accuracy: float | None) -> Spot:
        length = math.hypot(east, north)
        short = min(1.0, reach / length) if length else 1.0  # what lies beyond the last ring stands at its edge
        return Spot(
            kind, round(middle + east * short * scale, 1), round(middle - north * short * scale, 1),
            round(min(accuracy * scale, SIZE), 1) if accuracy else None, round(distance),
            round(accuracy) if accuracy else None,
        )  # fmt: skip

    return Sketch(reach, tuple(spot(*one) for one in found))
