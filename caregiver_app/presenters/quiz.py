"""One go at a course's quiz."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caregiver_app.presenters.learning import LearningPresenter, asked_in
from caregiver_app.presenters.views.course import Question, QuizView


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
        questions = asked_in(self._course)
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
        questions = asked_in(self._course)
        if not self._marked and 0 <= question < len(questions) and 0 <= option < len(questions[question]["options"]):
            self._chosen[question] = option
        return self.view()

    def mark(self) -> QuizView:
        """Look at the answers and keep the result. OSError: the disk would not."""
        questions = asked_in(self._course)
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
