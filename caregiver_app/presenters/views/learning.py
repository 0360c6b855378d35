"""The list of courses."""

from __future__ import annotations

from dataclasses import dataclass


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
