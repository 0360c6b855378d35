"""A phone's store as the app's first release kept it: everything in clear, nothing sealed.

Only phones that were begun by that release have such a store today, so it is made of a new one, by taking away what
came since. What is then opened must lose nothing.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from nacl.public import PrivateKey, SealedBox

from caregiver_app.platform.desktop import FileSecrets
from caregiver_app.store.schema import V1, statements
from caregiver_app.store.vault import Spoiled, Vault
from server.keys import KeyRing
from tests.sim.house import SECRET

NEWER = ("closed", "rescued", "lost_drafts", "lock_after_min", "aloud", "elder")


def make_old(folder: Path) -> None:
    """Turn the closed store in `folder`, which has no PIN, into one of the first release."""
    vault = Vault(folder, FileSecrets(folder / "secrets"))
    new, old = folder / "phone.sqlite", folder / "old.sqlite"
    with closing(sqlite3.connect(new)) as source, closing(sqlite3.connect(old)) as target:
        for statement in statements(V1):
            target.execute(statement)
        target.execute("PRAGMA user_version = 1")
        for key, value in source.execute("SELECT key, value FROM meta").fetchall():
            if key not in NEWER:
                target.execute("INSERT INTO meta VALUES (?, ?)", (key, _clear(vault, f"meta/{key}", value)))
        for table in ("cache", "incoming"):
            for section, key, body in source.execute(f"SELECT section, key, body FROM {table}").fetchall():
                clear = _clear(vault, f"{table}/{section}/{key}", body)
                target.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", (section, key, clear))
        hashes = source.execute("SELECT hash, elder_id FROM tag_hashes").fetchall()
        target.executemany("INSERT INTO tag_hashes VALUES (?, ?)", hashes)
        for one, elder, at, body in source.execute("SELECT id, elder_id, changed_at, body FROM drafts").fetchall():
            clear = _clear(vault, f"drafts/{one}", body)
            target.execute("INSERT INTO drafts VALUES (?, ?, ?, ?)", (one, elder, at, clear))
        columns = "seq, id, elder_id, state, urgent, frozen, created_at, attempts, last_error, answer, answered_at"
        for row in source.execute(f"SELECT {columns} FROM outbox").fetchall():
            values = list(row)
            values[5] = _clear(vault, f"outbox/{row[1]}", row[5])
            values[9] = None if row[9] is None else _clear(vault, f"answer/{row[1]}", row[9])
            target.execute(f"INSERT INTO outbox ({columns}) VALUES ({', '.join('?' * 11)})", values)
        columns = "visit_id, sha256, size, state, offset, attempts, last_error, sent_at"
        for row in source.execute(f"SELECT {columns} FROM photos").fetchall():
            target.execute(f"INSERT INTO photos ({columns}) VALUES ({', '.join('?' * 8)})", row)
            _clear_picture(vault, folder / "photos", row[0], row[1])
        target.commit()
    for ending in ("", "-wal", "-shm"):
        Path(f"{new}{ending}").unlink(missing_ok=True)
    old.replace(new)
    for name in ("vault.json", "tries", "saved.journal"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "secrets", ignore_errors=True)


def can_grow_old(folder: Path) -> bool:
    """Not where there is something that the first release did not know: events, or visits of which only the sealed form
    is left, be it that a forgotten PIN took along the key of the other."""
    vault = Vault(folder, FileSecrets(folder / "secrets"))
    with closing(sqlite3.connect(folder / "phone.sqlite")) as file:
        events = file.execute("SELECT count(*) FROM events").fetchone()[0]
        visits = file.execute("SELECT id, frozen FROM outbox").fetchall()
    return not events and all(_opens(vault, f"outbox/{one}", frozen) for one, frozen in visits)


def _opens(vault: Vault, place: str, blob: bytes) -> bool:
    try:
        return bool(blob) and bool(vault.open(place, blob))
    except Spoiled:
        return False


def _clear(vault: Vault, place: str, blob: bytes) -> bytes:
    return vault.open(place, blob)


def _clear_picture(vault: Vault, photos: Path, visit_id: str, digest: str) -> None:
    """The picture in clear; of one that was sent only the sealed form is left, which the server's key opens."""
    picture, sealed = photos / f"{digest}.jpg", photos / f"{digest}.{visit_id}.sealed"
    if picture.exists():
        closed = picture.read_bytes()
        picture.write_bytes(closed if vault.is_clear(closed) else vault.open(f"photos/{digest}", closed))
    elif sealed.exists():
        box = SealedBox(PrivateKey(KeyRing((SECRET,)).sealing[0].private))
        picture.write_bytes(box.decrypt(sealed.read_bytes()))
    sealed.unlink(missing_ok=True)
