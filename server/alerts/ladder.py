"""Who is told of an alert, and when: the ladder from the paired visitor up to the county (DOMAIN, Alerts).

A step has a time, counted from what the alert is about (the attempt, the call, or its opening), and the circles of
people who are told. A county sets other times as `settings["ladders"][kind] = [minutes, …]`, one for each step.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

# Circles: the tied visitors, kin or neighbours of the elder; directors by the level they answer for.
VISITORS, FAMILY, NEIGHBOURS, STAFF = "visitors", "family", "neighbours", "staff"
ON_DUTY = "on_duty"
VILLAGE, TOWN, COUNTY = "village", "town", "county"


@dataclass(frozen=True, slots=True)
class Step:
    after: dt.timedelta
    tell: frozenset[str]


def _step(minutes: float, *circles: str) -> Step:
    return Step(dt.timedelta(minutes=minutes), frozenset(circles))


_H = 60
_DAY = 24 * _H

LADDERS: Mapping[str, tuple[Step, ...]] = {
    # two reminders to the visitor; their times hang on the month's end (service.remind)
    "due_soon": (_step(0, VISITORS), _step(7 * _DAY, VISITORS)),
    "missing": (_step(0, VISITORS), _step(_DAY, VILLAGE), _step(3 * _DAY, TOWN), _step(7 * _DAY, COUNTY)),
    # the first step is on the visitor's own screen: call the elder, the contact, the neighbour
    "no_answer": (
        _step(0), _step(2 * _H, FAMILY, NEIGHBOURS, VILLAGE), _step(6 * _H, TOWN), _step(24 * _H, COUNTY),
    ),
    "urgent": (_step(0, VILLAGE, VISITORS), _step(15, TOWN), _step(60, COUNTY)),
    "sos": (_step(0, ON_DUTY, FAMILY, VISITORS, STAFF, VILLAGE), _step(2, TOWN), _step(4, COUNTY)),
    "doubtful_visit": (_step(0, VILLAGE), _step(3 * _DAY, TOWN)),
    "tag_problem": (_step(0, VILLAGE),),
}  # fmt: skip
FOCUSED_NO_ANSWER = dt.timedelta(minutes=30)
_OTHER = (_step(0, VILLAGE),)

# Taken on is not yet reached: this one climbs until somebody met the elder or knows where they are.
CLIMBS_WHEN_ACKNOWLEDGED = frozenset({"no_answer"})


def ladder(kind: str, settings: Mapping[str, Any] | None = None, *, focused: bool = False) -> tuple[Step, ...]:
    """The steps of this kind of alert, with the county's own times. Kinds that later work adds tell the village."""
    steps = LADDERS.get(kind, _OTHER)
    given = ((settings or {}).get("ladders") or {}).get(kind)
    if given is not None:
        minutes = list(given) + [s.after.total_seconds() / 60 for s in steps[len(given) :]]
        return tuple(replace(s, after=dt.timedelta(minutes=m)) for s, m in zip(steps, minutes, strict=False))
    if kind == "no_answer" and focused:
        return (steps[0], replace(steps[1], after=FOCUSED_NO_ANSWER), *steps[2:])
    return steps


def next_due(steps: tuple[Step, ...], step: int, since: dt.datetime) -> dt.datetime | None:
    """When the step after `step` is taken; None at the top."""
    return since + steps[step + 1].after if step + 1 < len(steps) else None
