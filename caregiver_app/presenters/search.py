"""Finding an elder by what a visitor would type: name, building, short number, pinyin or its initials."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def pinyin(name: str) -> tuple[tuple[str, str], ...]:
    """(full, initials) of a name, one pair per reading worth trying: 曾 is zeng and ceng."""
    from pypinyin import Style  # loaded at the first search by letters, not at start
    from pypinyin import pinyin as readings

    pairs = [("", "")]
    for options in readings(name, style=Style.NORMAL, heteronym=True)[:6]:
        pairs = [
            (full + option, initials + option[:1]) for full, initials in pairs for option in options[:3] if option
        ][:24]
    return tuple(pairs)


def warm() -> None:
    """Load the table of readings ahead of the first search."""
    pinyin("探")


def matches(elder: dict[str, Any], query: str) -> bool:
    """Whether every word of the query is found somewhere in the elder's line."""
    return all(_word(elder, word) for word in query.casefold().split())


def _word(elder: dict[str, Any], word: str) -> bool:
    name = str(elder.get("name") or "")
    region = elder.get("region")
    places = [name, elder.get("address"), elder.get("short_no")]
    if isinstance(region, dict):
        places.append(region.get("name"))
    if any(word in str(place).casefold() for place in places if place):
        return True
    if not word.isascii() or not word.isalpha():
        return False
    return any(full.startswith(word) or initials.startswith(word) for full, initials in pinyin(name))
