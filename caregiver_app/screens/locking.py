"""The lock's settings: which lock, another PIN, after how long, and now."""

from __future__ import annotations

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ListProperty, StringProperty

from caregiver_app.presenters.views.lock import LockView
from caregiver_app.screens import cards, choices  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv
from caregiver_app.screens.style import ui


class LockingScreen(Page):
    """Opened from the settings, unlocked."""

    kind_text = StringProperty("")
    choices = ListProperty([])
    problem = StringProperty("")
    by_phone = BooleanProperty(False)
    phone_offered = BooleanProperty(False)
    has_lock = BooleanProperty(True)

    def refresh(self) -> None:
        self.show(self.phone.lock.view())

    def show(self, view: LockView) -> None:
        """Draw it."""
        self.by_phone, self.has_lock = view.by_phone, view.state != "new"
        kind = "none" if view.state == "new" else ("phone" if view.by_phone else "pin")
        self.kind_text = ui.word(f"locking.kind_{kind}")
        self.phone_offered = view.phone_offered and not view.by_phone
        self.choices = list(view.lock_after)
        self.problem = view.problem

    def set_after(self, minutes: str) -> None:
        """Lock after so long away."""
        self.show(self.phone.lock.set_lock_after(int(minutes)))

    def use_phone(self) -> None:
        """The phone's own lock from now on."""

        def asked(view: LockView) -> None:
            Clock.schedule_once(lambda _: self.show(view), 0)

        self.phone.lock.use_phone_lock(asked)

    def lock_now(self) -> None:
        """Close it."""
        self.phone.lock.lock()
        self.navigator.begin()


load_kv(__file__)
