"""A desktop or laptop: the system's clocks, zxing-cpp for codes, Pillow for pictures, espeak-ng for a voice.

It has no position, dialler, recogniser or notifications, and says so.
zxing-cpp and Pillow belong to the `app` extra; without them codes can be typed and photos are refused with a
reason, and everything else works.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import platform as system
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from caregiver_app.platform.kivy_camera import KivyCamera
from caregiver_app.platform.protocols import Frame, Platform, Reading, nothing

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
LONG_SIDES = (1600, 1280, 960, 640, 480)
QUALITIES = (82, 70, 55, 40)


class SystemClock:
    """CLOCK_BOOTTIME where there is one."""

    def __init__(self) -> None:
        self._boot = _boot_name()

    def now(self) -> datetime:
        return datetime.now().astimezone()

    def uptime_ms(self) -> int:
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        if clock is None:
            return time.monotonic_ns() // 1_000_000
        return time.clock_gettime_ns(clock) // 1_000_000

    def boot(self) -> str:
        return self._boot


def _boot_name() -> str:
    """A digest of the kernel's boot id, so that the id itself, which names the machine, stays here."""
    try:
        raw = BOOT_ID.read_text().strip()
    except OSError:
        # Without one a boot is at least told from others by when this process first asked.
        raw = f"{time.time_ns()}"
    return hashlib.sha256(f"yuetan-boot\n{raw}".encode()).hexdigest()[:12]


class ZxingDecoder:
    """zxing-cpp, loaded at first use: it is not needed to show the list."""

    def available(self) -> bool:
        return all(importlib.util.find_spec(name) for name in ("PIL", "zxingcpp"))

    def decode_file(self, path: Path) -> str | None:
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(path) as picture:
                return self._decode(picture.convert("L"))
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise ValueError("not a picture") from error

    def decode_frame(self, pixels: bytes, width: int, height: int, channels: int) -> str | None:
        from PIL import Image

        mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        return self._decode(Image.frombytes(mode, (width, height), pixels).convert("L"))

    def _decode(self, picture: Any) -> str | None:
        import zxingcpp

        only: Any = zxingcpp.BarcodeFormat.QRCode
        for look in (picture, softened(picture)):
            for found in zxingcpp.read_barcodes(look, formats=only):
                if found.text:
                    return str(found.text)
        return None


def softened(picture: Any) -> Any:
    """A grey picture for a second look: creases and grain are smoothed away, what is left of contrast is stretched."""
    from PIL import ImageFilter, ImageOps

    return ImageOps.autocontrast(picture.filter(ImageFilter.BoxBlur(1.5)), cutoff=1)


class PillowPictures:
    """Turns the picture as its metadata say, drops the metadata (positions!), and shrinks until it fits."""

    def shrink(self, source: Path | bytes | Frame, max_bytes: int) -> bytes:
        from PIL import Image, ImageOps, UnidentifiedImageError

        try:
            if isinstance(source, Frame):
                size = (source.width, source.height)
                opened = Image.frombytes(MODES[source.channels], size, source.pixels)
            else:
                opened = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)
            with opened:
                picture = ImageOps.exif_transpose(opened).convert("RGB")
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as error:
            raise ValueError("not a picture") from error
        for side in LONG_SIDES:
            picture.thumbnail((side, side))
            for quality in QUALITIES:
                out = io.BytesIO()
                picture.save(out, "JPEG", quality=quality, optimize=True)
                if out.tell() <= max_bytes:
                    return out.getvalue()
        raise ValueError("the picture cannot be made small enough")


class Espeak:
    """espeak-ng or espeak, where one is installed: not beautiful, but it reads."""

    def __init__(self) -> None:
        self._program = shutil.which("espeak-ng") or shutil.which("espeak")
        self._running: subprocess.Popen[bytes] | None = None

    def available(self, language: str) -> bool:
        return self._program is not None

    def say(self, text: str, language: str) -> bool:
        self.hush()
        if self._program is None:
            return False
        voice = "cmn" if language == "zh" else "en"
        try:
            self._running = subprocess.Popen(
                [self._program, "-v", voice, "-s", "150", "--stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return False
        pipe = self._running.stdin
        assert pipe is not None
        with contextlib.suppress(OSError), pipe:
            pipe.write(text.encode())
        return True

    def hush(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.wait()

    def speaking(self) -> bool:
        return self._running is not None and self._running.poll() is None


class NoGallery:
    """The app shows folders itself."""

    def available(self) -> bool:
        return False

    def pick(self, done: Callable[[Path | None], None]) -> bool:
        return False


class FileSecrets:
    """Files that only their owner may read; without a folder they live as long as the process."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        if self._folder is None:
            return self._held.get(name)
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, value: bytes) -> None:
        if self._folder is None:
            self._held[name] = value
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self._folder / f".{name}.new"
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._folder / name)
        # What is closed under a secret may be on the disk a moment later; the secret must be there before.
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def forget(self, name: str) -> None:
        self._held.pop(name, None)
        if self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)


class NoScreenLock:
    """The desktop's own lock is not ours to ask."""

    def available(self) -> bool:
        return False

    def ask(self, title: str, done: Callable[[bool], None]) -> bool:
        return False


class AllAllowed:
    """A desktop asks nobody."""

    def granted(self, name: str) -> bool:
        return True

    def ask(self, name: str, done: Callable[[bool], None]) -> None:
        done(True)


class NoPosition:
    """A desktop does not know where it is, and says so."""

    def start(self, found: Callable[[], None] = nothing) -> None:
        return None

    def stop(self) -> None:
        return None

    def reading(self, max_age_s: int = 120) -> Reading | None:
        return None


class NoDialler:
    """A desktop cannot call; the number is shown to be dialled by hand."""

    def available(self) -> bool:
        return False

    def dial(self, number: str) -> bool:
        return False


def spawn(work: Callable[[], None]) -> None:
    """Run on a thread that does not keep the process alive."""
    threading.Thread(target=work, daemon=True).start()


def desktop(home: Path | None = None) -> Platform:
    """The platform of the machine this runs on; its secrets are kept under `home`."""
    return Platform(
        clock=SystemClock(),
        decoder=ZxingDecoder(),
        position=NoPosition(),
        pictures=PillowPictures(),
        dialler=NoDialler(),
        camera=KivyCamera(),
        voice=Espeak(),
        gallery=NoGallery(),
        secrets=FileSecrets(home / "secrets" if home else None),
        screen_lock=NoScreenLock(),
        permissions=AllAllowed(),
        model=system.machine() or "desktop",
        os=f"{system.system()} {system.release()}".strip(),
        spawn=spawn,
    )
