"""Was the visitor there? Evidence is weighed, never a single gate (DOMAIN, Presence).

A home without signal, a torn tag or a cheap phone must not stop anybody from helping, and a photographed tag must
not count for a visit. So every oddity is a flag with a weight and the figures behind it; the weights add up to a
*doubt*, and what speaks for presence (right tag, near the home, a real stay) to a *support*:

- doubt of 1.0 or more: `doubtful`, a director looks at it;
- below 0.4, with the right tag, a good position near the home and a sufficient stay, all three: `verified`;
- else `plausible`. Calls, and contacts where nobody was met, are judged by what can be known of them; calls are
  `plausible` at most.

Absence of evidence weighs little: no tag and no position and a real stay is `plausible`. Only where there is nothing
at all (`no_evidence`) does a home visit need somebody's word. Visits by people who may not count them yet, or from
phones that should be silent (`not_paired`, `elder_unknown`, `device_lost`, `device_revoked`) weigh 1.0 because a review
decides, not because anybody lied.

All weights stand in `weights.py`; changing one is a new `RULE_VERSION`, and a visit keeps the version it was judged by.
The function is pure: the same judgement at ingest, in `yuetan presence evaluate`, and on the phone before saving
(which leaves out what it does not know: other visits, the register's doubts).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from shared.geo import Point, distance_m, plausible
from shared.protocol.record import Position
from shared.rules.evidence import (
    Evidence,
    Home,
    OtherVisit,
    TagVerdict,
    evidence_of,
    read_evidence,
    write_evidence,
)
from shared.rules.policy import CALLS, HOME
from shared.rules.weights import (
    CLOCK_MOVED_S,
    CLOCK_SET_DAYS_S,
    CLOCK_SET_S,
    DOUBTFUL_FROM,
    FAR_M,
    GOOD_ACCURACY_M,
    MAX_SPEED_MPS,
    NEAR_M,
    OVERLAP_SLACK_S,
    RULE_VERSION,
    SAME_HOME_M,
    SAME_M,
    SCALES,
    UNSAID_ACCURACY_M,
    VERIFIED_BELOW,
    WEIGHTS,
    WORST_ACCURACY_M,
)

__all__ = [
    "RULE_VERSION",
    "WEIGHTS",
    "Assurance",
    "Evidence",
    "Flag",
    "Home",
    "Judgement",
    "OtherVisit",
    "TagVerdict",
    "evidence_of",
    "judge",
    "read_evidence",
    "write_evidence",
]

Assurance = Literal["verified", "plausible", "doubtful"]


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing seen: its code, the doubt it added, and the figures for its sentence."""

    code: str
    weight: float
    figures: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """`assurance`, the flags that led to it, and the sums behind it. `support`: `tag`, `near`, `stay`."""

    assurance: Assurance
    flags: tuple[Flag, ...]
    rule_version: int = RULE_VERSION
    doubt: float = 0.0
    support: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(flag.code for flag in self.flags)


class _Flags:
    """Flags being gathered."""

    __slots__ = ("doubt", "found")

    def __init__(self) -> None:
        self.found: list[Flag] = []
        self.doubt = 0.0

    def add(self, code: str, scale: float = 1.0, **figures: object) -> None:
        weight = round(WEIGHTS[code] * scale, 3)
        self.doubt += weight
        self.found.append(Flag(code, weight, figures))


@dataclass(frozen=True, slots=True)
class _Reading:
    """A usable reading: where, how exact, and (with a home) how far from it beyond that exactness."""

    point: Point
    accuracy_m: float
    distance_m: float | None
    beyond_m: float | None


