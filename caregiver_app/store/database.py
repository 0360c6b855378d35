"""One connection, one lock, one writer.

The screen's thread and the sync thread share the store; a lock around one connection is simpler to trust than
two connections and retries, and a phone has no load that would ask for more. `synchronous=FULL` in WAL mode
syncs on every commit, so what a method returned from is on the disk.
"""

from __future__ import annotations

import errno
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from caregiver_app.store.journal import COLUMNS, Journal
from caregiver_app.store.rescue import check, is_damage, is_under_way, rescue
from caregiver_app.store.schema import migrate
from caregiver_app.store.vault import Vault

log = logging.getLogger(__name__)

# SQLite's primary result codes.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


class DiskTrouble(OSError):
    """The disk would not: it is full, or failing. Nothing was changed."""


class Damaged(OSError):
    """The file was no longer what SQLite wrote, and is being made anew from what can be read. Nothing was changed."""


class Database:
    """An open store file. `transaction()` nests: the outermost one commits."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self.path = path
        self.vault = vault
        self.journal = Journal(path)
        self.restored = 0  # rows that only the journal still had when the file was opened
        self.lock = threading.RLock()
        self.disk_trouble = False  # whether the last change failed for want of a disk
        self.rescued: dict[str, int] | None = None  # rows of each table, if the file had to be made anew
        self.on_rescue: Callable[[], None] = lambda: None
        self._depth = 0
        self._changed = False
        self._damaged = False
        self.version = 0  # grows with every commit that changed something
        self._listeners: list[Callable[[], None]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        if is_under_way(self.path):
            self.rescued = rescue(self.path)
        try:
            return self._connected()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_damage(error):
                raise
        self.rescued = rescue(self.path)
        return self._connected()

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            # Two processes on one store (an app restarted while the old one is dying) wait for each other.
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # What is deleted or closed anew is not to be read in the file's unused parts.
            connection.execute("PRAGMA secure_delete = ON")
            check(connection)
            migrate(connection)
            self._restore(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _restore(self, connection: sqlite3.Connection) -> None:
        """What was saved and is no longer in the file (its log was harmed, say) is put back."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            self.restored = self.journal.restore(connection)
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if _code(error) not in _DISK:
                raise
            self.restored = 0  # a full disk takes nothing back now: at the next start
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")

    def _mend(self) -> None:
        """Make the file anew, and go on with the new one."""
        self._damaged = False
        self._connection.close()
        self.rescued = rescue(self.path)
        self._connection = self._connected()
        self.on_rescue()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """SQLite's errors in our words."""
        try:
            yield
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            code = _code(error)
            if is_damage(error):
                self._damaged = True
                raise Damaged("the store is damaged") from error
            if code in _DISK:
                self.disk_trouble = True
                raise DiskTrouble("the disk is full" if code == sqlite3.SQLITE_FULL else "the disk fails") from error
            raise

    def close(self) -> None:
        """End the connection; safe to call twice."""
        with self.lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Listeners are told after the commit, outside the lock.

        DiskTrouble, Damaged: nothing was changed.
        """
        with self.lock:
            outermost = self._depth == 0
            self._depth += 1
            try:
                if outermost:
                    with self._watched():
                        self._connection.execute("BEGIN IMMEDIATE")
                yield
                if outermost:
                    with self._watched():
                        self._connection.execute("COMMIT")
            except BaseException as error:
                self._depth -= 1
                if isinstance(error, OSError) and error.errno in _NO_ROOM:
                    self.disk_trouble = True  # a file beside the rows: a photo
                if outermost:
                    self._undo()
                raise
            self._depth -= 1
            if not outermost:
                return
            changed, self._changed = self._changed, False
            if changed:
                self.disk_trouble = False
            self.version += int(changed)
            afterwards, self._afterwards = self._afterwards, []
            for work in afterwards:
                with suppress(OSError):  # a file that would not go is swept at the next start
                    work()
        if changed:
            self._tell()

    def _undo(self) -> None:
        self._changed = False
        self._afterwards.clear()
        with suppress(sqlite3.Error):  # a disk that fails may fail this too; closing undoes it as well
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        if self._damaged:
            self._mend()

    def note(self, table: str, row_id: str) -> None:
        """Write a row of what waits into the journal as well, once it is on the disk. A disk that will not take the
        second copy denies nobody the first; it is written at the next start."""
        found = self.row(f"SELECT {COLUMNS[table]} FROM {table} WHERE id = ? AND state <> 'sent'", (row_id,))
        if found is not None:
            self.after_commit(lambda: self.journal.add(table, found))

    def tidy(self, *, always: bool = False) -> None:
        """Leave out of the journal what the server has: if it is time to, or `always`, unless it is so already."""
        with self.lock, suppress(OSError, sqlite3.Error):
            self.journal.tidy(self._connection, always=always)

    def touched(self) -> None:
        """What is shown may have changed although no row did: the store was locked or unlocked."""
        with self.lock:
            self.version += 1
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            try:
                listener()
            except Exception as error:  # what is on the disk is not to look as if it were not
                log.error("a listener failed: %s", type(error).__name__)

    def after_commit(self, work: Callable[[], None]) -> None:
        """Do `work` when the open transaction is on the disk, or now if there is none; never after a rollback."""
        with self.lock:
            if self._depth:
                self._afterwards.append(work)
            else:
                with suppress(OSError):
                    work()

    @property
    def in_transaction(self) -> bool:
        """Whether some thread is in a transaction: what was read before may be about to change."""
        return self._depth > 0

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a changing statement, in the open transaction or one of its own → rows touched."""
        with self.transaction():
            with self._watched():
                count = self._connection.execute(sql, values).rowcount
            self._changed = self._changed or count > 0
            return count

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.lock:
            try:
                return self._rows(sql, values)
            except Damaged:
                if self._depth:
                    raise  # mended when the transaction is undone
                self._mend()
                return self._rows(sql, values)

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._watched():
            return self._connection.execute(sql, values).fetchall()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each commit that changed something; the returned function ends it."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def rewrite(self) -> None:
        """Write the whole file anew, and empty the log beside it: nothing that was deleted is left in either."""
        with self.lock:
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def pack(self, place: str, value: Any, *, device: bool = False) -> bytes:
        """A JSON value as a closed blob."""
        return self.vault.close(place, to_json(value), device=device)

    def unpack(self, place: str, blob: bytes) -> Any:
        """The JSON value of a closed blob."""
        return json.loads(str(self.vault.open(place, blob), "utf-8"))  # bytes would have their encoding guessed first


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def to_json(value: Any) -> bytes:
    """JSON as it is kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
