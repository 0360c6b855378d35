"""A course to read, and its quiz."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.learning import CourseRow
from shared.markdown import Block


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
