"""What an elder is owed: how often, by which channels (DOMAIN; universal and focused visiting are S1's)."""

from __future__ import annotations

from dataclasses import dataclass

HOME, PHONE, VIDEO = "home", "phone", "video"
CHANNELS = frozenset((HOME, PHONE, VIDEO))
CALLS = frozenset((PHONE, VIDEO))


@dataclass(frozen=True, slots=True)
class VisitPolicy:
    """A county's rule for a group of elders; a county can set every number.

    `channels`: which kinds of visit qualify. `per_month`, `per_week`, `home_per_month`: contacts owed.
    `stay_min_s`: a home visit shorter than this needs an explanation.
    """

    id: str
    version: int
    focused: bool
    channels: frozenset[str]
    per_month: int = 1
    per_week: int = 0
    home_per_month: int = 0
    stay_min_s: int = 180


UNIVERSAL = VisitPolicy("universal", 1, False, CHANNELS)
"""普遍巡访: one contact a month by any of the three channels."""
FOCUSED = VisitPolicy("focused", 1, True, CHANNELS, per_week=1, home_per_month=1)
"""重点巡访: one a week, of which at least one a month at home."""
