"""Learning: courses the server sent, readable offline, with a short quiz; what was learnt goes out as an event.

A course that is required before the first visit is asked for, again and again, and stops nobody: an old person who
waits at the door matters more than a quiz.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.events import tell
from shared.markdown import Block, blocks
from shared.protocol.event import COURSE_DONE

#: The share of right answers that passes.
PASS_SHARE = 0.8
OPEN, FAILED, PASSED = "open", "failed", "passed"


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course in the list. `state`: open | failed | passed; `state_text` says as well whether the server knows."""

    id: str
    title: str
    required: bool
    state: str
    state_text: str


@dataclass(frozen=True, slots=True)
class LearningView:
    """The list, required ones first. `asked`: required and not yet passed."""

    rows: tuple[CourseRow, ...]
    asked: tuple[CourseRow, ...]
    summary: str
    asked_text: str


@dataclass(frozen=True, slots=True)
class CourseView:
    """A course to read; `questions` 0: there is no quiz, and having read it is enough."""

    row: CourseRow
    blocks: tuple[Block, ...]
    questions: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question. After marking, `right` says whether it was answered rightly, and `why` explains."""

    text: str
    options: tuple[str, ...]
    chosen: int | None
    right: bool | None = None
    right_text: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class QuizView:
    """The quiz. `marked`: answers were looked at, and cannot be changed until it is taken again."""

    title: str
    questions: tuple[Question, ...]
    answered: int
    marked: bool
    passed: bool
    result_text: str
    can_mark: bool
    missing_text: str


class LearningPresenter:
    """Fulfils `interface.Learning`."""

    def __init__(self, common: Common, wake: Callable[[], None]) -> None:
        self._common = common
        self._wake = wake

    def view(self) -> LearningView:
        """The list as it now stands."""
        rows = sorted((self._row(course) for course in self._courses().values()), key=_order)
        asked = tuple(row for row in rows if row.required and row.state != PASSED)
        done = sum(1 for row in rows if row.state == PASSED)
        text = self._common.text
        return LearningView(
            rows=tuple(rows),
            asked=asked,
            summary=text("course.summary", done=done, all=len(rows)) if rows else text("course.none"),
            asked_text=text("course.asked", count=len(asked)) if asked else "",
        )

    def course(self, course_id: str) -> CourseView | None:
        """The newest version of a course; None: the server took it back."""
        course = self._courses().get(course_id)
        if course is None:
            return None
        return CourseView(
            row=self._row(course),
            blocks=blocks(self._words(course.get("markdown"))),
            questions=len(_questions(course)),
        )

    def read(self, course_id: str) -> None:
        """A course without a quiz was read to its end. OSError: the disk would not."""
        course = self._courses().get(course_id)
        if course is not None and not _questions(course):
            self._done(course, 0, 0)

    def quiz(self, course_id: str) -> Quiz | None:
        """Take the quiz from the beginning; None: there is none."""
        course = self._courses().get(course_id)
        return Quiz(self, course) if course is not None and _questions(course) else None

    # ---------------------------------------------------------------- inside

    def _courses(self) -> dict[str, dict[str, Any]]:
        """The newest version of each."""
        found: dict[str, dict[str, Any]] = {}
        for course in self._common.section("courses"):
            held = found.get(str(course.get("id")))
            if held is None or _version(course) > _version(held):
                found[str(course.get("id"))] = course
        return found

    def _row(self, course: Mapping[str, Any]) -> CourseRow:
        state, known = self._state(course)
        text = self._common.text
        words = text(f"course.{state}")
        if state == PASSED:
            words += text("course.known" if known else "course.not_sent")
        return CourseRow(
            id=str(course.get("id")),
            title=self._words(course.get("title")),
            required=bool(course.get("required")),
            state=state,
            state_text=words,
        )

    def _state(self, course: Mapping[str, Any]) -> tuple[str, bool]:
        """Where the holder stands with this version, and whether the server said so itself."""
        done = course.get("done")
        if isinstance(done, dict) and done.get("version") == course.get("version"):
            return PASSED, True
        for row in self._common.store.events.of(COURSE_DONE, str(course.get("id"))):
            data = row.event().get("data") or {}
            if data.get("version") != course.get("version"):
                continue
            return (PASSED, row.state == "sent") if data.get("passed") else (FAILED, False)
        return OPEN, False

    def _words(self, pair: Any) -> str:
        """In the chosen language, or in Chinese where there is no other."""
        if not isinstance(pair, dict):
            return str(pair or "")
        return str(pair.get(self._common.language) or pair.get("zh") or "")

    def _done(self, course: Mapping[str, Any], correct: int, of: int) -> bool:
        passed = correct >= needed(of)
        data = {"version": course.get("version"), "correct": correct, "of": of, "passed": passed}
        with self._common.store.database.transaction():
            tell(self._common, COURSE_DONE, str(course.get("id")), data)
        self._wake()
        return passed


class Quiz:
    """One go at a quiz: choose, then have it marked; nothing is counted before that, and nothing runs out."""

    def __init__(self, learning: LearningPresenter, course: Mapping[str, Any]) -> None:
        self._learning = learning
        self._course = course
        self._chosen: dict[int, int] = {}
        self._marked = False
        self._passed = False

    def view(self) -> QuizView:
        """As it now stands."""
        questions = _questions(self._course)
        text = self._learning._common.text
        left = len(questions) - len(self._chosen)
        correct = sum(1 for at, one in enumerate(questions) if self._chosen.get(at) == one.get("correct"))
        result = "course.result_passed" if self._passed else "course.result_failed"
        return QuizView(
            title=self._learning._words(self._course.get("title")),
            questions=tuple(self._question(at, one) for at, one in enumerate(questions)),
            answered=len(self._chosen),
            marked=self._marked,
            passed=self._passed,
            result_text=text(result, correct=correct, of=len(questions)) if self._marked else "",
            can_mark=not left and not self._marked,
            missing_text=text("course.unanswered", count=left) if left and not self._marked else "",
        )

    def choose(self, question: int, option: int) -> QuizView:
        """Answer, or answer otherwise; after marking nothing changes."""
        questions = _questions(self._course)
        if not self._marked and 0 <= question < len(questions) and 0 <= option < len(questions[question]["options"]):
            self._chosen[question] = option
        return self.view()

    def mark(self) -> QuizView:
        """Look at the answers and keep the result. OSError: the disk would not."""
        questions = _questions(self._course)
        if not self._marked and len(self._chosen) == len(questions):
            correct = sum(1 for at, one in enumerate(questions) if self._chosen[at] == one.get("correct"))
            self._passed = self._learning._done(self._course, correct, len(questions))
            self._marked = True
        return self.view()

    def again(self) -> QuizView:
        """From the beginning."""
        self._chosen.clear()
        self._marked = self._passed = False
        return self.view()

    def _question(self, at: int, one: Mapping[str, Any]) -> Question:
        words = self._learning._words
        options = tuple(words(option) for option in one["options"])
        if not self._marked:
            return Question(words(one.get("question")), options, self._chosen.get(at))
        correct = one["correct"]
        right = self._chosen.get(at) == correct
        key = "course.right" if right else "course.wrong"
        said = self._learning._common.text(key, answer=options[correct])
        return Question(words(one.get("question")), options, self._chosen.get(at), right, said, words(one.get("why")))


def needed(of: int) -> int:
    """Right answers that pass."""
    return math.ceil(of * PASS_SHARE - 1e-9)


def _questions(course: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Questions that can be asked: a malformed one is left out rather than shown."""
    found = []
    for one in course.get("quiz") or ():
        options = one.get("options") if isinstance(one, dict) else None
        if isinstance(options, list) and isinstance(one.get("correct"), int) and 0 <= one["correct"] < len(options):
            found.append(one)
    return found


def _version(course: Mapping[str, Any]) -> int:
    version = course.get("version")
    return version if isinstance(version, int) else 0


def _order(row: CourseRow) -> tuple[bool, bool, str]:
    return (row.state == PASSED, not row.required, row.title)
