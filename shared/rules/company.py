"""What other visits say of a visit: the way between them, what they share, and the outing it belongs to.

Everything here is a figure that history worked out beforehand (`Past`, `OtherVisit`); nothing is searched for.
"""

from __future__ import annotations

import math
from datetime import timedelta

from shared.geo import flat_m
from shared.rules.evidence import Evidence, OtherVisit
from shared.rules.flagging import Flags
from shared.rules.place import Reading
from shared.rules.weights import (
    APART_M,
    CLOCK_SET_S,
    COMPANY_FROM,
    COPIED_FROM_BITS,
    DETOUR,
    DOORS_S,
    EVENING_HOMES,
    FAR_M,
    MAX_SPEED_MPS,
    OVERLAP_SLACK_S,
    PAIRED,
    QUICK_FAR_M,
    QUICK_MPS,
    QUICK_S,
    RIDE_MPS,
    SAME_HOME_M,
    WRITTEN_DAYS,
)

_SECOND = timedelta(seconds=1)


def weigh_travel(evidence: Evidence, reading: Reading | None, against_blind: float, flags: Flags) -> None:
    """Two visits that overlap in different homes, or whose places were too far apart for the time between.

    The worst of each kind is flagged once. Of two phones in two places one is where its visitor is: `against_blind` is
    how much one that shows no place weighs against this visit.
    """
    times = evidence.times
    end = times.end or times.start
    worst: dict[str, tuple[float, dict[str, object]]] = {}
    hasty: list[tuple[float, float, float]] = []
    for other in evidence.others:
        if other.elder_id is not None and other.elder_id == evidence.elder_id:
            continue
        apart = _apart(evidence, reading, other)
        if apart is None:
            apart_known, apart = False, math.inf
        else:
            apart_known = True
        shared_s = (min(end, other.end) - max(times.start, other.start)) / _SECOND
        sure = 1.0
        if not (other.same_boot or (times.proved and other.proved)):
            long = max(0.0, min(1.0, shared_s / CLOCK_SET_S - 1.0))
            sure = flags.scales["unproved_times"] + flags.scales["long_overlap"] * long
        phones = "two_phones" if other.other_phone else "shared_phone" if other.other_visitor else None
        if phones is not None:
            sure = max(sure, flags.scales["unproved_phones"])
            if not other.read:
                sure *= against_blind
            elif reading is None:
                sure = min(1.0, sure * flags.scales["blind_beside"])
        if shared_s > OVERLAP_SLACK_S:
            if apart <= SAME_HOME_M:
                continue
            if phones is not None and not apart_known:
                continue  # two phones in one home are no wonder
            shorter = min(end - times.start, other.end - other.start) / _SECOND
            brief = phones is None and shared_s < 300 and shared_s < shorter / 2
            _keep(
                worst, phones or "overlap", sure * (flags.scales["short_overlap"] if brief else 1.0),
                overlap_s=round(shared_s), distance_m=round(apart) if apart_known else None, other=str(other.id),
            )  # fmt: skip
        elif apart_known:
            gap = max(1.0, -shared_s)
            way = apart * DETOUR
            if apart / gap > MAX_SPEED_MPS and apart > FAR_M:
                _keep(
                    worst, phones or "too_fast", sure, distance_m=round(apart), gap_s=round(gap),
                    overlap_s=0, other=str(other.id),
                )  # fmt: skip
            elif phones is None and apart > APART_M and gap < DOORS_S + way / RIDE_MPS:
                hasty.append((sure, apart, gap))
            elif phones is None and QUICK_FAR_M > apart > APART_M and gap < QUICK_S + way / QUICK_MPS:
                hasty.append((sure * flags.scales["quick"], apart, gap))
    for code, (scale, figures) in worst.items():
        flags.add(code, scale, **figures)
    if hasty and "too_fast" not in worst and "overlap" not in worst:
        sure, apart, gap = max(hasty)
        flags.add("hasty", min(1.2, sum(s for s, _, _ in hasty)), distance_m=round(apart), gap_s=round(gap))


def _keep(worst: dict[str, tuple[float, dict[str, object]]], code: str, scale: float, **figures: object) -> None:
    if code not in worst or scale > worst[code][0]:
        worst[code] = scale, figures


def _apart(evidence: Evidence, reading: Reading | None, other: OtherVisit) -> float | None:
    """Metres that surely lie between the two: by their readings and by their homes, whichever is less."""
    found = []
    home = evidence.home
    if reading is not None and other.point is not None:
        found.append(flat_m(reading.point, other.point) - reading.accuracy_m - other.accuracy_m)
    elif home is not None and other.point is not None:
        found.append(flat_m(home.point, other.point) - other.accuracy_m)
    if home is not None and other.home is not None:
        found.append(flat_m(home.point, other.home) - home.spread_m)
    return min(found) if found else None


def weigh_repeats(evidence: Evidence, near: bool, flags: Flags) -> None:
    """One photo twice, answers carried from home to home, a month written up in one evening, a clock that jumped.

    Some really go and are only lazy, so `near`, a reading by the home, speaks for a visit that repeats another.
    """
    past = evidence.past
    shown = 1.0 if near else flags.scales["unshown"]
    if past.photo_homes or past.photo_days:
        flags.add(
            "photo_alike" if past.photo_alike else "photo_reused",
            flags.scales["photo_first"] if past.photo_first else 1.0,
            homes=past.photo_homes, days=past.photo_days,
        )  # fmt: skip
    if past.copied_homes:
        told = past.copied_bits * past.copied_homes - math.log2(max(1, past.copied_of))
        if told >= COPIED_FROM_BITS:
            flags.add("answers_copied", min(1.0, told / 12) * shown, homes=past.copied_homes)
    if past.jump_s:
        flags.add("clock_jumped", minutes=round(past.jump_s / 60))
    if past.evening_homes >= EVENING_HOMES and 2 * past.evening_homes >= past.month_visits:
        flags.add("month_end", shown, homes=past.evening_homes, of=past.month_visits)
    if past.written_days >= WRITTEN_DAYS:
        flags.add("written_together", days=past.written_days)


def weigh_company(evidence: Evidence, present: bool, flags: Flags) -> None:
    """The outing: where most of a day's visits are doubtful by themselves, one without evidence of its own is too.

    One that shows presence by itself (`present`) is hardly touched: somebody may have invented four and made the fifth.
    What lies between this visit and another was told of both, and counts once.
    """
    past = evidence.past
    if not past.company or past.company_doubt < COMPANY_FROM:
        return
    shared = sum(flag.weight for flag in flags.found if flag.code in PAIRED)
    doubt = past.company_doubt - flags.scales["pair_again"] * shared
    if doubt >= COMPANY_FROM:
        flags.add(
            "doubtful_company", min(1.0, doubt) * (flags.scales["company_present"] if present else 1.0),
            visits=past.company, doubt=round(doubt, 1),
        )  # fmt: skip
