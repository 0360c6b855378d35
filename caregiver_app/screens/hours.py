"""My hours: the time bank's balance as last known, with its date."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from caregiver_app.presenters.views.hours import HoursView
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import Fact
from caregiver_app.screens.parts import Card, Empty, Section, Txt, load_kv, replace
from caregiver_app.screens.style import measure, ui


class HourLine(BoxLayout):
    """An entry: when and what, and the time at the right."""

    when = StringProperty("")
    what = StringProperty("")
    amount = StringProperty("")

    @staticmethod
    def amount_width(text: str) -> float:
        """The amount is never wrapped."""
        return measure(text, ui.name, None, True)[0] + 4


class HoursScreen(Page):
    """Balance and latest entries."""

    tab = "hours"
    has_back = False
    known = BooleanProperty(False)
    free = StringProperty("")
    pending = StringProperty("")
    as_of = StringProperty("")
    waiting = NumericProperty(0)

    def setup(self, **_: Any) -> None:
        self._shown: object = ()

    def refresh(self) -> None:
        badge = self.phone.outbox.view().badge
        self.waiting = badge.waiting + badge.refused
        view = self.phone.hours.view()
        if view == self._shown:
            return
        self._shown = view
        self.known = view is not None
        if view is None:
            empty = Empty(picture="clock", title=ui.word("hours.none"), text=ui.word("hours.none_help"))
            replace(self.ids.body, [empty])
            return
        self.free, self.pending, self.as_of = view.free_text, view.pending_text, view.as_of_text
        replace(self.ids.body, self._body(view))

    def _body(self, view: HoursView) -> list[Any]:
        parts: list[Any] = []
        others = [("hours.held", view.held_text), ("hours.debt", view.debt_text)]
        if any(text for _, text in others):
            card = Card()
            for key, text in others:
                if text:
                    card.add_widget(Fact(title=ui.word(key), text=text))
            parts.append(card)
        parts.append(Section(text=ui.word("hours.entries")))
        if not view.entries:
            parts.append(Txt(text=ui.word("hours.no_entries"), tone="muted"))
            return parts
        card = Card()
        for entry in view.entries:
            card.add_widget(HourLine(when=entry.when_text, what=entry.text, amount=entry.minutes_text))
        parts.append(card)
        return parts


load_kv(__file__)
