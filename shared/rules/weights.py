"""The numbers of the presence rule: one table, one version, and what earlier versions had otherwise.

A visit keeps the `RULE_VERSION` it was judged by; whoever changes a number here raises it and writes the old one into
`_EARLIER`, so that `judge(evidence, RULES[3])` says what rule 3 said. A weight is a third of the
power of ten by which an oddity is likelier in a made-up visit than in a real one: 0.33 ten times, 0.67 a hundred times,
1.0 a thousand times, at which a person should look. Thresholds are metres and seconds of the world, not of any data
set: what a receiver, a pair of legs, a phone's clock can and cannot do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RULE_VERSION = 4

DOUBTFUL_FROM = 1.0
VERIFIED_BELOW = 0.4

WEIGHTS: dict[str, float] = {
    "value_unknown": 0.0,
    "reason_missing": 0.0,
    "late": 0.0,
    "device_lost": 1.0,
    "device_revoked": 1.0,
    "not_paired": 1.0,
    "elder_unknown": 1.0,
    "tag_missing": 0.2,
    "tag_unknown": 0.3,
    "tag_revoked": 0.4,
    "tag_other": 1.0,
    "far": 1.0,
    "rather_far": 0.5,
    "start_far": 0.55,
    "off_beat": 0.3,
    "one_spot": 1.0,
    "position_odd": 0.1,
    "stale_position": 0.05,
    "mocked": 1.0,
    "same_as_register": 0.5,
    "too_exact": 0.3,
    "frozen_position": 0.05,
    "position_repeats": 0.4,
    "positions_off": 0.5,
    "home_unsure": 0.0,
    "short_stay": 1.0,
    "stay_at_minimum": 0.3,
    "stay_unknown": 0.3,
    "no_evidence": 0.5,
    "overlap": 1.0,
    "too_fast": 1.0,
    "hasty": 0.5,
    "two_phones": 1.0,
    "shared_phone": 1.0,
    "clock_unproved": 0.0,
    "clock_set": 0.2,
    "clock_moved": 0.7,
    "clock_jumped": 0.8,
    "time_future": 1.0,
    "time_old": 1.0,
    "written_together": 0.5,
    "month_end": 0.6,
    "answers_copied": 0.6,
    "photo_reused": 1.0,
    "photo_alike": 0.8,
    "doubtful_company": 1.0,
}
"""Flag code → doubt it adds at full weight."""

PAIRED = frozenset(("overlap", "too_fast", "hasty"))
"""Flags for what lies between two visits of an outing, and is told of both."""

SHARED = frozenset((
    "positions_off", "month_end", "written_together", "answers_copied", "clock_set", "clock_jumped", "position_repeats",
    "doubtful_company", "photo_reused", "photo_alike", "two_phones", "shared_phone",
))  # fmt: skip
"""Flags that a whole outing shares: they weigh in each visit once, and not again as its company."""

SCALES: dict[str, float] = {
    "tag_near": 0.3,
    "home_unsure": 0.1,
    "home_unconfirmed": 0.5,
    "beat_margin_m": 1000.0,
    "pair_again": 0.5,
    "register_exact": 0.3,
    "agrees_by_chance": 1.0,
    "unshown": 1.67,
    "long_overlap": 0.5,
    "unproved_times": 0.5,
    "short_overlap": 0.4,
    "short_explained": 0.3,
    "set_by_days": 4.0,
    "set_by_years": 1.5,
    "set_elsewhen": 0.7,
    "photo_first": 0.3,
    "company_present": 0.25,
    "one_other_spot": 0.2,
    "two_other_spots": 0.6,
    "cell_position": 0.1,
    "one_exact_reading": 0.7,
    "quick": 0.4,
    "other_blind": 0.3,
    "other_blind_rather": 0.4,
    "unproved_phones": 0.8,
    "blind_beside": 1.25,
}
"""By how much a circumstance lessens (or raises) a flag.

