"""Photos: a file each, named by its digest, and a row that says where it stands.

The file is synced and renamed into place before its row is written, so a row never names half a picture.
States: draft (its visit is not saved) → waiting (saved, the visit not yet confirmed) → pending (the server
wants it) → sent | refused.

Beside the picture, which lies in the personal compartment, lies its sealed form (`<digest>.<visit>.sealed`).
Once the server has it only that is kept, for a server restored from a backup: nothing on the phone opens it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caregiver_app.store.database import Database
from caregiver_app.store.files import write_whole
from caregiver_app.store.sealing import Sealed
from caregiver_app.store.vault import CLOSED_MORE, Locked, Spoiled

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

    def add(self, visit_id: str, jpeg: bytes, sealed: Sealed | None = None) -> str:
        """Keep a picture for a draft → its digest. OSError: the disk would not."""
        digest = hashlib.sha256(jpeg).hexdigest()
        write_whole(self.path(digest), self._database.vault.close(f"photos/{digest}", jpeg))
        with self._database.transaction():
            self._database.write(
                "INSERT INTO photos (visit_id, sha256, size, state, offset) VALUES (?, ?, ?, 'draft', 0)"
                " ON CONFLICT DO NOTHING",
                (visit_id, digest, len(jpeg)),
            )
            if sealed is not None:
                self.seal(visit_id, digest, sealed)
        return digest

    def seal(self, visit_id: str, digest: str, sealed: Sealed) -> None:
        """Add or renew the sealed form."""
        write_whole(self.sealed_path(visit_id, digest), sealed.sealed)
        self._database.write(
            "UPDATE photos SET key_id = ?, signature = ?, device_id = ? WHERE visit_id = ? AND sha256 = ?",
            (sealed.key_id, sealed.signature, sealed.device_id, visit_id, digest),
        )

    def path(self, digest: str) -> Path:
        """Where the picture lies, closed."""
        return self.folder / f"{digest}.jpg"

    def sealed_path(self, visit_id: str, digest: str) -> Path:
        """Where its sealed form lies."""
        return self.folder / f"{digest}.{visit_id}.sealed"

    def read(self, digest: str) -> bytes | None:
        """The picture, or None: the app is locked, or the file is gone or no longer what it was."""
        try:
            jpeg = self._database.vault.open(f"photos/{digest}", self.path(digest).read_bytes())
        except (OSError, Locked, Spoiled):
            return None
        return jpeg if hashlib.sha256(jpeg).hexdigest() == digest else None

    def sealed(self, photo: Photo) -> Sealed | None:
        """The sealed form as it is sent, also while the app is locked. None: there is none."""
        row = self._database.row(
            "SELECT key_id, signature, device_id FROM photos WHERE visit_id = ? AND sha256 = ?",
            (photo.visit_id, photo.sha256),
        )
        if row is None or row[1] is None:
            return None
        try:
            return Sealed(row[0], self.sealed_path(photo.visit_id, photo.sha256).read_bytes(), row[1], row[2])
        except OSError:
            return None

    def unsealed(self, limit: int = 1000) -> list[Photo]:
        """Photos without a sealed form whose picture may still be there."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM photos WHERE signature IS NULL AND state <> 'refused' LIMIT ?", (limit,)
        )
        return [Photo(*row) for row in rows]

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
        with self._database.transaction():
            self._database.write(
                "DELETE FROM photos WHERE visit_id = ? AND sha256 = ? AND state = 'draft'", (visit_id, digest)
            )
            self._unlink_unused(visit_id, [digest])

    def drop(self, visit_id: str) -> None:
        """Forget all photos of a visit (a discarded draft, or one sent long ago)."""
        digests = [photo.sha256 for photo in self.of(visit_id)]
        with self._database.transaction():
            self._database.write("DELETE FROM photos WHERE visit_id = ?", (visit_id,))
            self._unlink_unused(visit_id, digests)

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
                self._keep_sealed_only(photo)

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
        if state == "sent":
            self._keep_sealed_only(photo)

    def failed(self, photo: Photo, error: str, *, counts: bool = True) -> None:
        """An attempt came to nothing; what arrived of it must be asked. `counts`: it may be the photo's own fault."""
        self._set(photo, "attempts = attempts + ?, last_error = ?, offset = NULL", int(counts), error)

    def recover(self) -> int:
        """After a rescue: rows for pictures that lost theirs, as far as files and readable visits name them → how many.

        What may have been sent is sent again: the server knows what it has.
        """
        states = dict(self._database.rows("SELECT id, 'draft' FROM drafts"))
        rows = self._database.rows("SELECT id, state FROM outbox")
        states.update({visit_id: "pending" if state == "sent" else "waiting" for visit_id, state in rows})
        found = 0
        for visit_id, digest in sorted(self._named(states)):
            if self._database.row("SELECT 1 FROM photos WHERE visit_id = ? AND sha256 = ?", (visit_id, digest)):
                continue
            size = _size(self.path(digest)) - CLOSED_MORE
            if size > 0:
                self._database.write(
                    "INSERT INTO photos (visit_id, sha256, size, state) VALUES (?, ?, ?, ?)",
                    (visit_id, digest, size, states[visit_id]),
                )
                found += 1
        return found

    def _named(self, states: dict[str, str]) -> set[tuple[str, str]]:
        """(visit, digest) of every picture of these visits that a sealed file or the visit itself names."""
        named = set()
        for file in self.folder.glob("*.sealed"):
            digest, visit_id, _ = file.name.split(".", 2)
            if visit_id in states:
                named.add((visit_id, digest))
        for table, column in (("outbox", "frozen"), ("drafts", "body")):
            for visit_id, closed in self._database.rows(f"SELECT id, {column} FROM {table}"):
                try:
                    visit = self._database.unpack(f"{table}/{visit_id}", closed)
                except (Locked, Spoiled):
                    continue
                named |= {(visit_id, digest) for digest in visit.get("photos") or ()}
        return named

    def give_up_pictures(self) -> None:
        """Nobody can open them any more; their sealed forms are what counts."""
        for (digest,) in self._database.rows("SELECT DISTINCT sha256 FROM photos WHERE signature NOTNULL"):
            self._unlink(self.path(digest))

    def sweep(self) -> int:
        """Remove files that no row needs (killed between file and row) → how many."""
        rows = self._database.rows("SELECT sha256, visit_id, state, signature FROM photos")
        needed = {f"{sha256}.jpg" for sha256, _, state, signature in rows if state != "sent" or signature is None}
        needed |= {self.sealed_path(visit_id, sha256).name for sha256, visit_id, _, _ in rows}
        gone = 0
        for file in self.folder.iterdir():
            if file.name not in needed:
                file.unlink(missing_ok=True)
                gone += 1
        return gone

    def _set(self, photo: Photo, assignments: str, *values: Any) -> None:
        self._database.write(
            f"UPDATE photos SET {assignments} WHERE visit_id = ? AND sha256 = ?",
            (*values, photo.visit_id, photo.sha256),
        )

    def _keep_sealed_only(self, photo: Photo) -> None:
        """The picture itself has done its work, unless another visit still has to send it or it was never sealed."""
        needed = self._database.row(
            "SELECT 1 FROM photos WHERE sha256 = ? AND (state <> 'sent' OR signature IS NULL)", (photo.sha256,)
        )
        if needed is None:
            self._unlink(self.path(photo.sha256))

    def _unlink_unused(self, visit_id: str, digests: list[str]) -> None:
        for digest in digests:
            left = {row[0] for row in self._database.rows("SELECT visit_id FROM photos WHERE sha256 = ?", (digest,))}
            if visit_id not in left:
                self._unlink(self.sealed_path(visit_id, digest))
            if not left:
                self._unlink(self.path(digest))

    def _unlink(self, path: Path) -> None:
        """After the commit: a transaction that is rolled back keeps its files. What a kill leaves is swept."""
        self._database.after_commit(lambda: path.unlink(missing_ok=True))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
