"""One seed behind every source of randomness and of time, so that the same seed lives the same life.

Ids, tokens, nonces and keys come from `os.urandom`; ids without a time of their own from `time.time_ns`. Both are
replaced while a world lives. What libsodium draws by itself (a sealed box's key) cannot be seeded: nothing that depends
on it may enter a trace.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import shared.ids

BEGIN = dt.datetime(2026, 11, 18, 1, 0, tzinfo=dt.UTC)
CHINA = dt.timezone(dt.timedelta(hours=8))


class Time:
    """The one clock that everybody's clocks are made of: it moves when it is told to."""

    def __init__(self, now: dt.datetime = BEGIN) -> None:
        self._now = now

    def now(self) -> dt.datetime:
        return self._now

    def pass_(self, seconds: float) -> None:
        self._now += dt.timedelta(seconds=seconds)


class PhoneClock:
    """Fulfils `platform.protocols.Clock`: the world's time, `wrong` by what its holder set, counted since its boot."""

    def __init__(self, time: Time, rng: random.Random) -> None:
        self._time = time
        self.wrong = dt.timedelta(seconds=rng.choice((0.0, 0.2, -40, 95, -3600, 86400)) * rng.random())
        self._booted = time.now() - dt.timedelta(hours=rng.uniform(1, 500))
        self._boots = rng.randrange(1000)

    def now(self) -> dt.datetime:
        return (self._time.now() + self.wrong).astimezone(CHINA)

    def uptime_ms(self) -> int:
        return (self._time.now() - self._booted) // dt.timedelta(milliseconds=1)

    def boot(self) -> str:
        return f"b{self._boots}"

    def reboot(self) -> None:
        self._booted = self._time.now()
        self._boots += 1


@contextlib.contextmanager
def seeded(seed: object, time: Time) -> Iterator[None]:
    """Everything that this process draws, and every id's time, follows from `seed` and `time`."""
    draw = random.Random(f"urandom/{seed}").randbytes
    nanoseconds: Callable[[], int] = lambda: int(time.now().timestamp() * 1000) * 1_000_000  # noqa: E731
    real, real_system = os.urandom, random._urandom
    os.urandom = random._urandom = draw
    shared.ids.time = SimpleNamespace(time_ns=nanoseconds)
    try:
        yield
    finally:
        os.urandom, random._urandom = real, real_system
        import time as module

        shared.ids.time = module
