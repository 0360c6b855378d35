"""The monthly call-back sample 回访抽查: how many visits, which ones, and what their answers say about all the others.

**Size.** Of `N` visits at least `D = ceil(2 % of N)` would be false if the share were 2 % or more. The draw gives every
visit the same chance `n/N`, and any `D` of them escape it together with a chance of at most `(1 - n/N)^D`. So

    n = ceil(N * (1 - 0.05^(1/D)))

visits are enough: if none of them proves false, the share of false ones is below 2 % with 95 % confidence. (150 of a
great many; nearly all of fifty.) The bound holds however the false ones lie, which is why it is a little larger than
the textbook's size for drawing blindly.

**Draw.** Ordered pivotal sampling (Deville and Tillé 1998; Srinivasan 2001: its indicators are negatively correlated,
which is the bound above), along the tree county > village > visitor: every visitor and every village gets its share of
the sample, rounded down or up. In whole numbers, from a seed by SHA-256, so that anybody can draw it again in any
language: equal input, equal sample.

**Answers.** An exact interval for a share of a finite number: Buonaccorsi, "A Note on Confidence Intervals for
Proportions in Finite Populations", The American Statistician 41 (1987); as N grows it becomes that of Clopper and
Pearson, Biometrika 26 (1934). Standard library only; no tables.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

SHARE, CONFIDENCE = 0.02, 0.95
FORMULA = "n = ⌈N·(1 − 0.05^(1/⌈0.02·N⌉))⌉"
METHOD = "yuetan-callbacks-1"

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


def size(population: int, share: float = SHARE, confidence: float = CONFIDENCE) -> int:
    """How many of `population` to ask, so that none false bounds the share of false ones below `share`."""
    if population <= 0:
        return 0
    false = max(1, math.ceil(population * share - 1e-9))
    missed: float = (1 - confidence) ** (1 / false)
    return min(population, math.ceil(population * (1 - missed) - 1e-9))


def bound(asked: int, population: int, confidence: float = CONFIDENCE) -> float:
    """The largest share of false ones that is still believable when `asked` of `population` were asked and none was
    false: of `D` false ones all escape with a chance of (1 - asked/population)^D."""
    if population <= 0 or asked >= population:
        return 0.0
    if asked <= 0:
        return 1.0
    false = math.floor(math.log(1 - confidence) / math.log1p(-asked / population) + 1e-9)
    return min(1.0, min(false, population - asked) / population)


def interval(found: int, asked: int, population: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """(low, high) of the share in the whole, when `found` of `asked` had it. Nobody asked: (0, 1)."""
    if asked <= 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    at_least, at_most = found, population - (asked - found)
    # the fewest whose upper tail is not too thin, the most whose lower tail is not: both tails grow one way
    low = _first(at_least, at_most, lambda n: _tail_from(found, asked, n, population) > tail)
    high = _first(at_least, at_most, lambda n: _tail_to(found, asked, n + 1, population) <= tail)
    return low / population, high / population


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The smallest number of low..high for which a monotone condition holds; `high` where it holds for none."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _tail_to(found: int, asked: int, false: int, population: int) -> float:
    """P(at most `found` of `asked`) when `false` of `population` are false."""
    if false > population - (asked - found):
        return 0.0
    return math.fsum(_chance(k, asked, false, population) for k in range(max(0, asked + false - population), found + 1))


def _tail_from(found: int, asked: int, false: int, population: int) -> float:
    """P(at least `found` of `asked`)."""
    return math.fsum(_chance(k, asked, false, population) for k in range(found, min(asked, false) + 1))


def _chance(k: int, asked: int, false: int, population: int) -> float:
    """Hypergeometric: exactly `k` false among `asked`."""
    if k < 0 or k > false or asked - k > population - false or k > asked:
        return 0.0
    return math.exp(_choose(false, k) + _choose(population - false, asked - k) - _choose(population, asked))


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


# --- the draw ---------------------------------------------------------------------------------------------------------


class Lots:
    """Whole numbers from a seed: SHA-256 of the seed and a counter, numbers that would favour small ones left out."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._drawn = 0

    def below(self, limit: int) -> int:
        """Evenly one of 0 … limit - 1."""
        while True:
            block = hashlib.sha256(self._seed + self._drawn.to_bytes(8, "big")).digest()
            self._drawn += 1
            value = int.from_bytes(block[:16], "big")
            if value < (1 << 128) // limit * limit:
                return value % limit


def draw(frame: Mapping[K, Mapping[V, Sequence[T]]], wanted: int, seed: bytes) -> list[T]:
    """`wanted` of the visits in `frame` (village → visitor → visits), each with the same chance; in the frame's order.

    Villages, visitors and visits are gone through in the order in which the mapping holds them: hand it over sorted.
    """
    everything = [visit for visitors in frame.values() for visits in visitors.values() for visit in visits]
    total = len(everything)
    if wanted >= total:
        return everything
    if wanted <= 0:
        return []
    lots = Lots(seed)
    chances = [wanted] * total  # out of `total`
    undecided_villages: list[int] = []
    at = 0
    for visitors in frame.values():
        undecided: list[int] = []
        for visits in visitors.values():
            undecided += _settle(chances, list(range(at, at + len(visits))), total, lots)
            at += len(visits)
        undecided_villages += _settle(chances, undecided, total, lots)
    _settle(chances, undecided_villages, total, lots)
    return [visit for visit, chance in zip(everything, chances, strict=True) if chance == total]


def _settle(chances: list[int], undecided: Sequence[int], whole: int, lots: Lots) -> list[int]:
    """Let neighbours play for their chances until at most one is left between 0 and `whole`. → that one, or none."""
    holder: int | None = None
    for other in undecided:
        if chances[other] in (0, whole):
            continue
        if holder is None:
            holder = other
            continue
        a, b = chances[holder], chances[other]
        if a + b < whole:  # one of them ends at nothing, the other takes both chances
            keeps = holder if lots.below(a + b) < a else other
            loser = other if keeps == holder else holder
            chances[keeps], chances[loser] = a + b, 0
        else:  # one of them is drawn, the other keeps the rest
            drawn = holder if lots.below(2 * whole - a - b) < whole - b else other
            keeps = other if drawn == holder else holder
            chances[drawn], chances[keeps] = whole, a + b - whole
        holder = keeps if chances[keeps] not in (0, whole) else None
    return [] if holder is None else [holder]
