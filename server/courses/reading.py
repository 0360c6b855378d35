"""A course as somebody writes it: one Markdown file, with its facts and its quiz as TOML between `+++` lines.

    +++
    id = "0197f0c2-…"
    required = true
    title = { zh = "第一次探访", en = "Your first visit" }
    [[quiz]]
    question = { zh = "…", en = "…" }
    options = [{ zh = "…", en = "…" }, { zh = "…", en = "…" }]
    correct = 0
    why = { zh = "…", en = "…" }
    +++
    中文正文 ![门口](door.png)
    <!-- en -->
    English words

English may be missing: Chinese is shown then. Pictures lie beside the file and travel inside the words, so that a
phone needs no second request; all of a course's together are bounded, because every phone carries them.
"""

from __future__ import annotations

import base64
import re
import tomllib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.language import Text
from shared.ids import read_uuid

PICTURES_MAX = 150 * 1024  # bytes of one course's pictures, as they travel
WORDS_MAX = 60_000  # characters of one language
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_PARTS = re.compile(r"\A\ufeff?\s*\+\+\+[ \t]*\r?\n(.*?)\r?\n\+\+\+[ \t]*\r?\n(.*)\Z", re.DOTALL)
_ENGLISH = re.compile(r"^[ \t]*<!--\s*en\s*-->[ \t]*$", re.MULTILINE)
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\(([^)\s]+)\)")

Words = dict[str, str]  # {zh, en}


class CourseUnreadable(Exception):
    """What is wrong with a file, for whoever wrote it."""

    def __init__(self, name: str, what: Text) -> None:
        self.name, self.what = name, what
        super().__init__(f"{name}: {what.zh}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A course as it should stand."""

    id: uuid.UUID
    title: Words
    markdown: Words
    quiz: Sequence[Mapping[str, Any]] = ()
    required: bool = False
    position: int = 0
    name: str = field(default="", compare=False)  # the file's

    def content(self) -> dict[str, Any]:
        return {"title": self.title, "markdown": self.markdown, "quiz": list(self.quiz)}


def read_path(path: Path) -> list[Wanted]:
    """The course of a file, or those of a folder's `*.md` files in order of their names. Raises CourseUnreadable."""
    files = sorted(path.glob("*.md")) if path.is_dir() else [path]
    if not files:
        raise CourseUnreadable(path.name, Text("文件夹里没有 .md 文件", "The folder holds no .md file."))
    found = [read_file(file, position) for position, file in enumerate(files)]
    seen: dict[uuid.UUID, str] = {}
    for course in found:
        if (other := seen.setdefault(course.id, course.name)) != course.name:
            raise CourseUnreadable(course.name, Text(f"编号与 {other} 相同", f"It has the same id as {other}."))
    return found


def read_file(path: Path, position: int = 0) -> Wanted:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CourseUnreadable(path.name, Text("不是 UTF-8 文本", "It is not UTF-8 text.")) from None
    parts = _PARTS.match(text)
    if parts is None:
        raise CourseUnreadable(path.name, Text("开头缺少 +++ 之间的说明", "The facts between +++ lines are missing."))
    try:
        facts = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as wrong:
        raise CourseUnreadable(path.name, Text(f"TOML 有误：{wrong}", f"TOML: {wrong}")) from None
    course_id = read_uuid(facts.get("id"))
    if course_id is None:
        raise CourseUnreadable(path.name, Text("id 应为 UUID", "id must be a UUID."))
    zh, _, en = _split(parts[2])
    pictures = _Pictures(path)
    markdown = {"zh": pictures.inside(zh), "en": pictures.inside(en)}
    if not zh or max(len(zh), len(en)) > WORDS_MAX:
        raise CourseUnreadable(path.name, Text("缺少中文正文，或太长", "The Chinese words are missing, or too long."))
    return Wanted(
        course_id, _words(path.name, "title", facts.get("title")), markdown, _quiz(path.name, facts.get("quiz", [])),
        facts.get("required") is True, int(facts.get("position", position)), path.name,
    )  # fmt: skip


def _split(body: str) -> tuple[str, str, str]:
    parts = _ENGLISH.split(body, maxsplit=1)
    return parts[0].strip(), "", parts[1].strip() if len(parts) > 1 else ""


class _Pictures:
    """The pictures of one file, turned into data URIs, within the measure."""

    def __init__(self, path: Path) -> None:
        self._path, self._size, self._made = path, 0, dict[str, str]()

    def inside(self, words: str) -> str:
        return _PICTURE.sub(lambda found: f"![{found[1]}]({self._uri(found[2])})", words)

    def _uri(self, name: str) -> str:
        if name not in self._made:
            self._made[name] = name if name.startswith("data:image/") else self._read(name)
        self._size += len(self._made[name])
        if self._size > PICTURES_MAX:
            limit = PICTURES_MAX // 1024
            raise CourseUnreadable(
                self._path.name, Text(f"图片合计超过 {limit} KB", f"The pictures exceed {limit} KB together.")
            )
        return self._made[name]

    def _read(self, name: str) -> str:
        # only what lies beside the file: a course is written by hand, and hands copy strange things
        kind = TYPES.get(Path(name).suffix.lower())
        if kind is None or Path(name).name != name or not (self._path.parent / name).is_file():
            raise CourseUnreadable(
                self._path.name, Text(f"没有这张图片（PNG 或 JPEG）：{name}", f"No such PNG or JPEG: {name}")
            )
        return f"data:{kind};base64,{base64.b64encode((self._path.parent / name).read_bytes()).decode()}"


def _words(name: str, what: str, given: object) -> Words:
    if isinstance(given, str):
        given = {"zh": given}
    if not isinstance(given, dict) or not isinstance(given.get("zh"), str) or not given["zh"].strip():
        raise CourseUnreadable(name, Text(f"{what} 缺少中文", f"{what} lacks its Chinese words."))
    english = given.get("en", "")
    return {"zh": given["zh"].strip(), "en": english.strip() if isinstance(english, str) else ""}


def _quiz(name: str, given: object) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        raise CourseUnreadable(name, Text("quiz 应为 [[quiz]] 列表", "quiz must be a list of [[quiz]]."))
    questions = []
    for number, asked in enumerate(given, 1):
        what = f"quiz {number}"
        options = asked.get("options") if isinstance(asked, dict) else None
        if not isinstance(options, list) or len(options) < 2:
            raise CourseUnreadable(name, Text(f"{what} 至少要有两个选项", f"{what} needs two options or more."))
        correct = asked.get("correct")
        if type(correct) is not int or not 0 <= correct < len(options):
            raise CourseUnreadable(
                name, Text(f"{what} 的 correct 应为选项序号", f"{what}: correct is an option's number, from 0.")
            )
        why = asked.get("why")
        questions.append(
            {
                "question": _words(name, what, asked.get("question")),
                "options": [_words(name, what, option) for option in options],
                "correct": correct,
                "why": _words(name, what, why) if why is not None else {"zh": "", "en": ""},
            }
        )
    return questions
