"""The code on the tag inside an elder's home.

The QR code holds `<public URL>/t/<token>`. The token comes from a keyed hash over key id, tag and generation: it
says nothing of the elder, cannot be guessed, and reprinting a tag gives the same code while reissuing gives a new
one. Phones hold only hashes of tokens, so a stolen phone cannot print tags.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from uuid import UUID

from shared.identity import fold

TOKEN_LENGTH = 26

_IN_LINK = re.compile(r"/t/([a-z2-7]{26})(?![a-z0-9])").search
_BARE = re.compile(r"[a-z2-7]{26}").fullmatch
_TYPED_NOISE = re.compile(r"[\s\-_.]+")
# Characters that base32 does not have, for those that they are read as; 1 may be i or l and stays wrong.
_TYPED = str.maketrans({"0": "o", "8": "b"})


def make_token(key: bytes, key_id: str, tag_id: UUID, generation: int) -> str:
    """26 lowercase base32 characters (130 bits) of HMAC-SHA-256 over `key_id`, tag and generation."""
    text = f"yuetan-tag\n{key_id}\n{tag_id}\n{generation}".encode()
    return base64.b32encode(hmac.digest(key, text, "sha256"))[:TOKEN_LENGTH].decode().lower()


def token_of(scanned: str | None) -> str | None:
    """The token in what was scanned or typed, lower-cased; None if there is none. The host does not matter."""
    if not scanned or len(scanned) > 4096:
        return None
    text = fold(scanned).lower()
    if found := _IN_LINK(text):
        return found[1]
    text = _TYPED_NOISE.sub("", text)
    if len(text) == TOKEN_LENGTH and _BARE(text := text.translate(_TYPED)):
        return text
    return None


def token_hash(token: str) -> str:
    """Lowercase hex SHA-256 of the lower-cased token, as in `tag_hashes`."""
    return hashlib.sha256(token.lower().encode()).hexdigest()
