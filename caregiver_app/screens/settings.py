"""Language, size of type, and what this phone is."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, NumericProperty, StringProperty

from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class SettingsScreen(Page):
    """Changes hold at once, on every screen."""

    tab = "settings"
    has_back = False
    languages = ListProperty([])
    sizes = ListProperty([])
    who = StringProperty("")
    address = StringProperty("")
    device = StringProperty("")
    version = StringProperty("")
    waiting = NumericProperty(0)

    def setup(self, **_: Any) -> None:
        self._shown: object = None

    def refresh(self) -> None:
        badge = self.phone.outbox.view().badge
        self.waiting = badge.waiting + badge.refused
        view = self.phone.settings.view()
        if view == self._shown:
            return
        self._shown = view
        self.languages, self.sizes = list(view.languages), list(view.text_sizes)
        self.who, self.address, self.version = view.who, view.address, view.version
        self.device = view.device_id[:8]

    def set_language(self, language: str) -> None:
        """Speak it from now on."""
        self.phone.settings.set_language(language)
        self.navigator.rebuild()

    def set_size(self, size: str) -> None:
        """Write in this size from now on."""
        self.phone.settings.set_text_size(size)
        self.navigator.rebuild()


load_kv(__file__)
