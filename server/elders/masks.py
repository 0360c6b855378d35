"""What a screen shows of what is sealed, until somebody asks to see it whole (and that is logged)."""

from __future__ import annotations

import re


def mask_id(number: str | None) -> str | None:
    """`411***********9383`"""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" if number else None


def mask_phone(number: str | None) -> str | None:
    """`138****5678`; a landline keeps its last three digits."""
    if not number:
        return None
    if len(number) == 11 and number[0] == "1":
        return f"{number[:3]}****{number[-4:]}"
    return "*" * max(0, len(number) - 3) + number[-3:]


def mask_address(address: str | None) -> str | None:
    """The beginning, up to the first figure."""
    if not address:
        return None
    head = re.match(r"\D{0,6}", address)
    return f"{head.group() if head else ''}***"
