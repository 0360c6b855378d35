"""How much two visits that say the same have in common: answers and words that tell something.

All `good` by one tap tells nothing: it is what most homes are like. What tells are grades below good, and words; a
poor grade more than a fair one, an ailment or stiff legs less than a leaking gas pipe, for many old people have those.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

COMMON = frozenset(("health.mobility", "health.illness", "health.expression"))
"""Items that are below good in many homes."""
BITS = {"fair": 3.0, "poor": 5.0}
COMMON_BITS = {"fair": 1.5, "poor": 3.0}
WORDS_FROM, WORDS_BITS, BIT_A_CHARACTER = 6, 10.0, 1.0


def telling(answers: Mapping[str, object], note: str = "") -> tuple[int, float]:
    """(digest, bits) of a visit's graded answers and words; (0, 0.0) where they tell nothing."""
    told = [
        (item, grade) for item, grade in sorted(answers.items()) if isinstance(grade, str) and grade in BITS
    ]
    bits = sum((COMMON_BITS if item in COMMON else BITS)[grade] for item, grade in told)
    words = "".join(note.split())
    if len(words) >= WORDS_FROM:
        bits += min(WORDS_BITS, BIT_A_CHARACTER * len(words))
    else:
        words = ""
    if not bits:
        return 0, 0.0
    text = repr((told, words)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=7).digest(), "big") or 1, bits
