"""What the app asks of the machine it runs on: one small promise per sense.

Each is kept three times: by Android, by a desktop, and by a fake that obeys a test; `tests/unit/caregiver_app/
test_platform_contract.py` holds all three to the same words. What a machine lacks it says through `available`, and
asking for it all the same does nothing and says False. Nothing here waits: what takes time calls back, once, on
whatever thread has the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


def nothing() -> None:
    """Nobody waits to be told."""


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

    def start(self, found: Callable[[], None] = nothing) -> None:
        """Listen. `found` is called once, on whatever thread, when the first reading is there; started already: no."""

    def stop(self) -> None: ...

    def reading(self, max_age_s: int = 120) -> Reading | None: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """What the camera saw: 8-bit pixels, rows from the top, `channels` 1 (grey), 3 (RGB) or 4 (RGBA)."""

    pixels: bytes
    width: int
    height: int
    channels: int = 4


class Pictures(Protocol):
    """Makes a photo small enough to send."""

    def shrink(self, source: Path | bytes | Frame, max_bytes: int) -> bytes:
        """A JPEG of at most `max_bytes`, without the camera's metadata. ValueError: not a picture."""


class Dialler(Protocol):
    """Calls somebody."""

    def available(self) -> bool: ...

    def dial(self, number: str) -> bool:
        """Open the dialler with this number → whether there is one."""


class Dictation(Protocol):
    """Writes down what is said: the phone's own speech input. The app hears no sound and keeps none."""

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


class Camera(Protocol):
    """Eyes for codes and photos."""

    def available(self) -> bool: ...

    def start(self) -> bool:
        """Whether it sees now. Safe to call twice."""

    def stop(self) -> None:
        """Let go of it, so that other apps may have it. Safe to call twice."""

    def frame(self) -> Frame | None:
        """The newest picture; None: none yet, or stopped."""

    def texture(self) -> Any | None:
        """The newest picture as a widget draws it, where the machine has it in that form; None: draw `frame`."""


class Voice(Protocol):
    """Speech out: reads aloud."""

    def available(self, language: str) -> bool:
        """Whether it can speak `zh` or `en`."""

    def say(self, text: str, language: str) -> bool:
        """Read this, in place of what is being read → whether it is heard."""

    def hush(self) -> None:
        """Be silent at once. Safe to call when silent."""

    def speaking(self) -> bool: ...


class Gallery(Protocol):
    """The phone's own way to choose a picture; without one the app shows folders itself."""

    def available(self) -> bool: ...

    def pick(self, done: Callable[[Path | None], None]) -> bool:
        """Let the user choose → whether they are asked. If so `done` is called once: a copy's path, or None."""


class Secrets(Protocol):
    """Small secrets that leave this machine by no backup: hardware-bound where the machine can."""

    def get(self, name: str) -> bytes | None: ...

    def put(self, name: str, value: bytes) -> None:
        """On the disk when this returns. OSError: it is not."""

    def forget(self, name: str) -> None:
        """Safe to call for what is not there."""


class ScreenLock(Protocol):
    """The phone's own lock (pattern, PIN, finger), which may stand in for the app's."""

    def available(self) -> bool:
        """Whether there is one and it is set."""

    def ask(self, title: str, done: Callable[[bool], None]) -> bool:
        """Show it → whether it is shown. If so `done` is called once: whether it was opened."""


class Permissions(Protocol):
    """What the phone's owner allows: `camera`, `position`, `notifications`. What is asked is explained before."""

    def granted(self, name: str) -> bool: ...

    def ask(self, name: str, done: Callable[[bool], None]) -> None:
        """Ask the owner; `done` is called once, at once where nothing has to be asked."""


@dataclass(frozen=True, slots=True)
class Platform:
    """All of it, as chosen at start. `model` and `os` are told to the server at enrolment."""

    clock: Clock
    decoder: Decoder
    position: Position
    pictures: Pictures
    dialler: Dialler
    camera: Camera
    voice: Voice
    gallery: Gallery
    secrets: Secrets
    screen_lock: ScreenLock
    permissions: Permissions
    model: str
    os: str
    spawn: Callable[[Callable[[], None]], None]
    dictation: Dictation = field(default_factory=NoDictation)
    reminders: Reminders = field(default_factory=NoReminders)
