"""Photos that come sealed: the same photos (`server/sync/photos.py`), brought by whoever holds the phone's key.

The phone seals and signs a picture when it is taken and may be locked when it is sent, so there is *one* signature for
the whole. A whole one is checked before anything else; parts wait in the spool under a name made of what the headers
say, the signature too: without it nobody can add to them, or learn that they are there. When the last byte is in, the
signature is checked, and only then is the visit looked up. (A part that is signed for itself is checked at once.)
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Actor
from server.devices.signers import Key, Signer
from server.problems import problem
from server.sync import photos
from server.sync.opening import NOT_SIGNED, SEAL_BYTES, Boxes
from server.sync.photos import Kept, Span, Store
from server.visits.model import Photo
from shared.protocol.limits import PHOTO_MAX, PHOTOS_MAX
from shared.protocol.signing import photo_text

SEALED_MAX = PHOTO_MAX + SEAL_BYTES
# Unfinished photos of one phone: of what is not checked yet nobody may leave heaps.
PARTS_MAX = 4 * PHOTOS_MAX


@dataclass(frozen=True)
class Told:
    """What the address and the headers say: whose photo it is to be, and with whose signature."""

    signer: Signer
    visit_id: uuid.UUID
    sha256: str
    key_id: str | None
    signature: bytes

    def signed_by(self, body: bytes) -> Key | None:
        return self.signer.key_of(self.signature, photo_text(self.visit_id, self.sha256, body))

    @cached_property
    def mark(self) -> bytes:
        return hashlib.sha256(self.signature).digest()

    def part_name(self, *, with_signature: bool = True) -> str:
        said = f"{self.visit_id}\n{self.sha256.lower()}\n{self.key_id}\n".encode()
        return self.parts + hashlib.sha256(said + (self.signature if with_signature else b"")).hexdigest()

    @property
    def parts(self) -> str:
        """How the names of this phone's parts begin."""
        return f"sealed-{self.signer.device_id}-"

    def actor(self, key: Key) -> Actor:
        """The phone's holder, in the county of the enrolment."""
        return Actor(self.signer.user_id, "", (), None, self.signer.device_id, key.county_id)


def put(
    session: Session, told: Told, boxes: Boxes, store: Store, body: bytes, content_range: str | None, *,
    now: dt.datetime,
) -> Kept:  # fmt: skip
    """Take in a sealed photo or a part of one. Problems: `signature_invalid`, `seal_key_unknown`, `seal_broken`, and
    those of `photos.put`."""
    span = photos.span_of(content_range, len(body), SEALED_MAX)
    key = told.signed_by(body)
    if span is None or (span.start == 0 and span.total == len(body)):
        return _open(session, told, key, boxes, store, body, now)
    if key is None and (whole := _marked(session, told)) is not None:
        return Kept(200, whole)
    session.rollback()  # disks are slow, and nobody should wait for this transaction
    return _put_part(session, told, key, boxes, store, span, body, now)


def _put_part(
    session: Session, told: Told, key: Key | None, boxes: Boxes, store: Store, span: Span, body: bytes, now: dt.datetime
) -> Kept:
    name = told.part_name(with_signature=key is None)
    if store.spool.size(name) == 0 and store.spool.count(told.parts) >= PARTS_MAX:
        raise problem("too_many_requests", retry_after=3600)
    with store.spool.part(name) as part:
        photos.add(part, span, body)
        if part.size < span.total:
            return Kept(202, part.size)
        whole = part.read()
        try:
            return _open(session, told, key or told.signed_by(whole), boxes, store, whole, now)
        finally:
            part.drop()  # kept, or its bytes are wrong: then from the beginning


def there(session: Session, told: Told, store: Store) -> int:
    """How many of the sealed bytes have arrived. Asked with the photo's own signature, or with one of no bytes."""
    key = told.signed_by(b"")
    if key is None:
        whole = _marked(session, told)
        return whole if whole is not None else store.spool.size(told.part_name())
    kept = photos.kept(session, told.actor(key), told.visit_id, told.sha256)
    return kept + SEAL_BYTES if kept is not None else store.spool.size(told.part_name(with_signature=False))


def _open(
    session: Session, told: Told, key: Key | None, boxes: Boxes, store: Store, sealed: bytes, now: dt.datetime
) -> Kept:
    if key is None:
        raise problem(NOT_SIGNED)
    clear = boxes.open(sealed, told.key_id)
    if isinstance(clear, str):
        raise problem(clear)
    kept = photos.put(
        session, told.actor(key), store, told.visit_id, told.sha256, clear, None, now=now, mark=told.mark
    )  # fmt: skip
    return Kept(kept.status, len(sealed))


def _marked(session: Session, told: Told) -> int | None:
    """The length of the sealed photo that came with this very signature, if it is kept."""
    counties = {key.county_id for key in told.signer.keys}
    found = session.scalar(
        sa.select(Photo.received).where(
            Photo.county_id.in_(sorted(counties)), Photo.visit_id == told.visit_id,
            Photo.sha256 == told.sha256.lower(), Photo.sealed_mark == told.mark, Photo.file_id.is_not(None),
        )
    )  # fmt: skip
    return found + SEAL_BYTES if found is not None else None
