"""Something was done: said in words, with one way on."""

from __future__ import annotations

from typing import Any

from kivy.properties import StringProperty

from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class DoneScreen(Page):
    """A tick, a title, a sentence."""

    title = StringProperty("")
    text = StringProperty("")

    def setup(self, title: str = "", text: str = "", **_: Any) -> None:
        self.title, self.text = title, text


load_kv(__file__)
