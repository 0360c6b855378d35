"""A machine whose clocks, position and camera obey: for tests, fleet and simulator. Nothing sleeps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from caregiver_app.platform.protocols import Platform, Reading

CHINA = timezone(timedelta(hours=8))
BEGIN = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Real time passes only by `advance`; the wall clock may be `wrong`, and a reboot moves uptime."""

    real: datetime = BEGIN
    wrong: timedelta = timedelta(0)
    booted: datetime = BEGIN - timedelta(days=3)
    boots: int = 1

    def now(self) -> datetime:
        return (self.real + self.wrong).astimezone(CHINA)

    def uptime_ms(self) -> int:
        return (self.real - self.booted) // timedelta(milliseconds=1)

    def boot(self) -> str:
        return f"b{self.boots}"

    def advance(self, seconds: float) -> None:
        """Let time pass, asleep or awake."""
        self.real += timedelta(seconds=seconds)

    def reboot(self) -> None:
        """The phone was switched off and on."""
        self.booted = self.real
        self.boots += 1


@dataclass
class FakeDecoder:
    """Knows what each picture says beforehand; a text file is a picture of its own text."""

    frames: list[str | None] = field(default_factory=list)

    def available(self) -> bool:
        return True

    def decode_file(self, path: Path) -> str | None:
        try:
            return path.read_text().strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError("not a picture") from error

    def decode_frame(self, pixels: bytes, width: int, height: int, channels: int) -> str | None:
        return self.frames.pop(0) if self.frames else None


@dataclass
class FakePosition:
    """Stands where it is put."""

    here: Reading | None = None
    running: bool = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def reading(self, max_age_s: int = 120) -> Reading | None:
        return self.here


class FakePictures:
    """Cuts instead of shrinking; only what begins like a JPEG is a picture."""

    def shrink(self, source: Path | bytes, max_bytes: int) -> bytes:
        data = source if isinstance(source, bytes) else source.read_bytes()
        if not data.startswith(b"\xff\xd8"):
            raise ValueError("not a picture")
        return data[:max_bytes]


@dataclass
class FakeDialler:
    """Remembers what was dialled."""

    dialled: list[str] = field(default_factory=list)

    def available(self) -> bool:
        return True

    def dial(self, number: str) -> bool:
        self.dialled.append(number)
        return True


@dataclass
class FakeDictation:
    """Hears what `words` says, one after the other; None: nothing was understood."""

    words: list[str | None] = field(default_factory=list)

    def available(self) -> bool:
        return True

    def listen(self, language: str, done: Callable[[str | None], None]) -> bool:
        done(self.words.pop(0) if self.words else None)
        return True


@dataclass
class FakeReminders:
    """Remembers what it was asked to remind of: key → (moment, title, text)."""

    kept: dict[str, tuple[datetime, str, str]] = field(default_factory=dict)

    def available(self) -> bool:
        return True

    def set(self, key: str, at: datetime, title: str, text: str) -> bool:
        self.kept[key] = (at, title, text)
        return True

    def cancel(self, key: str) -> None:
        self.kept.pop(key, None)


def at_once(work: Callable[[], None]) -> None:
    """Background work done in the foreground, so that a test sees one order of events."""
    work()


def fake(clock: FakeClock | None = None, name: str = "fake") -> Platform:
    """A whole fake machine."""
    return Platform(
        clock=clock or FakeClock(),
        decoder=FakeDecoder(),
        position=FakePosition(),
        pictures=FakePictures(),
        dialler=FakeDialler(),
        model=f"fake {hashlib.sha256(name.encode()).hexdigest()[:6]}",
        os="none",
        spawn=at_once,
        dictation=FakeDictation(),
        reminders=FakeReminders(),
    )
