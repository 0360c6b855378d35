"""Photos on their way in: what has arrived of each, until it is whole.

A part is a file of its own under the home folder, encrypted from its first byte on with a key of the server's, for it
is a picture of somebody's room. Its length says how much is there; nothing about it stands in the database, so a part
costs no transaction, and losing this folder costs phones only the sending.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

BLOCK = 16
FORGET_AFTER = dt.timedelta(days=7)


class Part:
    """One photo's bytes so far; held by one request at a time."""

    def __init__(self, descriptor: int, key: bytes) -> None:
        self._file, self._key = descriptor, key

    @property
    def size(self) -> int:
        return max(0, os.fstat(self._file).st_size - BLOCK)

    def write(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset` (not beyond the end); whatever stood after it is dropped."""
        if offset == 0:  # a new beginning gets a new nonce: the key stream is never used twice
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, secrets.token_bytes(BLOCK), 0)
        os.ftruncate(self._file, BLOCK + offset)
        os.pwrite(self._file, self._crypt(offset, data), BLOCK + offset)

    def read(self) -> bytes:
        return self._crypt(0, os.pread(self._file, self.size, BLOCK))

    def drop(self) -> None:
        """Forget it all; the file goes when the part is let go."""
        os.ftruncate(self._file, 0)

    def _crypt(self, offset: int, data: bytes) -> bytes:
        nonce = int.from_bytes(os.pread(self._file, BLOCK, 0), "big")
        counter = (nonce + offset // BLOCK) % (1 << 128)
        stream = Cipher(AES(self._key), CTR(counter.to_bytes(BLOCK, "big"))).encryptor()
        stream.update(bytes(offset % BLOCK))
        return stream.update(data)


class Spool:
    """The folder of parts. `key`: 32 bytes."""

    def __init__(self, root: Path, key: bytes) -> None:
        self.root, self._key = root, key

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[Part]:
        """The part of that name, made if need be; a second request for it waits until the first is done."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.root / name
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                    break
            os.close(descriptor)  # whom we waited for removed it
        try:
            yield Part(descriptor, self._key)
        finally:
            if os.fstat(descriptor).st_size <= BLOCK:
                path.unlink(missing_ok=True)  # ours: nobody makes another while the name is there
            os.close(descriptor)

    def size(self, name: str) -> int:
        """How many bytes of it are there."""
        try:
            return max(0, (self.root / name).stat().st_size - BLOCK)
        except FileNotFoundError:
            return 0

    def count(self, prefix: str) -> int:
        """How many parts have names that begin so."""
        return sum(1 for _ in self.root.glob(f"{prefix}*")) if self.root.is_dir() else 0

    def sweep(self, now: dt.datetime) -> int:
        """Remove parts that nobody went on with for a week. → how many"""
        removed = 0
        for path in self.root.glob("*") if self.root.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):
                if dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) < now - FORGET_AFTER:
                    path.unlink()
                    removed += 1
        return removed
