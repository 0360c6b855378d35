"""Identity numbers and telephone numbers as clerks type them.

A register that takes a mistyped identity number meets the same elder twice for years, so numbers are checked by
GB 11643-1999 (region, birth date, check digit); phones are brought to bare digits, so that the same number is
found again however it was written. Full-width digits and letters are the normal case in Chinese spreadsheets.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

Sex = Literal["male", "female"]

PROVINCES = frozenset(
    prefix
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
    for prefix in range(first, last + 1)
)
"""First two digits that an identity number may have (GB/T 2260; 81–83 Hong Kong, Macau, Taiwan residents)."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DIGITS = "10X98765432"
_ID = re.compile(r"[0-9]{17}[0-9X]").fullmatch
_MOBILE = re.compile(r"1[3-9][0-9]{9}").fullmatch
_LANDLINE = re.compile(r"0(?:10|2[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8}").fullmatch
_PHONE_NOISE = re.compile(r"[\s\-()·.—–_/]+")
_DASHES = str.maketrans({"‐": "-", "‑": "-", "‒": "-", "−": "-", "﹣": "-", "ー": "-", "﹢": "+"})


class IdentityError(ValueError):
    """An identity number that cannot be; `code` is `length`, `characters`, `region`, `birth_date` or `check_digit`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A checked 18-character number and what it says: birth date, sex, region of first registration."""

    text: str
    birth_date: date
    sex: Sex
    region6: str


def fold(text: str) -> str:
    """`text` with full-width letters, digits and spaces made narrow, and blanks trimmed at both ends."""
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip()


def check_digit(body17: str) -> str:
    """The last character that GB 11643 gives to the first 17 digits: `0`–`9` or `X`."""
    if len(body17) != 17 or not (body17.isascii() and body17.isdigit()):
        raise ValueError("17 digits expected")
    return _DIGITS[sum(int(digit) * weight for digit, weight in zip(body17, _WEIGHTS, strict=True)) % 11]


def check_id_number(text: str, today: date | None = None) -> IdNumber:
    """Read a resident identity number, or raise `IdentityError`.

    Blanks, full-width characters and a small x are forgiven, for they change nothing. Numbers of 15 digits ended
    in 2013 and are refused with `length`. With `today`, a birth date after it is refused too.
    """
    number = re.sub(r"[\s'\-]+", "", fold(text)).upper()
    if len(number) != 18:
        raise IdentityError("length")
    if _ID(number) is None:
        raise IdentityError("characters")
    if int(number[:2]) not in PROVINCES:
        raise IdentityError("region")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentityError("birth_date") from None
    if born.year < 1880 or (today is not None and born > today):
        raise IdentityError("birth_date")
    if check_digit(number[:17]) != number[17]:
        raise IdentityError("check_digit")
    return IdNumber(number, born, "male" if int(number[16]) % 2 else "female", number[:6])


def clean_phone(text: str) -> str | None:
    """The bare digits of a mobile (11, from 13 to 19) or a landline with its area code; None for anything else.

    `+86`, `0086` and `86` before a mobile fall away; blanks, hyphens, brackets and full-width digits are forgiven.
    """
    number = _PHONE_NOISE.sub("", fold(text))
    for prefix in ("+86", "0086", "86"):
        if number.startswith(prefix) and len(number) > 11:
            rest = number[len(prefix) :]
            number = rest if rest.startswith(("0", "1")) else "0" + rest
            break
    if _MOBILE(number) or _LANDLINE(number):
        return number
    return None
