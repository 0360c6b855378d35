"""The machine that a phone of the fleet believes to be: a clock that can be set, and a place to stand."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from caregiver_app.platform.desktop import desktop
from caregiver_app.platform.fake import FakeDialler, FakePictures, FakePosition
from caregiver_app.platform.protocols import Platform

CHINA = timezone(timedelta(hours=8))
# The smallest picture: 1 by 1 pixel, grey. A comment in it makes each one different.
JPEG_HEAD = b"\xff\xd8"
JPEG_REST = bytes.fromhex(
    "ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f"
    "1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f"
    "0000010501010101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d0102"
    "0300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a34353637"
    "38393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999a"
    "a2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6"
    "f7f8f9faffda0008010100003f00fbd3ffd9"
)


class FleetClock:
    """Real time, shifted: the wall by `shift`, the uptime by what was skipped instead of slept."""

    def __init__(self) -> None:
        self.shift = timedelta(0)
        self._skipped_ms = 0
        self._boot = f"fleet{random.SystemRandom().randrange(10**9)}"

    def now(self) -> datetime:
        return datetime.now(CHINA) + self.shift

    def uptime_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000 + self._skipped_ms

    def boot(self) -> str:
        return self._boot

    def skip(self, seconds: float) -> None:
        """Let uptime pass that nobody waits for."""
        self._skipped_ms += round(seconds * 1000)

    def stand(self, before_now: timedelta) -> None:
        """Set the wall clock back, as of a boot without contact: only the phone's word counts then."""
        self.shift = -before_now
        self._boot = f"{self._boot.split('.')[0]}.offline"

    def wake(self) -> None:
        """Back to real time, after another boot."""
        self.shift = timedelta(0)
        self._boot = f"{self._boot.split('.')[0]}.online"


def machine(clock: FleetClock, position: FakePosition) -> Platform:
    """A desktop that says it is a phone."""
    return replace(
        desktop(),
        clock=clock,
        position=position,
        pictures=FakePictures(),
        dialler=FakeDialler(),
        model="fleet phone",
        os="headless",
    )


def picture(rng: random.Random) -> bytes:
    """A valid JPEG that nobody else has, of 1 to 200 KB."""
    parts = [JPEG_HEAD]
    for _ in range(rng.choice((1, 1, 2, 4))):
        comment = rng.randbytes(rng.randint(800, 50_000))
        parts.append(b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment)
    return b"".join([*parts, JPEG_REST])
