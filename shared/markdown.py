"""The little Markdown that courses are written in, as blocks that a screen or a page can draw; all else is plain words.

Understood: headings `#` to `###`, paragraphs, `-`/`*` and `1.` lists, `>` quotations, `---`, pictures on a line of
their own whose address is a `data:image/…;base64,` (read offline: no picture is ever fetched), and inside a line
`**bold**`, `*emphasis*`, `` `code` `` and links, of which the words stay. HTML is shown as it is written.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

PICTURE_MAX = 200_000
_PICTURE = re.compile(r"^!\[([^\]]*)\]\(([^)\s]*)\)$")
_DATA = re.compile(r"^data:image/(png|jpeg|jpg|gif|webp);base64,(.*)$", re.DOTALL)
_HEADING = re.compile(r"^(#{1,3})\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^\s{0,3}[-*+]\s+(.*)$")
_NUMBER = re.compile(r"^\s{0,3}(\d{1,3})[.)、]\s*(.+)$")
_WHOLE_BOLD = re.compile(r"^(\*\*|__)(?!\s)(.+?)(?<!\s)\1$")
_INLINE = (
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"`([^`]+)`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!>-])"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a course.

    `kind`: heading (`level` 1 to 3) | text | bullet | number (`mark` is what stands before it) | quote | rule
    | picture (`data` is the file, `text` what it shows). `strong`: the whole of it is meant to stand out.
    """

    kind: str
    text: str = ""
    level: int = 0
    mark: str = ""
    strong: bool = False
    data: bytes = b""


def blocks(markdown: str) -> tuple[Block, ...]:
    """Cut a text into blocks. Never raises: what is not understood is a paragraph."""
    found: list[Block] = []
    lines: list[str] = []

    def close() -> None:
        if lines:
            found.append(_paragraph(" ".join(lines)))
            lines.clear()

    for raw in markdown.replace("\r\n", "\n").split("\n"):
        line = raw.strip()
        block = _line(raw, line)
        if block is not None or not line:
            close()
        if block is not None:
            found.append(block)
        elif line:
            if lines and _joins_without_space(lines[-1], line):
                lines[-1] += line
            else:
                lines.append(line)
    close()
    return tuple(found)


def _line(raw: str, line: str) -> Block | None:
    """The block that a line is by itself, if it is one."""
    if picture := _PICTURE.match(line):
        return _picture(picture[1], picture[2])
    if heading := _HEADING.match(line):
        return Block("heading", plain(heading[2]), level=len(heading[1]))
    if re.fullmatch(r"(-{3,}|\*{3,}|_{3,})", line):
        return Block("rule")
    if bullet := _BULLET.match(raw):
        return Block("bullet", plain(bullet[1]), mark="•")
    if (number := _NUMBER.match(raw)) and not raw.startswith("    "):
        return Block("number", plain(number[2]), mark=f"{number[1]}.")
    if line.startswith(">"):
        return Block("quote", plain(line.lstrip("> ")))
    return None


def _paragraph(text: str) -> Block:
    whole = _WHOLE_BOLD.match(text)
    return Block("text", plain(whole[2] if whole else text), strong=whole is not None)


def _picture(words: str, address: str) -> Block:
    """A picture that comes along; any other is what it is said to show, in words."""
    data = _DATA.match(address)
    if data is not None and len(data[2]) <= PICTURE_MAX * 4 // 3 + 4:
        try:
            return Block("picture", plain(words), data=base64.b64decode(data[2], validate=True))
        except (binascii.Error, ValueError):
            pass
    return Block("quote", plain(words))


def plain(text: str) -> str:
    """The words of a line without its marks."""
    for pattern, instead in _INLINE:
        text = pattern.sub(instead, text)
    return text.strip()


def _joins_without_space(before: str, after: str) -> bool:
    """Chinese lines are joined as they are; words of other scripts keep their space."""
    return ord(before[-1]) >= 0x2E80 and ord(after[0]) >= 0x2E80
