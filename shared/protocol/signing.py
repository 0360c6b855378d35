"""The exact bytes that a phone signs, and how binary values are written on the wire (CONTRACT, Keys and signatures).

Only the texts live here: keys and algorithms are the sides' own affair (PyNaCl on the phone, cryptography on the
server), but if the texts differed by one byte no phone could ever refresh its tokens.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID


def refresh_text(device_id: UUID | str, refresh_token: str, at: str) -> bytes:
    """What `POST /devices/refresh` signs; `at` exactly as it is sent."""
    return f"yuetan-refresh\n{device_id}\n{refresh_token}\n{at}".encode("utf-8", "surrogatepass")


def sealed_text(item_id: UUID | str, sealed: bytes) -> bytes:
    """What an item of `POST /sync/sealed` signs."""
    return f"yuetan-sealed\n{item_id}\n".encode("utf-8", "surrogatepass") + sealed


def photo_text(visit_id: UUID | str, sha256: str, body: bytes) -> bytes:
    """What `PUT /sync/sealed/<visit_id>/photos/<sha256>` signs."""
    return f"yuetan-photo\n{visit_id}\n{sha256}\n".encode("utf-8", "surrogatepass") + body


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of base64url text without padding; ValueError for anything else (one spelling per value)."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("base64url without padding expected") from error
    if b64(data) != text:
        raise ValueError("base64url without padding expected")
    return data
