"""Files kept sealed: photos, sheets, reports, what was imported.

The bytes are on disk before the row that names them is committed; so a row always has its bytes, and bytes whose
row never came (a killed process, a transaction rolled back) are orphans, which `sweep` takes away. Removing a file
takes its row, and with it the only copy of its key: from that commit on nobody can read the bytes, and the next sweep
takes them too. Functions here are composed into use cases and never commit, except `sweep`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.files.blobs import BlobMissing, Blobs
from server.files.model import StoredFile
from server.files.sealing import (
    SEALED_PIECE,
    CountySealer,
    SealBroken,
    Sealer,
    new_key,
    open_pieces,
    seal_pieces,
)
from shared.ids import uuid7

__all__ = [
    "BlobMissing", "Files", "NewFile", "SealBroken", "Swept", "chunks", "find", "keep", "read", "remove", "sweep",
]  # fmt: skip

ORPHAN_AFTER = dt.timedelta(hours=6)  # longer than any transaction that is still to commit its row
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Files:
    """The store as use cases are handed it: where bytes lie, and the counties' keys (`keys(purpose)`: one for each
    secret of the server, newest first)."""

    blobs: Blobs
    keys: Callable[[str], Sequence[bytes]]

    def county(self, county_id: int) -> Sealer:
        return CountySealer(county_id, self.keys(f"files county {county_id}"))


@dataclass(frozen=True, slots=True)
class NewFile:
    county_id: int
    kind: str  # photo, tag_sheet, report, import
    media_type: str
    name: str = ""  # offered to who downloads it
    elder_id: uuid.UUID | None = None
    created_by: uuid.UUID | None = None
    expires_at: dt.datetime | None = None


def keep(
    session: Session,
    files: Files,
    new: NewFile,
    data: bytes | Iterable[bytes],
    *,
    sealer: Sealer | None = None,
    now: dt.datetime,
) -> StoredFile:
    """Store `data` and add its row. `sealer`: the elder's key for what is about one elder (destroying that key erases
    the file); None: the county's."""
    file_id = uuid7(now)  # never given: a name that is used twice would bury the first one's bytes
    key = new_key()
    wrapped = (sealer or files.county(new.county_id)).seal("files", "wrapped_key", file_id, key)
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in (data,) if isinstance(data, bytes) else data:
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    files.blobs.write(_name(new.county_id, file_id), seal_pieces(key, _bound(new.county_id, file_id), counted()))
    row = StoredFile(
        county_id=new.county_id, id=file_id, kind=new.kind, name=new.name, media_type=new.media_type, size=size,
        sha256=digest.digest(), elder_id=new.elder_id, wrapped_key=wrapped, created_at=now, created_by=new.created_by,
        expires_at=new.expires_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def find(session: Session, county_id: int, file_id: uuid.UUID) -> StoredFile | None:
    return session.get(StoredFile, (county_id, file_id))


def chunks(files: Files, row: StoredFile, *, sealer: Sealer | None = None) -> Iterator[bytes]:
    """The clear bytes, piece by piece. The key is opened and the blob found at the call, so that what is missing
    (BlobMissing, SealBroken) is known before an answer has begun; the row is not needed after."""
    key = (sealer or files.county(row.county_id)).open_bytes("files", "wrapped_key", row.id, row.wrapped_key)
    return open_pieces(
        key, _bound(row.county_id, row.id), files.blobs.read(_name(row.county_id, row.id), SEALED_PIECE)
    )


def read(files: Files, row: StoredFile, *, sealer: Sealer | None = None) -> bytes:
    """All of it. Raises BlobMissing, SealBroken."""
    return b"".join(chunks(files, row, sealer=sealer))


def remove(session: Session, row: StoredFile) -> None:
    """Forget the file and its key; the bytes, unreadable from the commit on, go with the next sweep."""
    session.delete(row)


@dataclass(frozen=True, slots=True)
class Swept:
    expired: int  # rows whose time was over
    orphans: int  # blobs without a row


def sweep(session: Session, files: Files, *, now: dt.datetime) -> Swept:
    """Remove expired rows and blobs without a row. Commits."""
    gone = session.execute(sa.delete(StoredFile).where(StoredFile.expires_at <= now))
    session.commit()
    orphans = 0
    batch: list[str] = []
    for name, written in files.blobs.names():
        if written < now - ORPHAN_AFTER:
            batch.append(name)
        if len(batch) >= _BATCH:
            orphans += _drop_orphans(session, files, batch)
            batch = []
    orphans += _drop_orphans(session, files, batch)
    return Swept(gone.rowcount, orphans)  # type: ignore[attr-defined]


def _drop_orphans(session: Session, files: Files, names: Sequence[str]) -> int:
    keyed = {name: _id_in(name) for name in names}
    wanted = {key for key in keyed.values() if key is not None}
    known = set()
    if wanted:
        found = sa.select(StoredFile.county_id, StoredFile.id).where(StoredFile.id.in_({key[1] for key in wanted}))
        known = {(county_id, file_id) for county_id, file_id in session.execute(found)}
        session.rollback()
    orphans = [name for name, key in keyed.items() if key not in known]
    for name in orphans:
        files.blobs.delete(name)
    return len(orphans)


def _name(county_id: int, file_id: uuid.UUID) -> str:
    return f"{county_id}/{file_id.hex[-2:]}/{file_id}"  # the last digits are random: even folders


def _id_in(name: str) -> tuple[int, uuid.UUID] | None:
    parts = name.split("/")
    try:
        key = int(parts[0]), uuid.UUID(parts[-1])
    except ValueError:
        return None
    return key if _name(*key) == name else None


def _bound(county_id: int, file_id: uuid.UUID) -> bytes:
    return f"yuetan file {county_id}/{file_id}".encode()
