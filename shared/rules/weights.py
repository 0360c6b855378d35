"""The numbers of the presence rule: one table, one version.

A visit keeps the `RULE_VERSION` it was judged by; whoever changes a number here raises it. Thresholds are metres and
seconds of the world, not of any data set: what a receiver, a pair of legs, a phone's clock can and cannot do.
"""

from __future__ import annotations

RULE_VERSION = 2

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
    "rather_far": 0.3,
    "start_far": 0.4,
    "position_odd": 0.1,
    "mocked": 1.0,
    "same_as_register": 0.3,
    "frozen_position": 0.1,
    "home_unsure": 0.0,
    "short_stay": 1.0,
    "stay_unknown": 0.3,
    "no_evidence": 0.5,
    "overlap": 1.0,
    "too_fast": 1.0,
    "clock_unproved": 0.0,
    "clock_set": 0.2,
    "clock_moved": 0.7,
    "time_future": 1.0,
    "time_old": 1.0,
}
"""Flag code → doubt it adds at full weight."""

SCALES: dict[str, float] = {
    "tag_near": 0.3,
    "far_unsure_home": 0.5,
    "unproved_times": 0.5,
    "short_overlap": 0.4,
    "short_explained": 0.3,
    "set_by_days": 3.0,
}
"""By how much a circumstance lessens (or, the last, raises) a flag.

`tag_near`: a wrong tag while the position is good and near, or the tag is from the same flat or staircase (couples,
neighbours, a torn tag replaced by hand).
`far_unsure_home`: far, but the right tag, and the register's own position is in doubt.
`unproved_times`: travel and overlap worked out from times that no server proved.
`short_overlap`: under five minutes and under half of the shorter stay: somebody forgot to press "end".
`short_explained`: a short stay that was urgent, or that the visit explains otherwise.
`set_by_days`: the clock was set by more than half a day, which no drift and no forgotten time zone does.
"""

NEAR_M = 100.0
FAR_M = 300.0
"""Metres between reading and home that are left after the accuracy (and the home's own spread) is taken off."""
GOOD_ACCURACY_M = 200.0
"""A reading worse than this can contradict, but does not show that somebody was near."""
WORST_ACCURACY_M = 5000.0
"""A reading worse than this says nothing."""
UNSAID_ACCURACY_M = 50.0
"""Taken where a receiver gives no accuracy, or 0, which no receiver has."""
SAME_M = 1.5
SAME_HOME_M = 60.0
"""Homes nearer than this are a couple's, a staircase's: visits there may overlap."""
MAX_SPEED_MPS = 40.0
OVERLAP_SLACK_S = 60
CLOCK_SET_S = 900
CLOCK_SET_DAYS_S = 43_200
CLOCK_MOVED_S = 300
