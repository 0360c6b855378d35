"""The phone's tables, version by version.

A step is never edited once released: phones in the field hold databases of every version, and each must open
after an update with its outbox whole. `user_version` says how many steps a file has seen.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from typing import Any

V1 = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE cache (
    section TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (section, key)
) WITHOUT ROWID;

-- A first pull comes in pages and replaces the copy only when it is whole; until then it waits here.
CREATE TABLE incoming (
    section TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (section, key)
) WITHOUT ROWID;

CREATE TABLE tag_hashes (
    hash TEXT PRIMARY KEY,
    elder_id TEXT
) WITHOUT ROWID;

CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    elder_id TEXT,
    changed_at TEXT NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    elder_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'refused')),
    urgent INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    frozen BLOB NOT NULL,
    created_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    answer BLOB,
    answered_at TEXT
);
CREATE INDEX outbox_by_state ON outbox (state, urgent DESC, seq);
CREATE INDEX outbox_by_elder ON outbox (elder_id, seq);

CREATE TABLE photos (
    visit_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'waiting', 'pending', 'sent', 'refused')),
    offset INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    sent_at TEXT,
    PRIMARY KEY (visit_id, sha256)
) WITHOUT ROWID;
CREATE INDEX photos_by_state ON photos (state);
"""

V2 = """
-- Sealed for the server at the moment of saving, and signed: it is sent without PIN or tokens. `device_id` names
-- the enrolment it was signed under.
ALTER TABLE outbox ADD COLUMN sealed BLOB;
ALTER TABLE outbox ADD COLUMN key_id TEXT;
ALTER TABLE outbox ADD COLUMN signature BLOB;
ALTER TABLE outbox ADD COLUMN device_id TEXT;

-- A draft that could be saved as it stands is sealed with every touch; a wipe then saves it instead of losing it.
ALTER TABLE drafts ADD COLUMN sealed BLOB;
ALTER TABLE drafts ADD COLUMN key_id TEXT;
ALTER TABLE drafts ADD COLUMN signature BLOB;
ALTER TABLE drafts ADD COLUMN device_id TEXT;
ALTER TABLE drafts ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;

-- The sealed form of a photo lies beside it as a file; signatures and keys are here.
ALTER TABLE photos ADD COLUMN key_id TEXT;
ALTER TABLE photos ADD COLUMN signature BLOB;
ALTER TABLE photos ADD COLUMN device_id TEXT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'refused')),
    urgent INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    frozen BLOB NOT NULL,
    created_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    answer BLOB,
    answered_at TEXT
);
CREATE INDEX events_by_state ON events (state, urgent DESC, seq);
CREATE INDEX events_by_subject ON events (kind, subject, seq);
"""

STEPS: tuple[str, ...] = (V1, V2)


class StoreTooNew(Exception):
    """The file was written by a newer app; this one must not touch it."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open file to the newest schema, each step in its own transaction.

    Raises StoreTooNew for a file from the future.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        raise StoreTooNew(f"the store has schema {version}, this app knows {len(STEPS)}")
    for number, step in enumerate(STEPS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements(step):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


@cache
def shape(version: int) -> frozenset[tuple[Any, ...]]:
    """What a file that has seen so many steps says of its tables and indexes."""
    with closing(sqlite3.connect(":memory:")) as made:
        for step in STEPS[:version]:
            for statement in statements(step):
                made.execute(statement)
        return shape_of(made)


def shape_of(connection: sqlite3.Connection) -> frozenset[tuple[Any, ...]]:
    """What this file says of them."""
    return frozenset(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))


def statements(script: str) -> list[str]:
    """A script's statements, one by one: `executescript` would commit what is open."""
    found, part = [], ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            found.append(part.strip())
            part = ""
    return found
