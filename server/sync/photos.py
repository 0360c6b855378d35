"""A visit's photos: named by the visit, sent whole or in parts by who made the visit, and by nobody else.

The digest that the visit names is the photo's name, its check and its idempotency key in one. Nothing here says
whether some other visit has the same picture.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.auth.reach import Actor
from server.elders.model import Elder
from server.elders.vault import Vault
from server.files import service as files_service
from server.files.service import Files, NewFile
from server.problems import problem
from server.sync.spool import Part, Spool
from server.visits import prints
from server.visits.model import Photo, Visit
from server.visits.sealing import key_for
from shared.ids import uuid7
from shared.protocol.limits import PHOTO_MAX

JPEG = b"\xff\xd8\xff"
_RANGE = re.compile(r"bytes ([0-9]{1,9})-([0-9]{1,9})/([0-9]{1,9})").fullmatch
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class Store:
    """Where photos go: the file store, the folder of parts, and the elders' keys."""

    files: Files
    spool: Spool
    vault: Vault


@dataclass(frozen=True, slots=True)
class Kept:
    """`status`: 201 whole now, 200 whole already, 202 a part. `offset`: bytes that are there."""

    status: int
    offset: int


@dataclass(frozen=True, slots=True)
class Span:
    """The part of the photo that a request carries: from `start`, of `total` bytes."""

    start: int
    total: int


def span_of(content_range: str | None, length: int, most: int = PHOTO_MAX) -> Span | None:
    """What `Content-Range` says of a body of `length` bytes; None: no such header, so the body is all of it."""
    if content_range is None:
        return None
    found = _RANGE(content_range.strip())
    if found is None:
        raise problem("bad_request", detail="Content-Range: bytes <first>-<last>/<total>")
    first, last, total = (int(g) for g in found.groups())
    if total > most:
        raise problem("body_too_large", limit=most)
    if last >= total or last - first + 1 != length:
        raise problem("bad_request", detail="Content-Range does not fit the body")
    return Span(first, total)


def put(
    session: Session, who: Actor, store: Store, visit_id: uuid.UUID, sha256: str, body: bytes,
    content_range: str | None, *, now: dt.datetime, mark: bytes | None = None,
) -> Kept:  # fmt: skip
    """Take in a photo or a part of it. Problems: `not_found`, `photo_not_named`, `upload_gap` (offset), `not_jpeg`,
    `digest_mismatch`, `body_too_large`, `bad_request`. Commits once it is whole. `mark`: of a sealed one, by which its
    phone can ask for it without signing anew."""
    visit, sha256 = _named(session, who, visit_id, sha256)
    if (there := _whole(session, visit, sha256)) is not None:
        return Kept(200, there)
    if len(body) > PHOTO_MAX:
        raise problem("body_too_large", limit=PHOTO_MAX)
    span = span_of(content_range, len(body))
    session.commit()  # nothing is read any more: disks are slow, and nobody should wait for this transaction
    if span is None:
        _check_jpeg(body)
        return _keep(session, who, store, visit, sha256, body, now, mark)
    with store.spool.part(_part_name(visit, sha256)) as part:
        if span.start == 0:
            _check_jpeg(body if len(body) >= len(JPEG) else body + JPEG[len(body) :])
        add(part, span, body)
        if part.size < span.total:
            return Kept(202, part.size)
        whole = part.read()
        try:
            kept = _keep(session, who, store, visit, sha256, whole, now)
        finally:
            part.drop()  # kept, or its bytes are wrong: then from the beginning
        return kept


def there(session: Session, who: Actor, store: Store, visit_id: uuid.UUID, sha256: str) -> int:
    """How many bytes of it have arrived."""
    visit, sha256 = _named(session, who, visit_id, sha256)
    whole = _whole(session, visit, sha256)
    return whole if whole is not None else store.spool.size(_part_name(visit, sha256))


def kept(session: Session, who: Actor, visit_id: uuid.UUID, sha256: str) -> int | None:
    """The length of a photo that is whole; None: it is not."""
    visit, sha256 = _named(session, who, visit_id, sha256)
    return _whole(session, visit, sha256)


@dataclass(frozen=True, slots=True)
class _Visit:
    county_id: int
    id: uuid.UUID
    elder_id: uuid.UUID | None


def _named(session: Session, who: Actor, visit_id: uuid.UUID, sha256: str) -> tuple[_Visit, str]:
    """The sender's own visit, which names this photo."""
    sha256 = sha256.lower()
    counties = {who.county_id} if who.county_id is not None else {g.county_id for g in who.grants}
    row = session.execute(
        sa.select(Visit.county_id, Visit.id, Visit.elder_id, Visit.photo_digests)
        .where(
            Visit.county_id.in_(sorted(c for c in counties if c is not None)), Visit.id == visit_id,
            Visit.visitor_id == who.user_id,
        )
        .limit(1)
    ).first()  # fmt: skip
    if row is None:
        raise problem("not_found")
    if _DIGEST(sha256) is None or sha256 not in (row.photo_digests or ()):
        raise problem("photo_not_named")
    return _Visit(row.county_id, row.id, row.elder_id), sha256


def _whole(session: Session, visit: _Visit, sha256: str) -> int | None:
    return session.scalar(
        sa.select(Photo.received).where(
            Photo.county_id == visit.county_id, Photo.visit_id == visit.id, Photo.sha256 == sha256,
            Photo.file_id.is_not(None),
        )
    )  # fmt: skip


def _part_name(visit: _Visit, sha256: str) -> str:
    return f"{visit.county_id}-{visit.id}-{sha256}"


def add(part: Part, span: Span, body: bytes) -> None:
    """Put a span's bytes where they belong, unless they are there already."""
    if span.start > part.size:
        raise problem("upload_gap", offset=part.size)
    if span.start == 0 or span.start + len(body) > part.size:  # else it is there: its answer was lost
        part.write(span.start, body)


def _check_jpeg(body: bytes) -> None:
    if not body.startswith(JPEG):
        raise problem("not_jpeg")


def _keep(
    session: Session, who: Actor, store: Store, visit: _Visit, sha256: str, data: bytes, now: dt.datetime,
    mark: bytes | None = None,
) -> Kept:  # fmt: skip
    _check_jpeg(data)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise problem("digest_mismatch")
    wrapped = None
    if visit.elder_id is not None:
        wrapped = session.scalar(
            sa.select(Elder.data_key).where(Elder.county_id == visit.county_id, Elder.id == visit.elder_id)
        )
        if wrapped is None:  # erased meanwhile: there is nobody left to keep it for
            raise problem("not_found")
    key = key_for(store.vault, visit.county_id, visit.elder_id, wrapped)
    new = NewFile(visit.county_id, "photo", "image/jpeg", elder_id=visit.elder_id, created_by=who.user_id)
    row = files_service.keep(session, store.files, new, data, sealer=key, now=now)
    session.add(
        Photo(
            county_id=visit.county_id, id=uuid7(now), visit_id=visit.id, sha256=sha256, received=len(data),
            size=len(data), file_id=row.id, sealed_mark=mark, updated_at=now,
        )
    )  # fmt: skip
    seen = prints.print_of(data)
    try:
        prints.note(session, visit.county_id, who.user_id, visit.id, sha256, seen, vault=store.vault, now=now)
        session.commit()
    except IntegrityError:  # the same photo came twice at once, and the other one was first
        session.rollback()
        if (there := _whole(session, visit, sha256)) is None:
            raise
        return Kept(200, there)
    return Kept(201, len(data))
