"""Tokens: signed names of a session.

Neither kind is stored. An access token says which session it speaks for and until when; revoking the session ends
all of its tokens at once, and an expired one is still recognised as expired weeks later, which is what tells a phone
to refresh instead of asking its holder to sign in. A refresh token says which session and which generation.
"""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from dataclasses import dataclass

from server.keys import KeyRing
from shared.protocol.signing import b64, unb64

_MAC = 16
_SHAPE = struct.Struct(">16sI")  # session, then expiry (Unix seconds) or generation
ACCESS, REFRESH = "access-token", "refresh-token"


@dataclass(frozen=True, slots=True)
class AccessToken:
    session_id: uuid.UUID
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    session_id: uuid.UUID
    generation: int


def make_access(keys: KeyRing, session_id: uuid.UUID, expires_at: dt.datetime) -> str:
    return _make(keys, ACCESS, session_id, int(expires_at.timestamp()))


def read_access(keys: KeyRing, text: str) -> AccessToken | None:
    """None for anything that was not made here."""
    found = _read(keys, ACCESS, text)
    return AccessToken(found[0], dt.datetime.fromtimestamp(found[1], dt.UTC)) if found else None


def make_refresh(keys: KeyRing, session_id: uuid.UUID, generation: int) -> str:
    return _make(keys, REFRESH, session_id, generation)


def read_refresh(keys: KeyRing, text: str) -> RefreshToken | None:
    found = _read(keys, REFRESH, text)
    return RefreshToken(*found) if found else None


def _make(keys: KeyRing, purpose: str, session_id: uuid.UUID, number: int) -> str:
    message = _SHAPE.pack(session_id.bytes, number)
    return b64(message + keys.mac(purpose, message)[:_MAC])


def _read(keys: KeyRing, purpose: str, text: str) -> tuple[uuid.UUID, int] | None:
    try:
        data = unb64(text)
    except ValueError:
        return None
    if len(data) != _SHAPE.size + _MAC or not keys.verifies(purpose, data[: _SHAPE.size], data[_SHAPE.size :]):
        return None
    session_id, number = _SHAPE.unpack(data[: _SHAPE.size])
    return uuid.UUID(bytes=session_id), number
