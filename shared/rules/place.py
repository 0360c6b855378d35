"""What readings say of a visit: how far from the home, how exact, from where else.

A reading is set against the home with its own accuracy and the home's own scatter. A home that only the register
vouches for contradicts nobody by itself; one that readings of different visitors confirm does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from shared.geo import Point, flat_m, plausible
from shared.protocol.record import Position
from shared.rules.evidence import Evidence, Home
from shared.rules.flagging import Flags
from shared.rules.weights import (
    APART_M,
    COARSE_DIGITS,
    EXACT_M,
    FAR_M,
    FINE_M,
    GOOD_ACCURACY_M,
    NEAR_M,
    OFF_BEAT_M,
    REGISTER_DIGIT_M,
    REGISTERED_M,
    SAME_M,
    SIGMAS,
    STALE_S,
    SURE_FAR_M,
    SURE_NEAR_M,
    SURVEYED_M,
    TYPED_M,
    UNPLACED_FROM,
    UNSAID_ACCURACY_M,
    WORST_ACCURACY_M,
)


@dataclass(slots=True)
class Reading:
    """A usable reading: where, how exact, and (with a home) how far from it, and how far beyond what exactness and
    scatter explain."""

    point: Point
    accuracy_m: float
    distance_m: float | None = None
    beyond_m: float | None = None


def usable(position: Position | None, home: Home | None) -> Reading | None:
    """The reading, if it says anything: not at 0,0, not with the accuracy of a province."""
    if position is None or (abs(position.lat) < 1 and abs(position.lon) < 1):
        return None
    accuracy = position.accuracy_m or UNSAID_ACCURACY_M
    if accuracy > WORST_ACCURACY_M:
        return None
    if home is None:
        return Reading(position.point, accuracy)
    away = flat_m(position.point, home.point)
    if home.sure:
        slack = SIGMAS * math.hypot(accuracy, home.spread_m)
        return Reading(position.point, accuracy, away, away - max(slack, accuracy + home.spread_m))
    return Reading(position.point, accuracy, away, away - accuracy - home.spread_m)


def stale(position: Position | None, evidence: Evidence) -> bool:
    """Is it the place where the visitor was before, which the phone still had, to the last digit?

    Then it says nothing of this visit. Only what was near its own home there counts as that: whoever scans tags at one
    table has a reading that belongs to none of the homes.
    """
    if position is None or not evidence.others or evidence.home is None:
        return False
    point = position.point
    for other in evidence.others:
        if (
            other.point == point
            and other.read
            and not other.other_visitor
            and other.home is not None
            and other.elder_id != evidence.elder_id
            and timedelta(0) <= evidence.times.start - other.end < _STALE
        ):
            reach = NEAR_M + other.accuracy_m
            if flat_m(other.home, point) <= reach < APART_M < flat_m(other.home, evidence.home.point):
                return True
    return False


_STALE = timedelta(seconds=STALE_S)


def best_reading(evidence: Evidence) -> Reading | None:
    """The reading that speaks for the visit: of start and end the nearer one, a good one before a mast's."""
    begin, end = (None if stale(p, evidence) else p for p in (evidence.start_position, evidence.position))
    return _better(usable(begin, evidence.home), usable(end, evidence.home))


def _better(at_start: Reading | None, at_end: Reading | None) -> Reading | None:
    if at_end is None or at_start is None:
        return at_end or at_start
    good_end, good_start = (r.accuracy_m <= GOOD_ACCURACY_M for r in (at_end, at_start))
    if good_end != good_start:
        return at_end if good_end else at_start
    return at_start if (at_start.beyond_m or 0.0) < (at_end.beyond_m or 0.0) else at_end


def weigh_place(evidence: Evidence, flags: Flags) -> tuple[bool, Reading | None]:
    """Distance, simulation, impossible exactness. (is it shown to be near, the reading that speaks for it)."""
    home, begin, end = evidence.home, evidence.start_position, evidence.position
    mocked = False
    for position in (begin, end):
        if position is not None:
            mocked = mocked or position.mocked
            if not plausible(position.lat, position.lon):
                flags.add("position_odd", lat=position.lat, lon=position.lon)
    if mocked:
        flags.add("mocked")
    frozen = begin is not None and end is not None and begin.point == end.point
    if frozen and (evidence.times.stay_s or 0) >= 60:
        flags.add("frozen_position")
    if "stale_position" in flags.weights:
        fresh = [None if stale(p, evidence) else p for p in (begin, end)]
        if fresh != [begin, end]:
            flags.add("stale_position")
            begin, end = fresh
    at_start = usable(begin, home)
    best = _better(at_start, usable(end, home))
    if best is None:
        _unplaced(evidence, flags)
        return False, None
    _exactness(evidence, [p for p in (begin, end) if p is not None], frozen, flags)
    if home is None:
        return False, best
    near = _distance(evidence, home, at_start, best, flags)
    return near and best.accuracy_m <= GOOD_ACCURACY_M and not mocked, best


