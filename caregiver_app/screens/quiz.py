"""The quiz of a course: choose, have it marked, read why, and once more if need be. Nothing runs out."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from caregiver_app.presenters.views.base import Choice
from caregiver_app.presenters.views.course import Question, QuizView
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import Notice
from caregiver_app.screens.choices import Choices
from caregiver_app.screens.parts import Card, Txt, load_kv, replace
from caregiver_app.screens.style import ui


class QuizScreen(Page):
    """A card a question."""

    title = StringProperty("")
    result = StringProperty("")
    missing = StringProperty("")
    problem = StringProperty("")
    passed = BooleanProperty(False)
    marked = BooleanProperty(False)
    can_mark = BooleanProperty(False)

    def setup(self, course_id: str = "", **_: Any) -> None:
        self._quiz = self.phone.learning.quiz(course_id)
        self._cards: list[Choices] = []
        self._marked: bool | None = None

    def refresh(self) -> None:
        if self._quiz is not None:
            self.show(self._quiz.view())

    def show(self, view: QuizView) -> None:
        """Draw it: anew after marking, else only what is chosen changes."""
        self.title, self.result, self.missing = view.title, view.result_text, view.missing_text
        self.passed, self.can_mark = view.passed, view.can_mark
        if view.marked != self._marked:
            self._marked = self.marked = view.marked
            self._cards = []
            cards = [self._card(at, one, len(view.questions)) for at, one in enumerate(view.questions)]
            replace(self.ids.rows, cards)
            self.ids.scroll.scroll_y = 1
        for choices, question in zip(self._cards, view.questions, strict=False):
            choices.options = _options(question)

    def _card(self, at: int, question: Question, of: int) -> Card:
        card = Card(spacing=ui.gap)
        card.add_widget(Txt(text=ui.word("quiz.number", at=at + 1, of=of), tone="muted"))
        card.add_widget(Txt(text=question.text, strong=True))
        if question.right is None:
            choices = Choices(options=_options(question), most=1)
            choices.bind(on_pick=lambda _, value: self.choose(at, int(value)))
            self._cards.append(choices)
            card.add_widget(choices)
            return card
        mine = question.options[question.chosen or 0]
        card.add_widget(Txt(text=ui.word("quiz.mine", answer=mine)))
        tone, picture = ("jade", "check_circle") if question.right else ("amber", "alert")
        card.add_widget(Notice(tone=tone, picture=picture, title=question.right_text, text=question.why))
        return card

    def choose(self, at: int, option: int) -> None:
        """An answer."""
        if self._quiz is not None:
            self.show(self._quiz.choose(at, option))

    def main(self) -> None:
        """Mark it; after that, once more, or back."""
        if self._quiz is None:
            return
        self.problem = ""
        if not self.marked:
            try:
                self.show(self._quiz.mark())
            except OSError:
                self.problem = ui.word("course.disk")
        elif self.passed:
            self.back()
        else:
            self.show(self._quiz.again())


def _options(question: Question) -> list[Choice]:
    return [Choice(str(at), label, at == question.chosen) for at, label in enumerate(question.options)]


load_kv(__file__)
