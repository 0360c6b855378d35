"""An emergency: 120 and 110 first, what to say to them, then everybody on duty and the family. Works offline."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp
from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from caregiver_app.presenters.interface import Sos
from caregiver_app.presenters.views.base import Call
from caregiver_app.presenters.views.sos import SosView
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import Notice
from caregiver_app.screens.elder import call_row
from caregiver_app.screens.parts import BigButton, Card, Section, Txt, load_kv, on_release, replace
from caregiver_app.screens.style import ui

PICTURES = {"120": "ambulance", "110": "police"}
STATE_LOOKS = {"pending": ("amber", "upload"), "sent": ("jade", "check_circle")}


class SosScreen(Page):
    """`elder_id`: whom it is about, if anybody; `message`: said first, after an urgent visit was saved."""

    problem = StringProperty("")

    def setup(self, elder_id: str | None = None, message: str = "", **_: Any) -> None:
        self._message = message
        self._sos: Sos = self.phone.sos(elder_id)
        self._view: SosView | None = None
        self._failed = False

    def refresh(self) -> None:
        self.show(self._sos.view())

    def show(self, view: SosView) -> None:
        """Draw a view, unless it is drawn."""
        if view != self._view:
            self._view = view
            replace(self.ids.body, self._body(view))

    def _body(self, view: SosView) -> list[Widget]:
        parts: list[Widget] = []
        if self._message:
            parts.append(Notice(tone="jade", picture="check_circle", title=self._message))
        for call in view.first:
            title = ui.word("sos.dial", number=call.number, name=call.name)
            picture = PICTURES.get(call.number, "phone")
            button = BigButton(text=title, picture=picture, kind="alarm", least=ui.main_target)
            parts.append(on_release(button, lambda call=call: self.dial(call)))
        if view.where or view.name:
            card = Card(edge=ui.red, edge_width=dp(1.5))
            card.add_widget(Txt(text=ui.word("sos.say"), tone="red", strong=True))
            if view.name:
                card.add_widget(Txt(text=view.name, font_size=ui.name, strong=True))
            if view.where:
                card.add_widget(Txt(text=view.where, font_size=ui.name))
            parts.append(card)
        if view.state:
            tone, picture = STATE_LOOKS.get(view.state, ("amber", "upload"))
            parts.append(Notice(tone=tone, picture=picture, title=view.state_text))
        else:
            tell = BigButton(text=ui.word("sos.tell"), help=ui.word("sos.tell_help"), kind="danger", picture="bell")
            parts.append(on_release(tell, self.tell))
            if self.problem:
                parts.append(Notice(tone="red", picture="alert", title=self.problem))
        for key, calls in (("sos.duty", view.duty), ("sos.family", view.family)):
            if calls:
                parts.append(Section(text=ui.word(key)))
                parts.extend(call_row(call, self.dial) for call in calls)
        return parts

    def dial(self, call: Call) -> None:
        """One touch."""
        self.navigator.dial(call.number)

    def tell(self) -> None:
        """Raise the alert: on this phone at once, with those on duty as soon as there is a network."""
        try:
            view = self._sos.raise_alert()
        except OSError:
            self.problem, self._view = ui.word("sos.failed"), None
            view = self._sos.view()
        self.show(view)


load_kv(__file__)
