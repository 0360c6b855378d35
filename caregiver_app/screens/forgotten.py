"""The PIN is forgotten: what that costs and what it does not, said before it is done."""

from __future__ import annotations

from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class ForgottenScreen(Page):
    """Asks once, in words; yes drops the list and leads to the enrolment."""

    def forget(self) -> None:
        """Yes, I have forgotten it."""
        self.phone.lock.forgot()
        self.navigator.begin()


load_kv(__file__)