def judge(evidence: Evidence) -> Judgement:
    """Weigh the evidence. Pure and total: any evidence gives a judgement."""
    flags = _Flags()
    support: list[str] = []
    _common(evidence, flags)
    if evidence.channel == HOME:
        near, reading = _place(evidence, flags)
        tag_right = _tag(evidence, near, flags)
        stay = _stay(evidence, flags) if evidence.outcome == "met" else False
        unseen = evidence.tag == "missing" and reading is None and evidence.times.stay_s is None
        if evidence.outcome == "met" and unseen:
            flags.add("no_evidence")
        _travel(evidence, reading, flags)
        support = [name for name, there in (("tag", tag_right), ("near", near), ("stay", stay)) if there]
    doubt = round(flags.doubt, 3)
    assurance: Assurance = "plausible"
    if doubt >= DOUBTFUL_FROM:
        assurance = "doubtful"
    elif len(support) == 3 and doubt < VERIFIED_BELOW and evidence.channel not in CALLS:
        assurance = "verified"
    return Judgement(assurance, tuple(flags.found), RULE_VERSION, doubt, tuple(support))


def _common(evidence: Evidence, flags: _Flags) -> None:
    """What holds for every channel: how it came, whose it is, and its times."""
    times = evidence.times
    if evidence.faults:
        flags.add("value_unknown", paths=list(evidence.faults))
    if evidence.outcome != "met" and evidence.reason is None:
        flags.add("reason_missing")
    if evidence.late:
        flags.add("late")
    if evidence.device_lost:
        flags.add("device_lost")
    if evidence.device_revoked:
        flags.add("device_revoked")
    if not evidence.elder_known:
        flags.add("elder_unknown")
    elif not evidence.paired:
        flags.add("not_paired")
    if "clock_unproved" in times.notes:
        flags.add("clock_unproved")
    if times.set_by_s is not None and abs(times.set_by_s) > CLOCK_SET_S:
        scale = SCALES["set_by_days"] if abs(times.set_by_s) > CLOCK_SET_DAYS_S else 1.0
        flags.add("clock_set", scale, minutes=round(times.set_by_s / 60))
    if (
        times.stay_proved
        and times.stay_s is not None
        and times.phone_stay_s is not None
        and abs(times.phone_stay_s - times.stay_s) > CLOCK_MOVED_S
    ):
        flags.add("clock_moved", phone_s=times.phone_stay_s, stay_s=times.stay_s)
    if "time_future" in times.notes:
        flags.add("time_future", minutes=times.ahead_s // 60)
    if "time_old" in times.notes:
        days = (evidence.received_at - times.start).days if evidence.received_at is not None else None
        flags.add("time_old", days=days)


def _read(position: Position | None, home: Home | None, flags: _Flags) -> _Reading | None:
    if position is None:
        return None
    if not plausible(position.lat, position.lon):
        flags.add("position_odd", lat=position.lat, lon=position.lon)
        if abs(position.lat) < 1 and abs(position.lon) < 1:
            return None  # 0,0 is how receivers say that they do not know
    accuracy = position.accuracy_m or UNSAID_ACCURACY_M
    if accuracy > WORST_ACCURACY_M:
        return None
    if home is None:
        return _Reading(position.point, accuracy, None, None)
    away = distance_m(position.point, home.point)
    return _Reading(position.point, accuracy, away, away - accuracy - home.spread_m)


def _place(evidence: Evidence, flags: _Flags) -> tuple[bool, _Reading | None]:
    """Distance, simulation, impossible exactness. (is it shown to be near, the reading that speaks for it)."""
    home = evidence.home
    begin, end = evidence.start_position, evidence.position
    mocked = (begin is not None and begin.mocked) or (end is not None and end.mocked)
    if mocked:
        flags.add("mocked")
    at_start, at_end = _read(begin, home, flags), _read(end, home, flags)
    if begin is not None and end is not None and begin.point == end.point and (evidence.times.stay_s or 0) >= 60:
        flags.add("frozen_position")
    readings = [reading for reading in (at_end, at_start) if reading is not None]
    if not readings:
        return False, None
    known = [reading for reading in readings if reading.beyond_m is not None]
    if home is None or not known:
        return False, readings[0]
    best = min(known, key=lambda reading: reading.beyond_m or 0.0)
    beyond, away = best.beyond_m or 0.0, best.distance_m or 0.0
    if away < SAME_M:
        flags.add("same_as_register", distance_m=round(away, 1))
    figures = {"distance_m": round(away), "accuracy_m": round(best.accuracy_m)}
    if beyond > FAR_M:
        excused = home.unsure and evidence.tag == "right"
        flags.add("far", SCALES["far_unsure_home"] if excused else 1.0, **figures)
        if home.unsure:
            flags.add("home_unsure")
    elif beyond > NEAR_M:
        flags.add("rather_far", **figures)
    elif at_start is not None and at_start is not best and (at_start.beyond_m or 0.0) > NEAR_M:
        flags.add("start_far", distance_m=round(at_start.distance_m or 0.0))
    near = beyond <= NEAR_M and best.accuracy_m <= GOOD_ACCURACY_M and not mocked
    return near, best


def _tag(evidence: Evidence, near: bool, flags: _Flags) -> bool:
    """The tag hangs inside: nobody who was not let in can scan it, so only a meeting is asked for it."""
    if evidence.tag == "right":
        return True
    if evidence.tag is None or (evidence.tag == "missing" and evidence.outcome != "met"):
        return False
    next_door = evidence.tag == "other" and evidence.tag_home_m is not None and evidence.tag_home_m <= SAME_HOME_M
    flags.add(f"tag_{evidence.tag}", SCALES["tag_near"] if near or next_door else 1.0)
    return False


def _stay(evidence: Evidence, flags: _Flags) -> bool:
    """Was the stay long enough to have been a visit?"""
    stay = evidence.times.stay_s
    if stay is None:
        flags.add("stay_unknown")
        return False
    if stay < evidence.stay_min_s:
        scale = SCALES["short_explained"] if evidence.explained else 1.0
        flags.add("short_stay", scale, stay_s=stay, stay_min_s=evidence.stay_min_s)
        return False
    return True


def _travel(evidence: Evidence, reading: _Reading | None, flags: _Flags) -> None:
    """Two visits of one visitor that overlap in different homes, or whose places were too far apart for the time.

    The worst of each kind is flagged once. Only this visit's own reading or home is set against the other's.
    """
    times = evidence.times
    home = evidence.home
    here = reading.point if reading is not None else home.point if home is not None else None
    here_accuracy = reading.accuracy_m if reading is not None else 0.0
    end = times.end or times.start
    overlap: tuple[float, float, OtherVisit] | None = None
    fast: tuple[float, float, OtherVisit, float] | None = None
    for other in evidence.others:
        if other.elder_id is not None and other.elder_id == evidence.elder_id:
            continue
        apart = None
        if here is not None and other.point is not None:
            apart = distance_m(here, other.point) - here_accuracy - other.accuracy_m
        sure = 1.0 if times.proved and other.proved else SCALES["unproved_times"]
        shared_s = (min(end, other.end) - max(times.start, other.start)).total_seconds()
        if shared_s > OVERLAP_SLACK_S:
            if apart is not None and apart <= SAME_HOME_M:
                continue
            shorter = min(end - times.start, other.end - other.start) / timedelta(seconds=1)
            brief = shared_s < 300 and shared_s < shorter / 2
            scale = sure * (SCALES["short_overlap"] if brief else 1.0)
            if overlap is None or scale > overlap[0]:
                overlap = scale, shared_s, other
        elif apart is not None:
            gap = max(1.0, -shared_s)
            if apart / gap > MAX_SPEED_MPS and apart > FAR_M and (fast is None or sure > fast[0]):
                fast = sure, apart, other, gap
    if overlap is not None:
        flags.add("overlap", overlap[0], overlap_s=round(overlap[1]), other=str(overlap[2].id))
    if fast is not None:
        flags.add("too_fast", fast[0], distance_m=round(fast[1]), gap_s=round(fast[3]), other=str(fast[2].id))
