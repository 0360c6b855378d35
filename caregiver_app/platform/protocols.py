"""What the app asks of the machine it runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
