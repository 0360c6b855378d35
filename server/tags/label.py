"""What one tag says; apart from its drawing, so that a web worker need not load what draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """What one tag says. `address` is what its code holds (`<public URL>/t/<token>`), `token` is for typing."""

    community: str
    short_no: int
    address: str
    token: str
