"""How much two visits that say the same have in common: grades that tell something.

All `good` by one tap tells nothing: it is what most homes are like. What tells are grades below good; a poor grade more
than a fair one, an ailment or stiff legs less than a leaking gas pipe, for many old people have those. Words are left
out: honest visitors write the same sentence under every visit.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

COMMON = frozenset(("health.mobility", "health.illness", "health.expression"))
"""Items that are below good in many homes."""
BITS = {"fair": 3.0, "poor": 5.0}
COMMON_BITS = {"fair": 1.5, "poor": 3.0}


def telling(answers: Mapping[str, object]) -> tuple[int, float]:
    """(digest, bits) of a visit's graded answers; (0, 0.0) where they tell nothing."""
    told = [(item, grade) for item, grade in answers.items() if isinstance(grade, str) and grade in BITS]
    if not told:
        return 0, 0.0
    told.sort()
    bits = sum((COMMON_BITS if item in COMMON else BITS)[grade] for item, grade in told)
    text = repr(told).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=7).digest(), "big") or 1, bits
