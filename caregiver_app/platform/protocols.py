"""What the app asks of the machine it runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """A position reading, WGS-84 degrees."""

    lat: float
    lon: float
    accuracy_m: float
    mocked: bool = False


class Clock(Protocol):
    """The phone's own clocks; none of them is believed, all are recorded."""

    def now(self) -> datetime:
        """The phone's wall clock, aware, in the phone's zone; people set it as they like."""

    def uptime_ms(self) -> int:
        """Milliseconds since boot, asleep or awake; setting the clock does not move it."""

    def boot(self) -> str:
        """A short name of this boot: the same until the next one."""


class Decoder(Protocol):
    """Reads QR codes from pictures."""

    def available(self) -> bool: ...

    def decode_file(self, path: Path) -> str | None:
        """The first code's text in a picture file, or None. ValueError: not a picture."""

    def decode_frame(self, pixels: bytes, width: int, height: int, channels: int) -> str | None:
        """The first code's text in 8-bit pixels (1, 3 or 4 channels), or None."""


class Position(Protocol):
    """Where the phone is. Asking never waits: the newest reading that is fresh enough, or None."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def reading(self, max_age_s: int = 120) -> Reading | None: ...


class Pictures(Protocol):
    """Makes a photo small enough to send."""

    def shrink(self, source: Path | bytes, max_bytes: int) -> bytes:
        """A JPEG of at most `max_bytes`, without the camera's metadata. ValueError: not a picture."""


class Dialler(Protocol):
    """Calls somebody."""

    def available(self) -> bool: ...

    def dial(self, number: str) -> bool:
        """Open the dialler with this number → whether there is one."""


class Dictation(Protocol):
    """Writes down what is said: the phone's own speech input, where it has one."""

    def available(self) -> bool: ...

    def listen(self, language: str, done: Callable[[str | None], None]) -> bool:
        """Begin to listen (`zh` or `en`) → whether it began; `done(text)` once, None: nothing was understood."""


class Reminders(Protocol):
    """Notifications at a time, shown also when the app is closed. They name nobody: lock screens are public."""

    def available(self) -> bool: ...

    def set(self, key: str, at: datetime, title: str, text: str) -> bool:
        """Remind at this moment, in place of what the key stood for → whether the phone will."""

    def cancel(self, key: str) -> None:
        """Not any more; an unknown key is nothing."""


class NoDictation:
    """No speech input here: words are typed."""

    def available(self) -> bool:
        return False

    def listen(self, language: str, done: Callable[[str | None], None]) -> bool:
        return False


class NoReminders:
    """No notifications here: the list itself shows what is due."""

    def available(self) -> bool:
        return False

    def set(self, key: str, at: datetime, title: str, text: str) -> bool:
        return False

    def cancel(self, key: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Platform:
    """All of it, as chosen at start. `model` and `os` are told to the server at enrolment."""

    clock: Clock
    decoder: Decoder
    position: Position
    pictures: Pictures
    dialler: Dialler
    model: str
    os: str
    spawn: Callable[[Callable[[], None]], None]
    dictation: Dictation = field(default_factory=NoDictation)
    reminders: Reminders = field(default_factory=NoReminders)
