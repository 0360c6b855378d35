"""The closed lists of a visit's values, each in the order in which people are offered them, and kinds of events."""

from __future__ import annotations

OUTCOMES = ("met", "not_home", "refused")
NOT_HOME_REASONS = (
    "no_answer", "neighbour_says_out", "in_hospital", "with_family", "travelling", "moved", "died",
    "door_unsafe", "other",
)  # fmt: skip
WHEREABOUTS = frozenset(("in_hospital", "with_family", "travelling", "moved", "died"))
"""Reasons that say where the elder is: `not_home` with one of them starts no ladder. (`neighbour_says_out` does:
nobody has seen the elder.)"""
REFUSED_REASONS = ("unwell_now", "does_not_want", "family_refuses", "other")
URGENT_KINDS = ("ill", "fallen", "danger_at_home", "no_food", "abuse", "other")
NEED_KINDS = ("meals", "medical", "bathing", "cleaning", "emergency", "mobility", "leisure", "other")
#: What else a phone tells (`event` says what each carries).
LADDER_CALL, SOS, COURSE_DONE = "ladder_call", "sos", "course_done"
