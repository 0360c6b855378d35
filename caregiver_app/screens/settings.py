"""Language, elder mode, size of type, reading aloud; learning, lock, permissions; and what this phone is."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, NumericProperty, StringProperty

from caregiver_app.screens import choices  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import ListRow
from caregiver_app.screens.parts import load_kv, on_release, replace
from caregiver_app.screens.style import ui


class SettingsScreen(Page):
    """Changes hold at once, on every screen."""

    tab = "settings"
    has_back = False
    languages = ListProperty([])
    editions = ListProperty([])
    readings = ListProperty([])
    voice_text = StringProperty("")
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
        view, learning, lock = self.phone.settings.view(), self.phone.learning.view(), self._lock_text()
        if (view, learning, lock) == self._shown:
            return
        self._shown = (view, learning, lock)
        self.languages, self.sizes = list(view.languages), list(view.text_sizes)
        self.editions, self.readings = list(view.editions), list(view.readings)
        self.voice_text = view.voice_text if view.aloud else ""
        allowed = sum(1 for row in view.permissions if row.granted)
        allowed_text = ui.word("settings.allowed", count=allowed, all=len(view.permissions))
        rows = (
            ("courses", "school", ui.word("settings.learning"), learning.summary),
            ("locking", "lock", ui.word("settings.lock"), lock),
            ("permissions", "shield", ui.word("settings.permissions"), allowed_text),
            ("about", "info", ui.word("settings.about"), ""),
        )
        replace(self.ids.rows, [self._row(*row) for row in rows])
        self.who, self.address, self.version = view.who, view.address, view.version
        self.device = view.device_id[:8]

    def _lock_text(self) -> str:
        view = self.phone.lock.view()
        if view.state == "new":
            return ui.word("settings.lock_none")
        return ui.word("settings.lock_phone" if view.by_phone else "settings.lock_kind")

    def _row(self, name: str, picture: str, title: str, text: str) -> ListRow:
        return on_release(ListRow(title=title, text=text, picture=picture), lambda: self.go(name))

    def set_edition(self, edition: str) -> None:
        """Standard, or 「长辈版」."""
        self.phone.settings.set_edition(edition)
        self.navigator.rebuild()

    def set_aloud(self, value: str) -> None:
        """Whether every screen offers to be read."""
        self.phone.settings.set_aloud(value == "on")
        self.navigator.rebuild()

    def set_language(self, language: str) -> None:
        """Speak it from now on."""
        self.phone.settings.set_language(language)
        self.navigator.rebuild()

    def set_size(self, size: str) -> None:
        """Write in this size from now on."""
        self.phone.settings.set_text_size(size)
        self.navigator.rebuild()


load_kv(__file__)
