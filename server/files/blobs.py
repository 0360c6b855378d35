"""Where bytes lie: a folder here, an object store elsewhere. It knows names and sealed bytes, nothing of what they are.

A blob is there whole or not at all: it is written beside, forced to disk, and then given its name. Names are made by
us (`server/files/service.py`), never by a client.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

_PART = ".part"


class BlobMissing(Exception):
    """No such blob: removed, or the folder is not the one that belongs to this database."""


class Blobs(Protocol):
    """What a store of bytes must do. `name` is a relative path of letters, digits, `-` and `/`."""

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep all of `chunks` under `name`, durably; nothing if any of them raises."""

    def read(self, name: str, size: int) -> Iterator[bytes]:
        """The bytes in pieces of `size` (the last may be shorter). Raises BlobMissing."""

    def delete(self, name: str) -> None:
        """Remove it; one that is not there is no error."""

    def names(self) -> Iterator[tuple[str, dt.datetime]]:
        """Every name with the instant when it was written, half-written ones too."""


class FolderBlobs:
    """Blobs as files under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        path = self.root / name
        self._make(path.parent)
        part = path.with_name(f"{path.name}.{secrets.token_hex(6)}{_PART}")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def read(self, name: str, size: int) -> Iterator[bytes]:
        try:
            file = open(self.root / name, "rb")  # noqa: SIM115 (closed by the generator)
        except FileNotFoundError:
            raise BlobMissing(name) from None
        return _pieces(file, size)

    def delete(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def names(self) -> Iterator[tuple[str, dt.datetime]]:
        for folder, _folders, files in os.walk(self.root):
            for file in files:
                path = Path(folder, file)
                with contextlib.suppress(FileNotFoundError):  # removed while we walk
                    written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
                    yield path.relative_to(self.root).as_posix(), written

    def _make(self, folder: Path) -> None:
        """Make the folder; a new one's name is forced to disk in its parent, or a crash could lose it."""
        if folder.is_dir():
            return
        if folder != self.root:
            self._make(folder.parent)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _pieces(file: object, size: int) -> Iterator[bytes]:
    with file:  # type: ignore[attr-defined]
        while piece := file.read(size):  # type: ignore[attr-defined]
            yield piece


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
