"""The one voice of the app: what reads, and whether it is reading. What is read is worked out in `aloud`."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty

from caregiver_app.platform.protocols import Voice
from caregiver_app.screens.style import ui

POLL_S = 0.3


class Reader(EventDispatcher):
    """Says what it is given, until it is through, the screen is left, or it is told to stop."""

    reading = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._voice: Voice | None = None
        self._tick: Any | None = None

    def use(self, voice: Voice) -> None:
        """Speak with this from now on."""
        self.hush()
        self._voice = voice

    def read(self, text: str) -> bool:
        """Begin → whether it is heard."""
        if self._voice is None or not text or not self._voice.say(text, ui.language):
            return False
        self.reading = True
        self._tick = Clock.schedule_interval(self._look, POLL_S)
        return True

    def hush(self) -> None:
        """Silence, at once: the screen was left, or the button pressed again."""
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if self.reading and self._voice is not None:
            self._voice.hush()
        self.reading = False

    def _look(self, _: float) -> None:
        if self._voice is not None and not self._voice.speaking():
            self.hush()


reader = Reader()
