"""Who a phone is, by its key alone: for what arrives without a token (`/sync/sealed`).

A phone that lost its tokens, or was shut out, still has the key it was enrolled with. Everything it had recorded is
the work of the person it was enrolled for, in the county of that enrolment, and is judged by how the phone stood: in
use, silent since it was replaced or its holder left, or lost. Keys that an earlier enrolment of the same phone had
speak for what they signed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.devices.model import Device, FormerKey

LOST = "lost"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a phone, and how the phone stands (or, a former one, stood) under it."""

    public: bytes
    county_id: int
    revoked_at: dt.datetime | None
    revoked_as: str | None

    @property
    def lost(self) -> bool:
        return self.revoked_as == LOST

    def signed(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A phone with its holder and its keys, the one in use first."""

    device_id: uuid.UUID
    user_id: uuid.UUID
    keys: Sequence[Key]

    def key_of(self, signature: bytes, message: bytes) -> Key | None:
        """The key that made this signature; None: not this phone's."""
        return next((key for key in self.keys if key.signed(signature, message)), None)


def signer(session: Session, device_id: uuid.UUID) -> Signer | None:
    """The phone of that id, also a revoked one; None: there is none. Two queries."""
    device = session.execute(
        select(Device.user_id, Device.public_key, Device.county_id, Device.revoked_at, Device.revoked_as).where(
            Device.id == device_id
        )
    ).first()
    if device is None:
        return None
    former = session.execute(
        select(FormerKey.public_key, FormerKey.county_id, FormerKey.revoked_at, FormerKey.revoked_as)
        .where(FormerKey.device_id == device_id)
        .order_by(FormerKey.ended_at.desc())
    )
    return Signer(device_id, device.user_id, (Key(*device[1:]), *(Key(*row) for row in former)))
