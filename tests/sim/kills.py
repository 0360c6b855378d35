"""Killing a phone in this process: at any statement, commit, sync or rename of its store, or inside an exchange. And
its disk, which is suddenly full, for a moment or for as long as something is done.

The moment the bullet hits, the phone's folder is copied as the disk then has it, write-ahead log and all, and `Killed`
unwinds everything else. Only the copy lives on, so nothing that runs while unwinding (a rollback, a `finally`) can
help; SQLite recovers from what it finds, as after a real SIGKILL.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "COMMIT"})


class Killed(BaseException):
    """The app's process ended here."""


class Gun:
    """At most one bullet is on its way. `hits` counts those that struck, `failures` what a full disk refused."""

    def __init__(self) -> None:
        self.hits = 0
        self.failures = 0
        self._left: int | None = None
        self._folder: Path | None = None
        self._copy: Path | None = None
        self._full_in: int | None = None
        self._for_good = False

    def aim(self, folder: Path, copy: Path, moments: int) -> None:
        """Kill the phone in `folder` after so many of its moments; `copy` is where its disk will lie."""
        self._folder, self._copy, self._left = folder, copy, moments

    def fill(self, writes: int, *, for_good: bool) -> None:
        """The disk is full at the so-manyth write from now, and, `for_good`, at every later one."""
        self._full_in, self._for_good = writes, for_good

    def lower(self) -> None:
        """No kill after all, and room on the disk."""
        self._left = self._full_in = None

    def wrote(self) -> bool:
        """Something is to be written → whether the disk refuses."""
        if self._full_in is None:
            return False
        self._full_in -= 1
        if self._full_in > 0:
            return False
        self._full_in = 1 if self._for_good else None
        self.failures += 1
        return True

    def tick(self) -> None:
        """One moment."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            assert self._folder is not None
            assert self._copy is not None
            self._left = None
            self.hits += 1
            shutil.copytree(self._folder, self._copy)
            raise Killed


PHONES = "phones"  # the folder that all phones' folders lie in; the server has another


def _is_phones(path: Any) -> bool:
    return PHONES in Path(path).parts


def _if_room(gun: Gun) -> None:
    if gun.wrote():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextlib.contextmanager
def killable(gun: Gun) -> Iterator[None]:
    """While this lasts, every step of a phone's store to its disk is a moment of `gun`. Nothing waits for the disk.

    The server does its work in the same process, often in the middle of a phone's: its own disk is spared.
    """

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            gun.tick()
            if arguments[0].split(None, 1)[0].upper() in WRITING and gun.wrote():
                full = sqlite3.OperationalError("database or disk is full")
                full.sqlite_errorcode, full.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
                raise full
            cursor = super().execute(*arguments)
            gun.tick()
            return cursor

    connect, fsync, replace, unlink = sqlite3.connect, os.fsync, os.replace, os.unlink

    def connect_killable(path: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        if str(path).endswith("phone.sqlite"):
            named["factory"] = Connection
        return connect(path, *arguments, **named)

    def fsync_killable(file: Any) -> None:
        number = file if isinstance(file, int) else file.fileno()
        if _is_phones(os.readlink(f"/proc/self/fd/{number}")):
            gun.tick()
            _if_room(gun)

    def replace_killable(source: Any, target: Any, **named: Any) -> None:
        if not _is_phones(target):
            return replace(source, target, **named)
        gun.tick()
        _if_room(gun)
        replace(source, target, **named)
        return gun.tick()

    def unlink_killable(path: Any, **named: Any) -> None:
        if _is_phones(path):
            gun.tick()
        unlink(path, **named)

    sqlite3.connect = connect_killable
    os.fsync, os.replace, os.unlink = fsync_killable, replace_killable, unlink_killable
    try:
        yield
    finally:
        sqlite3.connect, os.fsync, os.replace, os.unlink = connect, fsync, replace, unlink
