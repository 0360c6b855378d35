"""The courses: required ones first, each with where the holder stands."""

from __future__ import annotations

from typing import Any

from caregiver_app.presenters.learning import PASSED
from caregiver_app.presenters.views.learning import CourseRow
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import LinkCard
from caregiver_app.screens.parts import Badge, Empty, Txt, load_kv, on_release, replace
from caregiver_app.screens.style import ui

LOOKS = {"open": ("amber", "read_book"), "failed": ("amber", "alert"), PASSED: ("jade", "check_circle")}


class CoursesScreen(Page):
    """A card each."""

    def setup(self, **_: Any) -> None:
        self._shown: object = None

    def refresh(self) -> None:
        view = self.phone.learning.view()
        if view == self._shown:
            return
        self._shown = view
        if not view.rows:
            empty = Empty(picture="school", title=view.summary, text=ui.word("courses.empty_help"))
            replace(self.ids.rows, [empty])
            return
        replace(self.ids.rows, [self._card(row) for row in view.rows])

    def _card(self, row: CourseRow) -> LinkCard:
        card = LinkCard()
        card.add_widget(Txt(text=row.title, strong=True, font_size=ui.name))
        if row.required and row.state != PASSED:
            card.add_widget(Txt(text=ui.word("courses.required")))
        tone, picture = LOOKS[row.state]
        widest = max(100.0, self.navigator.width - 4 * ui.gap - 16)
        card.add_widget(Badge(text=row.state_text, tone=tone, picture=picture, widest=widest))
        return on_release(card, lambda: self.go("course", course_id=row.id))


load_kv(__file__)
