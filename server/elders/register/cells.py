"""Making sense of single cells: dates in five spellings, numbers that a spreadsheet spoilt, lists in one cell.

Nothing here knows of rows or sheets. A cell that cannot be read gives a fault code, never a guess.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.geo import gcj02_to_wgs84, plausible
from shared.identity import clean_phone, fold
from shared.rules.categories import CATEGORIES

_EXCEL_EPOCH = dt.date(1899, 12, 30)
_SPACES = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u2060\ufeff]+")
_PLAIN_HAN = re.compile(r"[0-9A-Za-z\u4e00-\u9fff]*").fullmatch
_HAN_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")


def text(cell: object) -> str:
    """A cell as trimmed text: full-width folded, whole numbers without `.0`, dates as YYYY-MM-DD."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        if cell.isalnum() and (cell.isascii() or _PLAIN_HAN(cell)):
            return cell  # nearly every cell, and folding is the most that reading does
        return _SPACES.sub(" ", fold(cell)).strip(" '‘’`\"")
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(cell)


def squeezed(cell: object) -> str:
    """A cell's text without any space in it, as Chinese names and places are compared."""
    return text(cell).replace(" ", "")


def name(cell: object) -> tuple[str, str | None]:
    """(name, fault code). Spaces inside Chinese names go; the dot of minority names stays as `·`."""
    value = re.sub(r"[・•‧∙．]", "·", text(cell))
    if re.search(r"[\u3400-\u9fff]", value):
        value = value.replace(" ", "")
    value = re.sub(r"\.(?=[\u3400-\u9fff])", "·", value)
    if not value:
        return "", "missing_name"
    if len(value) > 60 or re.search(r"[\d@#$%^&*_=+/\\|<>?!？！~,，;；:：]", value):
        return value, "bad_name"
    return value, None


def id_text(cell: object) -> tuple[str, str | None]:
    """(ID number as written, fault code). 18 digits do not survive in a number cell: that is its own fault."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if abs(cell) >= 1e15:
            return "", "id_lost_digits"
        return text(cell), None
    value = re.sub(r'^="?|"$', "", text(cell))
    value = re.sub(r"[\s\-‐–—]", "", value).upper()
    if not value:
        return "", "missing_id"
    if re.fullmatch(r"\d(\.\d+)?E\+?1[4-9]", value):
        return "", "id_lost_digits"
    return value, None


def sex(cell: object) -> tuple[str | None, str | None]:
    """('m' | 'f' | None, fault code)."""
    value = squeezed(cell).lower()
    if not value:
        return None, None
    if value in ("男", "男性", "m", "male"):
        return "m", None
    if value in ("女", "女性", "f", "female"):
        return "f", None
    return None, "bad_sex"


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth date as a sheet gives it; month or day may be missing."""

    year: int
    month: int | None = None
    day: int | None = None

    def full(self) -> dt.date | None:
        return dt.date(self.year, self.month, self.day) if self.month and self.day else None

    def agrees(self, date: dt.date) -> bool:
        return (
            self.year == date.year
            and self.month in (None, date.month)
            and self.day in (None, date.day)
        )

    def __str__(self) -> str:
        return "-".join(f"{part:02d}" for part in (self.year, self.month, self.day) if part)


def birth(cell: object) -> tuple[Birth | None, str | None]:
    """(birth date, fault code) of a date cell, a serial number or text; (None, None) where empty."""
    if isinstance(cell, dt.datetime | dt.date):
        return Birth(cell.year, cell.month, cell.day), None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _birth_number(float(cell))
    value = re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", "", text(cell)).translate(_HAN_DIGITS).replace(" ", "")
    if not value:
        return None, None
    match = re.fullmatch(
        r"(\d{4})(?:[年\-/.、](\d{1,2})(?:[月\-/.、](?:(\d{1,2})[日号]?)?)?)?(?:生|出生)?", value
    ) or re.fullmatch(r"(\d{4})年?()()", value) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})?", value)
    if match:
        return _checked(*(int(part) if part else None for part in match.groups()))
    if re.fullmatch(r"\d{5}(\.0+)?", value):
        return _birth_number(float(value))
    return None, "bad_birth_date"


