"""What waits for the server, a second time: in a file of its own beside the database.

A page of the database that goes bad takes the rows with it that lie nowhere else. So every saved visit and every event
is also written here, one line each, in the form it has in its table: sealed for the server, and closed for everybody
else. A line is written after the commit and before anything is said to be saved; so whatever stands here was saved, and
what is missing in the database at the next start is put back. What the server confirmed is dropped from time to time.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from caregiver_app.store.files import write_whole

NAME = "saved.journal"
#: Of each table what a row is made of again; answers and attempts are the server's to repeat.
COLUMNS = {
    "outbox": "id, elder_id, state, urgent, frozen, created_at, sealed, key_id, signature, device_id",
    "events": "id, kind, subject, state, urgent, frozen, created_at",
}
#: It is written anew when it has grown by this much since, and doubled.
GROWS = 65536


class Journal:
    """The file beside the database at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(NAME)
        self._least = 0  # its size when it was last written whole

    def add(self, table: str, values: tuple[Any, ...]) -> None:
        """Write a row's line, onto the disk. `values`: those of `COLUMNS`. OSError: the disk would not."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            try:
                line = _line(table, values)
                if os.write(descriptor, line) < len(line):
                    raise OSError("the disk is full")
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def restore(self, connection: sqlite3.Connection) -> int:
        """Put back what stands here and no longer in its table, or otherwise there → how many rows. In the caller's
        transaction."""
        found = 0
        for (table, row_id), row in self._rows().items():
            here = connection.execute(f"SELECT {COLUMNS[table]} FROM {table} WHERE id = ?", (row_id,)).fetchone()
            if here is not None:
                found += _mend(connection, table, row, here)
                continue
            names, marks = ", ".join(row), ", ".join("?" for _ in row)
            try:
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
            except sqlite3.IntegrityError:
                continue
            found += 1
            if table == "outbox":
                connection.execute("DELETE FROM drafts WHERE id = ?", (row_id,))
                connection.execute(
                    "UPDATE photos SET state = 'waiting' WHERE visit_id = ? AND state = 'draft'", (row_id,)
                )
        return found

    def tidy(self, connection: sqlite3.Connection, *, always: bool = False) -> None:
        """Leave out what the server has, if it is time to. `always`: unless it says the same already.

        OSError: the disk would not; the old file is still there.
        """
        size = self.path.stat().st_size if self.path.exists() else -1
        if always:
            due = size < 0 or self._standing() != set(_waiting(connection))
        else:
            # When nothing is under way any more, and else when it has grown much.
            idle = all(state != "pending" for _, _, state, _ in _waiting(connection))
            due = size > self._least and (idle or size > 2 * self._least + GROWS)
        if not due:
            self._least = max(size, 0) if always else self._least
            return
        lines = b"".join(
            _line(table, row)
            for table, columns in COLUMNS.items()
            for row in connection.execute(f"SELECT {columns} FROM {table} WHERE state <> 'sent' ORDER BY seq")
        )
        write_whole(self.path, lines)
        self._least = len(lines)

    def _standing(self) -> set[tuple[Any, ...]]:
        rows = self._rows().items()
        return {(table, row_id, row["state"], row.get("sealed") is not None) for (table, row_id), row in rows}

    def _rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Rows by table and id, the newest line of each, in the order they were written first."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for table, row in rows(self.path):
            found[table, row["id"]] = row
        return found


def _mend(connection: sqlite3.Connection, table: str, row: dict[str, Any], here: tuple[Any, ...]) -> bool:
    """A byte that flipped inside a value is in order for SQLite; a line here has its checksum."""
    names = COLUMNS[table].split(", ")
    wrong = {
        name: row[name]
        for name, value in zip(names, here, strict=True)
        if name not in ("id", "state") and row.get(name) is not None and row[name] != value
    }
    if not wrong:
        return False
    put = ", ".join(f"{name} = ?" for name in wrong)
    connection.execute(f"UPDATE {table} SET {put} WHERE id = ?", (*wrong.values(), row["id"]))
    return True


def _waiting(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    for table, sealed in (("outbox", "sealed NOTNULL"), ("events", "0")):
        for row in connection.execute(f"SELECT id, state, {sealed} FROM {table} WHERE state <> 'sent'"):
            yield table, row[0], row[1], bool(row[2])


def _line(table: str, values: tuple[Any, ...]) -> bytes:
    """Its own line whatever stands before it, with a checksum in front."""
    written = [base64.b85encode(one).decode() if isinstance(one, bytes) else one for one in values]
    names = COLUMNS[table].split(", ")
    blobs = [name for name, one in zip(names, values, strict=True) if isinstance(one, bytes)]
    said = json.dumps([table, blobs, dict(zip(names, written, strict=True))], separators=(",", ":")).encode()
    return b"\n%08x %s\n" % (zlib.crc32(said), said)


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every line that is whole."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        mark, _, said = line.partition(b" ")
        if not said or mark != b"%08x" % zlib.crc32(said):
            continue
        table, blobs, row = json.loads(said)
        if table in COLUMNS:
            yield table, {name: base64.b85decode(one) if name in blobs else one for name, one in row.items()}
