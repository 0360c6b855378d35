"""Choosing the PIN, or another one: the old one where there is one, the new one, and the new one again."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty

from caregiver_app.presenters.views.lock import LockView
from caregiver_app.screens import cards  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv
from caregiver_app.screens.style import ui

OLD, NEW, AGAIN = "old", "new", "again"


class PinScreen(Page):
    """`first`: after the enrolment, where there is no way around it; it leads on to the list."""

    first = BooleanProperty(False)
    step = StringProperty(NEW)
    title = StringProperty("")
    text = StringProperty("")
    problem = StringProperty("")
    phone_offered = BooleanProperty(False)
    busy = BooleanProperty(False)

    def setup(self, first: bool = False, **_: Any) -> None:
        self.first = first
        self.has_back = not first
        self._old = self._new = ""
        view = self.phone.lock.view()
        self._changes = view.state == "open" and not view.by_phone
        self.step = OLD if self._changes else NEW
        self._start = view

    def refresh(self) -> None:
        self.title = ui.word(f"pin.title_{self.step}")
        self.text = self._start.text if self.step == NEW and self.first else ""
        self.phone_offered = self._start.phone_offered and self.step == NEW and not self._changes

    def take(self, pin: str) -> None:
        """Six figures are in."""
        self.ids.pad.pin = ""
        self.problem = ""
        if self.step == OLD:
            self._old, self.step = pin, NEW
        elif self.step == NEW:
            self._new, self.step = pin, AGAIN
        elif pin != self._new:
            self.problem, self.step = ui.word("pin.differ"), NEW
        else:
            self.busy = True
            old, new, lock = self._old, self._new, self.phone.lock
            work = (lambda: lock.change_pin(old, new)) if self._changes else (lambda: lock.set_pin(new))
            self.in_background(work, self._chosen, self._failed)
        self.refresh()

    def _chosen(self, view: LockView) -> None:
        self.busy = False
        if view.problem:
            self.problem = view.problem
            self.step = OLD if self._changes else NEW
            self.refresh()
            if view.state not in ("open", "new"):
                self.navigator.begin()
        elif self.first:
            self.navigator.begin()
        else:
            self.navigator.swap("done", title=ui.word("pin.done"), text=ui.word("pin.done_text"))

    def _failed(self, error: BaseException) -> None:
        self.busy = False
        self.problem = ui.word("error.title")

    def use_phone(self) -> None:
        """The phone's own lock instead."""

        def asked(view: LockView) -> None:
            Clock.schedule_once(lambda _: self._chosen(view), 0)

        if not self.phone.lock.use_phone_lock(asked):
            self.problem = ui.word("lock.no_phone_lock")


load_kv(__file__)
