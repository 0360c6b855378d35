"""Versions of the app, as phones say them and servers compare them: numbers with dots, the rest is decoration."""

from __future__ import annotations

import re

HEADER = "Yuetan-App"
"""The header in which an app says its version; its User-Agent is `Yuetan/<version>`."""
_VERSION = re.compile(r"\s*v?(\d{1,6}(?:\.\d{1,6}){0,3})(?![\d.])")


def read_version(text: str | None) -> tuple[int, ...] | None:
    """`0.10.2-beta` → (0, 10, 2); None: no version that could be compared."""
    found = _VERSION.match(text or "")
    if found is None:
        return None
    numbers = [int(part) for part in found[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def older(version: str | None, oldest: str | None) -> bool:
    """Whether `version` lies before `oldest`; what cannot be compared does not."""
    mine, theirs = read_version(version), read_version(oldest)
    return mine is not None and theirs is not None and mine < theirs


def newest(one: str, other: str | None) -> str:
    """The later of two; one that cannot be compared gives way."""
    return other if other is not None and older(one, other) else one