def _birth_number(value: float) -> tuple[Birth | None, str | None]:
    if 19000101 <= value <= 21001231 and value.is_integer():
        whole = int(value)
        return _checked(whole // 10000, whole // 100 % 100, whole % 100)
    if 190001 <= value <= 210012 and value.is_integer():
        return _checked(int(value) // 100, int(value) % 100, None)
    if 1850 <= value <= 2100 and (not value.is_integer() or value >= 1880):
        return Birth(int(value)), None  # a year, or 1948.3, whose month (3 or 30?) cannot be told
    if 1 <= value < 80000:
        day = _EXCEL_EPOCH + dt.timedelta(days=int(value))
        return Birth(day.year, day.month, day.day), None
    return None, "bad_birth_date"


def _checked(year: int | None, month: int | None = None, day: int | None = None) -> tuple[Birth | None, str | None]:
    try:
        dt.date(year or 0, month or 1, day or 1)
    except ValueError:
        return None, "bad_birth_date"
    assert year is not None
    return Birth(year, month, day), None


def phones(cell: object) -> tuple[tuple[str, ...], str | None]:
    """(numbers, the part that is none). Spaces, dashes and country code are cleaned; several are split."""
    value = text(cell)
    if not value:
        return (), None
    whole = clean_phone(value)
    if whole:
        return (whole,), None
    found: list[str] = []
    for part in re.split(r"[,，、;；/|\n]|或者?", value):
        if not part.strip():
            continue
        number = clean_phone(re.sub(r"[（(][^\d]*[)）]", "", part).strip())
        if number is None:
            return tuple(found), value
        found.append(number)
    return (tuple(dict.fromkeys(found)), None) if found else ((), value)


def _category_words() -> dict[str, str]:
    words = {}
    for category in CATEGORIES:
        for word in (category.zh, category.code, *category.also):
            words[word] = category.code
    return words


_WORDS = _category_words()


def categories(cell: object, known: Mapping[str, str] | None = None) -> tuple[tuple[str, ...], str | None]:
    """(codes in the sheet's order, the first word that is no category). `known` adds a county's own: name -> code."""
    words = _WORDS if not known else {**_WORDS, **known}
    found: dict[str, None] = {}
    value = text(cell)
    for part in re.split(r"[、/\\，,;；|+＋\s]|以及|和|及|且", value):
        bare = re.sub(r"[（(].*?[)）]", "", part).strip()
        bare = re.sub(r"(?:的)?(?:老年人|老人|人员)$", "", bare) or bare
        if not bare:
            continue
        codes = _cover(bare, words)
        if codes is None:
            return tuple(found), part.strip()
        found.update(dict.fromkeys(codes))
    return tuple(found), None


def _cover(word: str, words: Mapping[str, str]) -> list[str] | None:
    """The categories whose names make up the word completely (独居失能), longest first; None if they do not."""
    codes = []
    while word:
        for length in range(len(word), 0, -1):
            if word[:length] in words:
                codes.append(words[word[:length]])
                word = re.sub(r"^(?:老年人|老人)", "", word[length:])
                break
        else:
            return None
    return codes


def position(first: object, second: object = "", gcj02: bool = False) -> tuple[tuple[float, float] | None, str | None]:
    """((lat, lon) in WGS-84, fault code) of one `lat,lon` cell, or of a latitude and a longitude cell.

    Latitudes and longitudes of China do not overlap (3-54, 73-136), so a swapped pair is put right.
    """
    joined = f"{text(first)} {text(second)}".strip()
    if not joined:
        return None, None
    numbers = re.findall(r"\d+(?:\.\d+)?", joined)
    if len(numbers) != 2 or re.search(r"[a-z]{2,}|[-–]\d", re.sub(r"lat|lon|lng|[news]\b", "", joined.lower())):
        return None, "bad_position"
    lat, lon = float(numbers[0]), float(numbers[1])
    if lat > lon:
        lat, lon = lon, lat
    if not plausible(lat, lon):
        return None, "bad_position"
    return (gcj02_to_wgs84(lat, lon) if gcj02 else (lat, lon)), None


def contact_parts(cell: object) -> tuple[str, str | None, str | None]:
    """(name, relation, phone) of a contact cell such as `张三（儿子）13800000000`."""
    value = text(cell)
    phone = None
    match = re.search(r"(?:\+?86[- ]?)?1\d{2}[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}", value)
    if match and (phone := clean_phone(match.group())):
        value = value.replace(match.group(), " ")
    relation = None
    match = re.search(r"[（(]([^\d()（）]{1,10})[)）]", value)
    if match:
        relation = match.group(1).strip() or None
        value = value.replace(match.group(), " ")
    return re.sub(r"[\s,，、:：;；]+", " ", value).strip(), relation, phone
