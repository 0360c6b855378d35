"""A machine whose clocks, position and camera obey: for tests, fleet and simulator. Nothing sleeps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from caregiver_app.platform.protocols import Frame, Platform, Reading, nothing

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
    """Stands where it is put, and says so while it is started."""

    here: Reading | None = None
    running: bool = False
    found: Callable[[], None] = nothing

    def start(self, found: Callable[[], None] = nothing) -> None:
        if not self.running:
            self.running, self.found = True, found

    def arrive(self, reading: Reading) -> None:
        """The satellites are seen."""
        self.here = reading
        found, self.found = self.found, nothing
        found()

    def stop(self) -> None:
        self.running = False

    def reading(self, max_age_s: int = 120) -> Reading | None:
        return self.here if self.running else None


class FakePictures:
    """Cuts instead of shrinking; only what begins like a JPEG is a picture."""

    def shrink(self, source: Path | bytes | Frame, max_bytes: int) -> bytes:
        if isinstance(source, Frame):
            return (b"\xff\xd8\xff" + source.pixels)[:max_bytes]
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
class FakeCamera:
    """Shows the pictures it is given, over and over; none: it does not start."""

    frames: list[Frame] = field(default_factory=list)
    running: bool = False

    def available(self) -> bool:
        return bool(self.frames)

    def start(self) -> bool:
        self.running = bool(self.frames)
        return self.running

    def stop(self) -> None:
        self.running = False

    def frame(self) -> Frame | None:
        if not self.running:
            return None
        self.frames.append(self.frames.pop(0))
        return self.frames[-1]

    def texture(self) -> None:
        return None


@dataclass
class FakeVoice:
    """Remembers what it read; speaks until it is hushed. `languages`: those it has a voice for."""

    languages: tuple[str, ...] = ("zh", "en")
    said: list[tuple[str, str]] = field(default_factory=list)
    busy: bool = False

    def available(self, language: str) -> bool:
        return language in self.languages

    def say(self, text: str, language: str) -> bool:
        self.busy = self.available(language)
        if self.busy:
            self.said.append((language, text))
        return self.busy

    def hush(self) -> None:
        self.busy = False

    def speaking(self) -> bool:
        return self.busy


@dataclass
class FakeDictation:
    """Hears what `words` says, one after the other; None: nothing was understood."""

    words: list[str | None] = field(default_factory=list)
    there: bool = True

    def available(self) -> bool:
        return self.there

    def listen(self, language: str, done: Callable[[str | None], None]) -> bool:
        if self.there:
            done(self.words.pop(0) if self.words else None)
        return self.there


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


@dataclass
class FakeGallery:
    """Chooses the pictures it is given; then none."""

    pictures: list[Path] = field(default_factory=list)
    there: bool = False

    def available(self) -> bool:
        return self.there

    def pick(self, done: Callable[[Path | None], None]) -> bool:
        if self.there:
            done(self.pictures.pop(0) if self.pictures else None)
        return self.there


@dataclass
class FakeSecrets:
    """A box that survives as long as the test holds it."""

    held: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> bytes | None:
        return self.held.get(name)

    def put(self, name: str, value: bytes) -> None:
        self.held[name] = value

    def forget(self, name: str) -> None:
        self.held.pop(name, None)


@dataclass
class FakeScreenLock:
    """Opens, or does not."""

    there: bool = False
    opens: bool = True
    asked: list[str] = field(default_factory=list)

    def available(self) -> bool:
        return self.there

    def ask(self, title: str, done: Callable[[bool], None]) -> bool:
        if self.there:
            self.asked.append(title)
            done(self.opens)
        return self.there


@dataclass
class FakePermissions:
    """An owner who allows all but what is named in `refused`, once asked unless `given`."""

    given: set[str] = field(default_factory=lambda: {"camera", "position", "notifications"})
    refused: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def granted(self, name: str) -> bool:
        return name in self.given

    def ask(self, name: str, done: Callable[[bool], None]) -> None:
        self.asked.append(name)
        if name not in self.refused:
            self.given.add(name)
        done(self.granted(name))


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
        camera=FakeCamera(),
        voice=FakeVoice(),
        gallery=FakeGallery(),
        secrets=FakeSecrets(),
        screen_lock=FakeScreenLock(),
        permissions=FakePermissions(),
        model=f"fake {hashlib.sha256(name.encode()).hexdigest()[:6]}",
        os="none",
        spawn=at_once,
        dictation=FakeDictation(),
        reminders=FakeReminders(),
    )
