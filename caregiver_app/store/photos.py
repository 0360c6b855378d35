"""Photos: a file each, named by its digest, and a row that says where it stands.

The file is synced and renamed into place before its row is written, so a row never names half a picture.
States: draft (its visit is not saved) → waiting (saved, the visit not yet confirmed) → pending (the server
wants it) → sent | refused.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caregiver_app.store.database import Database

_COLUMNS = "visit_id, sha256, size, state, offset, attempts, last_error"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a visit; `offset`: bytes known to be with the server, None if that must be asked."""

    visit_id: str
    sha256: str
    size: int
    state: str
    offset: int | None
    attempts: int
    last_error: str | None


class Photos:
    """Photo files in one folder and their rows."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, visit_id: str, jpeg: bytes) -> str:
        """Keep a picture for a draft → its digest."""
        digest = hashlib.sha256(jpeg).hexdigest()
        self._write(digest, jpeg)
        self._database.write(
            "INSERT INTO photos (visit_id, sha256, size, state, offset) VALUES (?, ?, ?, 'draft', 0)"
            " ON CONFLICT DO NOTHING",
            (visit_id, digest, len(jpeg)),
        )
        return digest

    def path(self, digest: str) -> Path:
        """Where the file lies."""
        return self.folder / f"{digest}.jpg"

    def read(self, digest: str) -> bytes | None:
        """The picture, or None if the file is gone or no longer what it was."""
        try:
            jpeg = self._database.vault.open(f"photos/{digest}", self.path(digest).read_bytes())
        except OSError:
            return None
        return jpeg if hashlib.sha256(jpeg).hexdigest() == digest else None

    def of(self, visit_id: str) -> list[Photo]:
        """A visit's photos."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM photos WHERE visit_id = ? ORDER BY sha256", (visit_id,))
        return [Photo(*row) for row in rows]

    def next(self) -> Photo | None:
        """The next to send: the least tried, the oldest visit first."""
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM photos WHERE state = 'pending' ORDER BY attempts, visit_id, sha256 LIMIT 1"
        )
        return None if row is None else Photo(*row)

    def counts(self) -> dict[str, int]:
        """How many photos are in each state."""
        return dict(self._database.rows("SELECT state, count(*) FROM photos GROUP BY state"))

    def remove(self, visit_id: str, digest: str) -> None:
        """Take a photo out of a draft."""
        self._database.write(
            "DELETE FROM photos WHERE visit_id = ? AND sha256 = ? AND state = 'draft'", (visit_id, digest)
        )
        self._unlink_unused([digest])

    def drop(self, visit_id: str) -> None:
        """Forget all photos of a visit (a discarded draft, or one sent long ago)."""
        digests = [photo.sha256 for photo in self.of(visit_id)]
        self._database.write("DELETE FROM photos WHERE visit_id = ?", (visit_id,))
        self._unlink_unused(digests)

    def saved(self, visit_id: str) -> None:
        """The visit was saved: its photos wait for it to arrive."""
        self._database.write("UPDATE photos SET state = 'waiting' WHERE visit_id = ? AND state = 'draft'", (visit_id,))

    def wanted(self, visit_id: str, missing: list[str], at: str) -> None:
        """The visit arrived: `missing` are to be sent, the rest the server has already."""
        for photo in self.of(visit_id):
            if photo.sha256 in missing:
                self._set(photo, "state = 'pending'")
            elif photo.state in ("waiting", "pending"):
                self._set(photo, "state = 'sent', sent_at = ?", at)

    def all_again(self) -> None:
        """The server lost its memory: photos wait for their visits once more."""
        self._database.write(
            "UPDATE photos SET state = 'waiting', offset = NULL, attempts = 0 WHERE state IN ('sent', 'pending')"
        )

    def progress(self, photo: Photo, offset: int | None) -> None:
        """The server has this many bytes; None: ask before going on."""
        self._set(photo, "offset = ?", offset)

    def settle(self, photo: Photo, state: str, *, error: str | None, at: str) -> None:
        """The photo is `sent` or `refused`."""
        self._set(photo, "state = ?, last_error = ?, sent_at = ?, attempts = attempts + 1", state, error, at)

    def failed(self, photo: Photo, error: str) -> None:
        """An attempt came to nothing; what arrived of it must be asked."""
        self._set(photo, "attempts = attempts + 1, last_error = ?, offset = NULL", error)

    def sweep(self) -> int:
        """Remove files that no row names (killed between file and row) → how many."""
        named = {row[0] for row in self._database.rows("SELECT DISTINCT sha256 FROM photos")}
        gone = 0
        for file in self.folder.iterdir():
            if file.name.split(".")[0] not in named or file.suffix == ".part":
                file.unlink(missing_ok=True)
                gone += 1
        return gone

    def _set(self, photo: Photo, assignments: str, *values: Any) -> None:
        self._database.write(
            f"UPDATE photos SET {assignments} WHERE visit_id = ? AND sha256 = ?",
            (*values, photo.visit_id, photo.sha256),
        )

    def _write(self, digest: str, jpeg: bytes) -> None:
        target = self.path(digest)
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            file.write(self._database.vault.close(f"photos/{digest}", jpeg))
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _unlink_unused(self, digests: list[str]) -> None:
        for digest in digests:
            if self._database.row("SELECT 1 FROM photos WHERE sha256 = ?", (digest,)) is None:
                self.path(digest).unlink(missing_ok=True)
