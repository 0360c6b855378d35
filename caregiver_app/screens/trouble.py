"""A screen failed, or the phone is full: say so, say what is safe, and lead back."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty

from caregiver_app.screens import cards, frame  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class TroubleScreen(Page):
    """Shown in place of a screen that could not go on; what was saved is not touched by it."""

    has_back = False
    disk = BooleanProperty(False)

    def setup(self, disk: bool = False, **_: Any) -> None:
        self.disk = disk


load_kv(__file__)
