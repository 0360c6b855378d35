"""A damaged store: set it aside, begin a new one, and bring over every row that can still be read.

Visits, events, drafts, photos and what the phone knows of itself are rescued; the list of elders is fetched again.
Saved visits and events of which no row is left come back from the journal (journal.py).
What is found twice in different states is sent again: the server knows what it has. The broken files stay aside.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from caregiver_app.store.files import sync_folder, write_whole
from caregiver_app.store.journal import Journal
from caregiver_app.store.pages import records
from caregiver_app.store.schema import STEPS, migrate, shape, shape_of

ASIDE = "broken"
KEPT_ASIDE = 3
NO_VERSION = 1000  # there will never be so many
STATES = ("pending", "sent", "refused")
PHOTO_STATES = ("draft", "waiting", "pending", "sent", "refused")
_KEPT = ("outbox", "events", "drafts", "photos", "meta")
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[a-z_]{1,40}")
# What the new store must not believe: it holds no list yet.
_FORGOTTEN = ("cursor", "incoming_cursor", "pulled_at", "account")


def check(connection: sqlite3.Connection) -> None:
    """Let SQLite look over its own pages, and see that the tables are those of the file's version: a name of which
    a byte was flipped is in order for SQLite. Of what cannot be fetched again the indexes are compared too: a row that
    its index does not know would be sent and never settled. sqlite3.DatabaseError (SQLITE_CORRUPT): something is not
    in order."""
    sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",) and _of_its_version(connection)
    tables = (name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    kept = [name for name in tables if name in _KEPT] if sound else []
    if not sound or any(connection.execute(f"PRAGMA integrity_check({name})").fetchone() != ("ok",) for name in kept):
        raise damaged()


def damaged() -> sqlite3.DatabaseError:
    """What SQLite says of a file that is not in order."""
    error = sqlite3.DatabaseError("the store is damaged")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def is_damage(error: Exception) -> bool:
    """Whether it says that the file is harmed. A text that is no text comes without a code, or, where it stands in
    SQLite's own words, as an error of Python's."""
    if isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error):
        return True
    code = int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    return isinstance(error, UnicodeDecodeError) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _of_its_version(connection: sqlite3.Connection) -> bool:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    found = shape_of(connection)
    if 0 <= version <= len(STEPS):
        return found == shape(version)
    # A newer app's tables are its own business (StoreTooNew); ours under a number that is no version are not.
    return 0 < version < NO_VERSION or all(found != shape(known) for known in range(len(STEPS) + 1))


def is_under_way(path: Path) -> bool:
    """Whether a rescue of the database at `path` was begun and not finished."""
    return _mark(path).exists()


def rescue(path: Path) -> dict[str, int]:
    """Set the broken database aside and put a new one in its place → how many rows of each table it holds.

    Nobody may have it open. Broken off anywhere it is taken up again: the mark says where the broken files lie.
    OSError: the disk would not.
    """
    mark = _mark(path)
    if not mark.exists():
        write_whole(mark, str(_next(mark.parent)).encode())
    target = mark.parent / mark.read_text()
    target.mkdir(exist_ok=True)
    for name in (path.name, path.name + "-wal", path.name + "-shm"):
        if path.with_name(name).exists() and not (target / name).exists():
            path.with_name(name).replace(target / name)
    sync_folder(path.parent)
    found = _build(target / path.name, path)
    mark.unlink()
    return found


def _mark(path: Path) -> Path:
    return path.parent / ASIDE / "rescuing"


def _next(folder: Path) -> int:
    """A number for the broken files; the oldest set aside make room."""
    folder.mkdir(exist_ok=True)
    taken = sorted(int(one.name) for one in folder.iterdir() if one.name.isdigit())
    for old in taken[: -KEPT_ASIDE + 1]:
        shutil.rmtree(folder / str(old), ignore_errors=True)
    return taken[-1] + 1 if taken else 1


def _build(broken: Path, fresh: Path) -> dict[str, int]:
    beside = fresh.with_name(fresh.name + ".new")
    beside.unlink(missing_ok=True)
    connection = sqlite3.connect(beside, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        found = _bring_over(broken, connection, Journal(fresh))
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise OSError(f"no room for the rescue: {error}") from error
    finally:
        connection.close()
    beside.replace(fresh)
    sync_folder(fresh.parent)
    return found


def _bring_over(broken: Path, connection: sqlite3.Connection, journal: Journal) -> dict[str, int]:
    columns = {
        table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        for table in _KEPT
    }
    for rowid, values in records(broken):
        table = _table(rowid, values)
        if table is None or len(values) > len(columns[table]):
            continue
        row = dict(zip(columns[table], values, strict=False))
        if "seq" in row:
            row["seq"] = rowid
        _keep(connection, table, row)
    connection.executemany("DELETE FROM meta WHERE key = ?", [(key,) for key in _FORGOTTEN])
    journal.restore(connection)
    # A saved visit is no draft any more, whichever page told of it last.
    connection.execute("DELETE FROM drafts WHERE id IN (SELECT id FROM outbox)")
    connection.execute(
        "UPDATE photos SET state = 'waiting' WHERE state = 'draft' AND visit_id IN (SELECT id FROM outbox)"
    )
    return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in columns}


def _keep(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    if table in ("outbox", "events"):
        known = connection.execute(f"SELECT state, seq FROM {table} WHERE id = ?", (row["id"],)).fetchone()
        if known is not None:
            row["seq"] = known[1]
            if known[0] != row["state"]:
                row["state"] = "pending"
        elif connection.execute(f"SELECT 1 FROM {table} WHERE seq = ?", (row["seq"],)).fetchone():
            row["seq"] = None
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    try:
        connection.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
    except sqlite3.IntegrityError:
        return  # half a record


def _table(rowid: int | None, values: tuple[Any, ...]) -> str | None:
    """Which table a record is of, by its shape."""
    if rowid is not None:
        if _like(values, 11, None, _ID, object, STATES, (0, 1), bytes, str, int):
            return "outbox"
        if _like(values, 12, None, _ID, _KEY, object, STATES, (0, 1), bytes, str, int):
            return "events"
        if _like(values, 4, _ID, object, str, bytes):
            return "drafts"
        return None
    if _like(values, 8, _ID, _DIGEST, int, PHOTO_STATES, object, int):
        return "photos"
    if len(values) == 2 and _like(values, 2, _KEY, bytes):
        return "meta"
    return None


def _like(values: tuple[Any, ...], least: int, *shape: Any) -> bool:
    return len(values) >= least and all(_fits(value, one) for value, one in zip(values, shape, strict=False))


def _fits(value: Any, shape: Any) -> bool:
    if shape is None:
        return value is None
    if isinstance(shape, tuple):
        return value in shape
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    return isinstance(value, shape)


