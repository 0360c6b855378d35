"""Where a line may end. Kivy breaks Chinese anywhere, even before a full stop; readers stumble over that.

`wrap` breaks between Chinese characters and between words, never before closing or after opening punctuation,
and does not leave a word alone on the last line where a slightly narrower column avoids it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

CLOSING = set("，。、；：？！）】」』》〉”’…％%,.;:?!)]}·")
#: A last line shorter than this share of the column is balanced, in paragraphs of up to so many lines.
LONELY = 0.3
BALANCED = 4
OPENING = set("（【「『《〈“‘([{￥")


def is_wide(character: str) -> bool:
    """Chinese characters and their punctuation: a line may end after any of them."""
    return ord(character) >= 0x2E80


def pieces(text: str) -> list[str]:
    """Text cut where a line may end; a piece keeps the spaces that follow it."""
    found: list[str] = []
    current = ""
    for at, character in enumerate(text):
        if current:
            last = current[-1]
            free = last == " " or is_wide(last) or is_wide(character)
            if len(current) > 1 and last == " " and current[-2].isdigit() and is_wide(character):
                free = False  # a number stays with what it counts
            if free and character != " " and character not in CLOSING and last not in OPENING:
                found.append(current)
                current = ""
        current += character
        if at == len(text) - 1:
            found.append(current)
    return found


def units(text: str, width: float, size_of: Callable[[str], float]) -> list[str]:
    """Pieces, where things divided by " · " stay whole if they fit on a line: a name and whose it is, a category."""
    found: list[str] = []
    things = text.split(" · ")
    for at, thing in enumerate(things):
        end = " · " if at < len(things) - 1 else ""
        if len(things) > 1 and size_of(thing) <= width:
            found.append(thing + end)
        else:
            found.extend(pieces(thing + end))
    return found


def fill(parts: list[str], width: float, size_of: Callable[[str], float]) -> list[str]:
    """Lines as full as they go; a piece wider than a line is cut where it must be."""
    lines: list[str] = []
    line = ""
    for part in parts:
        if not line or size_of((line + part).rstrip(" ·")) <= width:
            line += part
        else:
            lines.append(line.rstrip(" ·"))  # what divides two things is not needed where the line does
            line = part
        while size_of(line.rstrip(" ·")) > width and len(line) > 1:
            cut = len(line) - 1
            while cut > 1 and size_of(line[:cut]) > width:
                cut -= 1
            lines.append(line[:cut])
            line = line[cut:]
    lines.append(line.rstrip(" ·") if size_of(line.rstrip()) > width else line.rstrip())
    return lines


def ends_well(line: str) -> bool:
    """Whether a reader would pause here: after punctuation, or between words."""
    return line[-1:] in CLOSING or not is_wide(line[-1:] or " ")


def nicer(parts: list[str], plain: list[str], width: float, size_of: Callable[[str], float]) -> list[str]:
    """As many lines, but ending where a reader pauses, and with no word alone on the last one."""

    def faults(lines: list[str]) -> tuple[int, float]:
        lonely = size_of(lines[-1]) < LONELY * width
        return 2 * lonely + sum(not ends_well(line) for line in lines[:-1]), -size_of(lines[0])

    best = plain
    narrower = width
    widest = max(size_of(part.rstrip(" ·")) for part in parts)
    while narrower > 0.55 * width and faults(best)[0]:
        narrower -= 0.03 * width
        if widest > narrower:  # it would be cut in its middle
            break
        other = fill(parts, narrower, size_of)
        if len(other) > len(plain):
            break
        if faults(other) < faults(best):
            best = other
    return best


def wrap(text: str, width: float, size_of: Callable[[str], float]) -> list[str]:
    """Lines of a text in a column `width` wide; `size_of` gives a line's width in the same unit."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        parts = units(paragraph, width, size_of)
        filled = fill(parts, width, size_of)
        if 1 < len(filled) <= BALANCED:
            filled = nicer(parts, filled, width, size_of)
        lines.extend(filled)
    return lines


@lru_cache(maxsize=65536)
def _advance(character: str, font_size: float) -> float:
    from caregiver_app.screens.style import extents

    return extents(character, font_size)


def width_of(text: str, font_size: float) -> float:
    """Width of a text on one line, by its characters' own widths (the font is hardly kerned)."""
    return sum(_advance(character, font_size) for character in text)


@lru_cache(maxsize=16384)
def broken(text: str, font_size: float, width: float) -> str:
    """The text with its line ends put in."""
    if width <= font_size:
        return text
    return "\n".join(wrap(text, width, lambda line: width_of(line, font_size)))
