"""After saving: what is true now, and no more."""

from __future__ import annotations

from typing import Any

from kivy.properties import StringProperty

from caregiver_app.screens import cards, frame  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class SavedScreen(Page):
    """Saved on this phone; below, whether it was sent meanwhile."""

    message = StringProperty("")
    sync_text = StringProperty("")
    sync_state = StringProperty("ok")

    def setup(self, message: str = "", **_: Any) -> None:
        self.message = message

    def refresh(self) -> None:
        badge = self.phone.outbox.view().badge
        self.sync_text, self.sync_state = badge.text, badge.state


load_kv(__file__)
