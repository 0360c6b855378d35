"""Flags as they are gathered while evidence is weighed."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.rules.weights import WEIGHTS


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing seen: its code, the doubt it added, and the figures for its sentence."""

    code: str
    weight: float
    figures: dict[str, object] = field(default_factory=dict)


class Flags:
    """Flags being gathered, and the doubt they add up to."""

    __slots__ = ("doubt", "found")

    def __init__(self) -> None:
        self.found: list[Flag] = []
        self.doubt = 0.0

    def add(self, code: str, scale: float = 1.0, **figures: object) -> None:
        weight = round(WEIGHTS[code] * scale, 3)
        self.doubt += weight
        self.found.append(Flag(code, weight, figures))
