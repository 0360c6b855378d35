"""One connection, one lock, one writer.

The screen's thread and the sync thread share the store; a lock around one connection is simpler to trust than
two connections and retries, and a phone has no load that would ask for more. `synchronous=FULL` in WAL mode
syncs on every commit, so what a method returned from is on the disk.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from caregiver_app.store.schema import migrate
from caregiver_app.store.vault import Vault


class Database:
    """An open store file. `transaction()` nests: the outermost one commits."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self.path = path
        self.vault = vault
        self.lock = threading.RLock()
        self._depth = 0
        self._changed = False
        self.version = 0  # grows with every commit that changed something
        self._listeners: list[Callable[[], None]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            # Two processes on one store (an app restarted while the old one is dying) wait for each other.
            self._connection.execute("PRAGMA busy_timeout = 10000")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            # What is deleted or closed anew is not to be read in the file's unused parts.
            self._connection.execute("PRAGMA secure_delete = ON")
            migrate(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """End the connection; safe to call twice."""
        with self.lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Listeners are told after the commit, outside the lock."""
        with self.lock:
            outermost = self._depth == 0
            if outermost:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if outermost:
                    self._changed = False
                    self._afterwards.clear()
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if not outermost:
                return
            try:
                self._connection.execute("COMMIT")
            except BaseException:
                self._changed = False
                self._afterwards.clear()
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            changed, self._changed = self._changed, False
            self.version += int(changed)
            afterwards, self._afterwards = self._afterwards, []
            for work in afterwards:
                work()
        if changed:
            self._tell()

    def touched(self) -> None:
        """What is shown may have changed although no row did: the store was locked or unlocked."""
        with self.lock:
            self.version += 1
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()

    def after_commit(self, work: Callable[[], None]) -> None:
        """Do `work` when the open transaction is on the disk, or now if there is none; never after a rollback."""
        with self.lock:
            if self._depth:
                self._afterwards.append(work)
            else:
                work()

    @property
    def in_transaction(self) -> bool:
        """Whether some thread is in a transaction: what was read before may be about to change."""
        return self._depth > 0

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a changing statement, in the open transaction or one of its own → rows touched."""
        with self.transaction():
            count = self._connection.execute(sql, values).rowcount
            self._changed = self._changed or count > 0
            return count

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        with self.lock:
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return found

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
        return json.loads(self.vault.open(place, blob))


def to_json(value: Any) -> bytes:
    """JSON as it is kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
