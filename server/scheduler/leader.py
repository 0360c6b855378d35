"""Who leads: of all scheduler processes on one database, one runs jobs; the others wait for it to die.

PostgreSQL: an advisory lock of a session on a connection of its own, straight to the server (through PgBouncer in
transaction mode it would leak). SQLite: a lock on a file beside the database. The system lets go of either when the
process dies, however it dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

LOCK = int.from_bytes(b"yuetansc", "big")
# A machine that vanished must not lead for hours: its connection is given up after some 25 s of silence.
_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_SERVER_SIDE = ("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")


class Leadership(Protocol):
    def acquire(self) -> bool:
        """Try once. True: we lead."""

    def held(self) -> bool:
        """Whether we still lead, as far as can be known now."""

    def release(self) -> None:
        """Let others lead."""


def leadership(url: str) -> Leadership:
    made = sa.make_url(url)
    if made.get_backend_name() == "sqlite":
        if not made.database or made.database == ":memory:":
            raise ValueError("a database in memory cannot be shared with a scheduler")
        return FileLock(Path(f"{made.database}.scheduler.lock"))
    return AdvisoryLock(made)


class AdvisoryLock:
    def __init__(self, url: sa.URL) -> None:
        self._engine = sa.create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": 5, "application_name": "yuetan scheduler", **_KEEPALIVE},
        )  # fmt: skip
        self._connection: sa.Connection | None = None

    def acquire(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                for setting in _SERVER_SIDE:
                    self._connection.exec_driver_sql(f"SET {setting}")
            return bool(self._connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))))
        except SQLAlchemyError:
            self.release()
            raise

    def held(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            self.release()
            return False
        return True

    def release(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                # Said, not only left behind: the server notices a closed connection when it gets round to it. A lost
                # one would be made anew for it.
                if not self._connection.invalidated:
                    self._connection.scalar(sa.select(sa.func.pg_advisory_unlock(LOCK)))
            with contextlib.suppress(SQLAlchemyError):
                self._connection.invalidate()  # closed for good, and the lock with it
            with contextlib.suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None


class FileLock:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def held(self) -> bool:
        return self._file is not None

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