def _unplaced(evidence: Evidence, flags: Flags) -> None:
    """No position the whole day, by a visitor whose phone otherwise has one. A phone that never has one says nothing,
    and one visit without proves nothing."""
    past = evidence.past
    if evidence.position is None and evidence.start_position is None and past.unplaced >= UNPLACED_FROM:
        rate = max(0.05, past.unplaced_rate)
        odds = past.unplaced * math.log10(1 / rate) / 3
        if rate < 0.5:
            flags.add(
                "positions_off", min(1.0, odds / 1.5), visits=past.unplaced, usually=round(100 * past.unplaced_rate)
            )


def _exactness(evidence: Evidence, readings: list[Position], frozen: bool, flags: Flags) -> None:
    """Receivers scatter, and registers are not surveyed: what agrees too well was typed in."""
    home = evidence.home
    accuracies = [p.accuracy_m for p in readings if p.accuracy_m]
    if accuracies and min(accuracies) < EXACT_M:
        flags.add("too_exact", accuracy_m=round(min(accuracies), 1))
    if home is not None:
        registered = home.registered or home.point
        gaps = [flat_m(p.point, registered) for p in readings]
        exact = [gap for gap in gaps if gap < SAME_M]
        if exact and (len(exact) == len(gaps) or min(exact) < TYPED_M):
            scale = flags.scales["one_exact_reading"] if len(exact) == 1 or frozen else 1.0
            scale *= min(1.0, 1.3 - max(exact) * 0.15)
            scale *= 1.0 - flags.scales["agrees_by_chance"] * (1.0 - _agreement(readings, gaps, frozen))
            if home.sure and flat_m(home.point, registered) <= SURVEYED_M:
                scale *= flags.scales["register_exact"]
            flags.add("same_as_register", scale, distance_m=round(max(exact), 1))
    if evidence.past.exact_repeats:
        fine = bool(accuracies) and max(accuracies) <= FINE_M and not all(map(_coarse, readings))
        flags.add(
            "position_repeats", 1.0 if fine else flags.scales["cell_position"], visits=evidence.past.exact_repeats
        )


def _agreement(readings: list[Position], gaps: list[float], frozen: bool) -> float:
    """How much such an agreement says, 0 to 1: nothing where the receiver is so exact that it comes by chance, all of
    it where that would come once in a hundred. An accuracy is the radius that holds two readings in three."""
    odds = 1.0
    for position, gap in list(zip(readings, gaps, strict=True))[: 1 if frozen else None]:
        radius = min(max(position.accuracy_m or UNSAID_ACCURACY_M, REGISTER_DIGIT_M), WORST_ACCURACY_M)
        odds *= -math.expm1(-_TWO_IN_THREE * (max(gap, REGISTER_DIGIT_M) / radius) ** 2)
    return min(1.0, -math.log10(odds) / 2)


_TWO_IN_THREE = math.log(3)


def _coarse(position: Position) -> bool:
    """Has it no more digits than a phone gives that blurs its places?"""
    return all(round(degrees, COARSE_DIGITS) == degrees for degrees in position.point)


def _distance(evidence: Evidence, home: Home, start: Reading | None, best: Reading, flags: Flags) -> bool:
    """How far from the home, beyond what accuracy and scatter explain. → near?"""
    past = evidence.past
    beyond, away = best.beyond_m or 0.0, best.distance_m or 0.0
    near_m, far_m = (SURE_NEAR_M, SURE_FAR_M) if home.sure else (NEAR_M, FAR_M)
    figures = {"distance_m": round(away), "accuracy_m": round(best.accuracy_m)}
    if beyond > near_m:
        scale = 1.0
        if not home.sure:
            usual = flags.scales["home_unconfirmed"]
            scale = usual + (1.0 - usual) * min(1.0, beyond / REGISTERED_M)
        if home.unsure:
            flags.add("home_unsure")
        steady = home.proposed is not None and flat_m(best.point, home.proposed) <= NEAR_M + best.accuracy_m
        if evidence.tag == "right" and (steady or (home.unsure and home.proposed is None)) and not past.spot_homes:
            scale = flags.scales["home_unsure"]
        flags.add("far" if beyond > far_m else "rather_far", scale, **figures)
        if past.spot_homes:
            spots = (0.0, flags.scales["one_other_spot"], flags.scales["two_other_spots"])
            flags.add(
                "one_spot", spots[past.spot_homes] if past.spot_homes < 3 else 1.0,
                homes=past.spot_homes, apart_m=round(past.spot_apart_m),
            )  # fmt: skip
        off_beat = past.beat_m is not None and past.beat_m > OFF_BEAT_M + best.accuracy_m
        if off_beat and past.beat_m is not None and scale > flags.scales["home_unsure"]:
            margin = flags.scales["beat_margin_m"]
            scale = min(1.0, past.beat_m / (past.beat_reach_m + margin)) if margin else 1.0
            flags.add("off_beat", scale, nearest_m=round(past.beat_m))
        return False
    if start is not None and start is not best and (start.beyond_m or 0.0) > near_m:
        over = min(1.0, (start.beyond_m or 0.0) / APART_M)
        flags.add("start_far", over, distance_m=round(start.distance_m or 0.0))
    return True
