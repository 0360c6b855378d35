"""Learning: courses the server sent, readable offline, with a short quiz; what was learnt goes out as an event.

A course that is required before the first visit is asked for, again and again, and stops nobody: an old person who
waits at the door matters more than a quiz.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.events import tell
from caregiver_app.presenters.views.learning import CourseRow, LearningView
from shared.protocol.values import COURSE_DONE

if TYPE_CHECKING:
    from caregiver_app.presenters.quiz import Quiz
    from caregiver_app.presenters.views.course import CourseView

#: The share of right answers that passes.
PASS_SHARE = 0.8
OPEN, FAILED, PASSED = "open", "failed", "passed"


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
        from caregiver_app.presenters.views.course import CourseView
        from shared.markdown import blocks

        course = self._courses().get(course_id)
        if course is None:
            return None
        return CourseView(
            row=self._row(course),
            blocks=blocks(self._words(course.get("markdown"))),
            questions=len(asked_in(course)),
        )

    def read(self, course_id: str) -> None:
        """A course without a quiz was read to its end. OSError: the disk would not."""
        course = self._courses().get(course_id)
        if course is not None and not asked_in(course):
            self._done(course, 0, 0)

    def quiz(self, course_id: str) -> Quiz | None:
        """Take the quiz from the beginning; None: there is none."""
        from caregiver_app.presenters.quiz import Quiz

        course = self._courses().get(course_id)
        return Quiz(self, course) if course is not None and asked_in(course) else None

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


def needed(of: int) -> int:
    """Right answers that pass."""
    return math.ceil(of * PASS_SHARE - 1e-9)


def asked_in(course: Mapping[str, Any]) -> list[dict[str, Any]]:
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
