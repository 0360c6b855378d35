"""Statistical codes (统计用区划代码): 12 digits; province, city and county take two each, town and village three.

A division's scope is the range of codes below it, so "within" is one BETWEEN.
"""

from __future__ import annotations

import re

LEVELS = ("province", "city", "county", "town", "village")
DIGITS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}


def parse_code(text: str) -> int | None:
    """A 12-digit code as a number, or None. Shorter codes of whole divisions (`411002`) are filled with zeros."""
    digits = text.strip()
    if not re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", digits) or digits[0] == "0":
        return None
    return int(digits.ljust(12, "0"))


def code_text(code: int) -> str:
    return f"{code:012d}"


def code_range(code: int, level: str) -> tuple[int, int]:
    """(lowest, highest) code of a division and everything below it."""
    span: int = 10 ** (12 - DIGITS[level])
    return code, code + span - 1
