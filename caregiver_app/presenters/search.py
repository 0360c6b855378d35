"""Finding an elder by what a visitor would type: name, building, short number, pinyin or its initials."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=16384)
def pinyin(name: str) -> tuple[tuple[str, str], ...]:
    """(full, initials) of a name, one pair per reading worth trying: 曾 is zeng and ceng."""
    pairs = [("", "")]
    for character in name[:6]:
        pairs = [
            (full + sound, initials + sound[:1]) for full, initials in pairs for sound in _sounds(character)
        ][:24]
    return tuple(pairs)


@lru_cache(maxsize=8192)
def _sounds(character: str) -> tuple[str, ...]:
    """Readings of one character: names share few, so a thousand of them are read in the time of some hundred."""
    # Its table of phrases serves running text: 45 MB, 200,000 lists for the collector, no use to single characters.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import Style  # loaded at the first search by letters, not at start
    from pypinyin import pinyin as readings

    found = readings(character, style=Style.NORMAL, heteronym=True)
    return tuple(dict.fromkeys(one for one in (found[0] if found else ()) if one))[:3] or (character,)


def warm(names: Iterable[str] = ("探",)) -> None:
    """Load the table of readings, and read these names, ahead of the first search."""
    for name in names:
        pinyin(name)


def forget() -> None:
    """Names that were read are not kept in memory while the app is locked."""
    pinyin.cache_clear()


class Index:
    """What each elder is found by, written once per list, so that a search is one pass over ready texts."""

    def __init__(self, elders: Sequence[dict[str, Any]]) -> None:
        self._names = [str(elder.get("name") or "") for elder in elders]
        self._texts = [_text(elder) for elder in elders]

    @property
    def names(self) -> Sequence[str]:
        """Whose readings a search by letters asks for."""
        return self._names

    def find(self, query: str) -> list[int]:
        """Places of the elders in whose line every word of the query is found."""
        words = fold(query).split()
        found = list(range(len(self._texts)))
        for word in words:
            letters = word.isascii() and word.isalpha()
            found = [at for at in found if word in self._texts[at] or (letters and self._sounds(at, word))]
        return found

    def _sounds(self, at: int, word: str) -> bool:
        return any(full.startswith(word) or initials.startswith(word) for full, initials in pinyin(self._names[at]))


def fold(text: str) -> str:
    """Full-width digits and letters as on the other keyboard, without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _text(elder: dict[str, Any]) -> str:
    region = elder.get("region")
    parts = [elder.get("name"), elder.get("address"), elder.get("short_no")]
    if isinstance(region, dict):
        parts.append(region.get("name"))
    # A separator that nobody types: a word must not be found across the end of one part and the start of the next.
    said = "\0".join(fold(str(part)) for part in parts if part)
    # "3号楼" is found where the register wrote "3 号楼".
    return said + "\0" + said.replace(" ", "")
