"""Wrong PINs, counted on the disk: neither a restart nor a clock that is set forward buys a try.

A try is counted before the PIN is looked at, so killing the app in between gains nothing. Waits are measured in
uptime, which nobody can set; after a reboot only what the new boot has lasted counts. The file is overwritten
where it lies, so that a full disk locks nobody out.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "tries"
FREE, LAST = 5, 15
# Seconds to wait after the 5th, 6th … 14th wrong try; the 15th is the last.
WAITS_S = (60, 120, 300, 600, 900, 1800, 3600, 3600, 3600, 3600)
_SIZE = 256
# How much of a wait may be forgotten at a reboot.
_NOTED_EVERY_MS = 5_000


@dataclass(frozen=True, slots=True)
class _Kept:
    count: int = 0
    left_ms: int = 0
    boot: str = ""
    uptime_ms: int = 0


class Tries:
    """The count and the wait of one store folder. `boot` and `uptime_ms` are the phone's at the call."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    @property
    def count(self) -> int:
        """Wrong tries since the last right one."""
        return self._read().count

    @property
    def left(self) -> int:
        """Tries until the list of elders is dropped."""
        return max(0, LAST - self.count)

    def wait_ms(self, boot: str, uptime_ms: int) -> int:
        """How long until the next try. OSError: the disk would not."""
        kept = self._read()
        if kept.left_ms <= 0:
            return 0
        since = {boot: kept.uptime_ms, "": uptime_ms}.get(kept.boot, 0)  # of another boot only this one counts
        served = max(0, uptime_ms - since)
        left = max(0, kept.left_ms - served)
        if kept.boot != boot or served >= _NOTED_EVERY_MS or not left:
            self._write(_Kept(kept.count, left, boot, uptime_ms))
        return left

    def begin(self, boot: str, uptime_ms: int) -> None:
        """Count a try as wrong before it is made. OSError: it could not be counted, and must not be made."""
        count = self._read().count + 1
        wait = WAITS_S[min(count - FREE, len(WAITS_S) - 1)] * 1000 if FREE <= count < LAST else 0
        self._write(_Kept(count, wait, boot, uptime_ms))

    def reset(self) -> None:
        """The PIN was right, or is a new one. OSError: the disk would not."""
        self._write(_Kept())

    def _read(self) -> _Kept:
        try:
            kept = _Kept(**json.loads(self._path.read_bytes()))
            if isinstance(kept.count, int) and isinstance(kept.left_ms, int) and isinstance(kept.uptime_ms, int):
                return kept
        except (OSError, ValueError, TypeError):
            pass
        # A count that somebody removed is not a count of nothing; its wait begins when it is asked for.
        return _Kept(FREE, WAITS_S[0] * 1000, "")

    def _write(self, kept: _Kept) -> None:
        data = json.dumps(asdict(kept)).encode().ljust(_SIZE)
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