`tag_near`: a wrong tag while the position is good and near, or the tag is from the same flat or staircase (couples,
neighbours, a torn tag replaced by hand).
`home_unsure`: far, but the right tag, and one visitor's readings steadily lie there: the home's fault until somebody
has looked.
`home_unconfirmed`: far from a place that only the register vouches for, and registers are wrong for one home in thirty.
`beat_margin_m`: metres beyond the reach of the beat at which off the beat weighs in full, nearer by less (0: always).
`pair_again`: of what lies between this visit and its company, what is taken off the company's word.
`register_exact`: the register's very position, where readings have shown that it was taken on the spot.
`agrees_by_chance`: the same, what is taken off where the receiver is so exact that it comes by chance.
`unproved_times`: travel and overlap worked out from times that no server proved.
`long_overlap`: what half an hour of overlap adds to that: phones are 15 minutes off in ordinary life.
`unshown`: answers copied or a month on its last evening, in a visit that shows nothing of having been there.
`short_overlap`: under five minutes and under half of the shorter stay: somebody forgot to press "end".
`short_explained`: a short stay that was urgent, or that the visit explains otherwise.
`set_by_days`: the clock was set by more than half a day, which no drift and no forgotten time zone does.
`set_by_years`: by more than a year: an old phone that lost its battery does that by itself.
`set_elsewhen`: known only from the order of restart and meeting, not counted.
`photo_first`: the visit that had the photo first, when a later day's visit shows it again.
`company_present`: doubtful company of a visit that itself shows presence well.
`one_other_spot`, `two_other_spots`: one or two other homes reported from the same spot.
`cell_position`: the same reading again, but one of masts or networks, which do repeat.
`one_exact_reading`: the register's very position, with one reading only.
`quick`: on the way as fast as hardly anybody is, but not faster than a car.
`other_blind`: in two places at once, but this visit shows where it was and the other does not;
`other_blind_rather`: it shows it but for a register that may be some hundred metres wrong.
`unproved_phones`: unproved times, but of two phones of one visitor, or one of two visitors: seldom even by turns.
`blind_beside`: by how much more, where the other visit shows its place and this one none.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A version of the rule: flag code → weight (a flag it did not know is not raised), circumstance → scale."""

    version: int
    weights: Mapping[str, float]
    scales: Mapping[str, float]


RULE = Rule(RULE_VERSION, WEIGHTS, SCALES)

_EARLIER: dict[int, tuple[dict[str, float | None], dict[str, float]]] = {
    3: (
        {"off_beat": 0.15, "stale_position": None, "month_end": 0.4},
        {
            "home_unconfirmed": 0.55,
            "beat_margin_m": 0.0,
            "pair_again": 0.0,
            "register_exact": 1.0,
            "agrees_by_chance": 0.0,
            "unshown": 1.0,
            "long_overlap": 0.0,
            "other_blind_rather": 1.0,
            "unproved_phones": 0.0,
            "blind_beside": 1.0,
        },
    ),
}
"""Version → what it had otherwise than the next: weights (None: no such flag), scales. 1 and 2 were never in use."""


def _rules() -> dict[int, Rule]:
    found, rule = {RULE_VERSION: RULE}, RULE
    for version, (weights, scales) in sorted(_EARLIER.items(), reverse=True):
        merged = {**rule.weights, **weights}
        told = {code: weight for code, weight in merged.items() if weight is not None}
        rule = found[version] = Rule(version, told, {**rule.scales, **scales})
    return found


RULES: Mapping[int, Rule] = _rules()

NEAR_M = 100.0
FAR_M = 300.0
"""Metres between reading and home that are left after the accuracy (and the home's own spread) is taken off."""
SURE_NEAR_M = 60.0
SURE_FAR_M = 150.0
"""The same where readings have confirmed the home, beyond `SIGMAS` of both scatters together."""
SIGMAS = 2.5
REGISTERED_M = 3000.0
"""A register that far off is as rare as a visitor who was elsewhere; nearer by, it is likelier."""
GOOD_ACCURACY_M = 200.0
"""A reading worse than this can contradict, but does not show that somebody was near."""
WORST_ACCURACY_M = 5000.0
"""A reading worse than this says nothing."""
UNSAID_ACCURACY_M = 50.0
"""Taken where a receiver gives no accuracy, or 0, which no receiver has."""
TYPED_M = 1.0
SAME_M = 5.0
SURVEYED_M = 15.0
"""Nearer to the register's point than an address can be surveyed, or a phone can tell."""
REGISTER_DIGIT_M = 0.1
"""What the last digit of a register's position is worth: agreement cannot be closer."""
EXACT_M = 2.0
"""No phone indoors is as exact as this."""
FINE_M = 25.0
"""A reading that claims to be at least this exact is a satellite's, and those never repeat to the last digit."""
COARSE_DIGITS = 4
"""Unless the phone gives no more digits than these, eleven metres: then they repeat as often as it is held still."""
SPOT_M = 50.0
"""Readings this near each other, or within their accuracies, are from one spot."""
APART_M = 150.0
"""Homes farther apart than this are different places."""
OFF_BEAT_M = 500.0
STALE_S = 4 * 3600
"""A phone hands out its last known place for as long as this."""
SAME_HOME_M = 60.0
"""Homes nearer than this are a couple's, a staircase's: visits there may overlap."""
MAX_SPEED_MPS = 40.0
DETOUR = 1.3
RIDE_MPS = 15.0
DOORS_S = 20.0
"""The least time from bed to bed: down the stairs, a car through the town, up the stairs."""
QUICK_S, QUICK_MPS, QUICK_FAR_M = 60.0, 6.0, 1500.0
"""What those are seldom quicker than who ride a bicycle from door to door; farther away there are cars."""
OVERLAP_SLACK_S = 60
AT_MINIMUM_S = 240
CLOCK_SET_S = 900
CLOCK_SET_DAYS_S = 43_200
CLOCK_SET_YEARS_S = 31_536_000
CLOCK_MOVED_S = 300
UNPLACED_FROM = 2
COPIED_FROM_BITS = 4.0
"""Answers and words alike that tell less than this together are chance."""
EVENING_HOMES = 5
WRITTEN_DAYS = 4
COMPANY_FROM = 0.3
PRESENT_BELOW = 0.15
