"""What would be read aloud, in the largest type, on a machine that has no voice."""

from __future__ import annotations

from typing import Any

from kivy.properties import StringProperty

from caregiver_app.screens import cards  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class WordsScreen(Page):
    """The words, and why they are not heard."""

    text = StringProperty("")
    why = StringProperty("")

    def setup(self, text: str = "", **_: Any) -> None:
        self.text = text

    def refresh(self) -> None:
        self.why = self.phone.settings.view().voice_text

    def main_text(self) -> str:
        """Pressing the button here once more must not pile up pages of the same words."""
        return ""


load_kv(__file__)
