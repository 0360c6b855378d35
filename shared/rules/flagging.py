"""Flags as they are gathered while evidence is weighed."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.rules.weights import RULE, Rule


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing seen: its code, the doubt it added, and the figures for its sentence."""

    code: str
    weight: float
    figures: dict[str, object] = field(default_factory=dict)


class Flags:
    """Flags being gathered by a version of the rule, and the doubt they add up to."""

    __slots__ = ("doubt", "found", "scales", "weights")

    def __init__(self, rule: Rule = RULE) -> None:
        self.found: list[Flag] = []
        self.doubt = 0.0
        self.weights = rule.weights
        self.scales = rule.scales

    def add(self, code: str, scale: float = 1.0, **figures: object) -> None:
        full = self.weights.get(code)
        if full is None:
            return
        weight = round(full * scale, 3)
        self.doubt += weight
        self.found.append(Flag(code, weight, figures))
