"""Locked: the keypad or the phone's own lock, what wrong tries cost, and the way out for who forgot."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty

from caregiver_app.presenters.views.lock import LockView
from caregiver_app.screens import cards  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv
from caregiver_app.screens.style import ui

LOOK_S = 5


class LockScreen(Page):
    """Nothing here names anybody. An emergency needs no PIN."""

    has_back = False
    title = StringProperty("")
    text = StringProperty("")
    problem = StringProperty("")
    note = StringProperty("")
    asks_pin = BooleanProperty(False)
    waiting = BooleanProperty(False)
    by_phone = BooleanProperty(False)
    busy = BooleanProperty(False)

    def setup(self, **_: Any) -> None:
        self._tick = Clock.schedule_interval(lambda _: self.refresh(), LOOK_S)

    def leave(self) -> None:
        self._tick.cancel()

    def refresh(self) -> None:
        if not self.busy:
            self.show(self.phone.lock.view(), keep=True)

    def show(self, view: LockView, keep: bool = False) -> None:
        """Draw it; open: to the list; wiped: to the enrolment. `keep`: what was just said stays."""
        if view.state == "wiped" or view.state in ("open", "new"):
            if self.navigator.holds(self):
                self.navigator.begin()
            return
        self.waiting, self.by_phone = view.state == "waiting", view.by_phone
        self.asks_pin = view.state == "locked" and not view.by_phone
        self.title, self.text, self.note = view.title, view.text, view.note
        if not keep or self.waiting:
            self.problem = view.problem

    def try_pin(self, pin: str) -> None:
        """Six figures are in."""
        self.busy, self.problem = True, ""
        self.in_background(lambda: self.phone.lock.unlock(pin), self._tried, self._failed)

    def _tried(self, view: LockView) -> None:
        self.busy = False
        self.ids.pad.pin = ""
        self.show(view)

    def _failed(self, error: BaseException) -> None:
        self.busy = False
        self.ids.pad.pin = ""
        self.problem = ui.word("error.title")

    def ask_phone(self) -> None:
        """The phone's own lock."""

        def asked(view: LockView) -> None:
            Clock.schedule_once(lambda _: self.show(view), 0)

        if not self.phone.lock.unlock_by_phone(asked):
            self.problem = ui.word("lock.no_phone_lock")


load_kv(__file__)
