"""The documents, and the pieces of them that can be held against the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", read(page))


def codes(page: Path) -> list[str]:
    """What stands in `backquotes` in the prose."""
    return _INLINE.findall(prose(page).replace("\\|", "|"))


def shell_lines(page: Path) -> Iterator[str]:
    """Every command of the page's shell blocks, without its remark."""
    for language, block in _FENCE.findall(read(page)):
        if language == "sh":
            for line in block.replace("\\\n", " ").splitlines():
                yield line.split(" #")[0].strip()


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as code hosts make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.replace(" ", "-"))
    return found
