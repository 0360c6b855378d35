"""What identifies an elder is kept sealed, under a key that belongs to that elder alone.

    master secret (YUETAN_SECRET_KEY) -> county key (HKDF) -> wraps the elder's random data key -> seals the fields

Destroying the wrapped data key erases the elder everywhere at once: rows, raw visits, backups. A sealed value says its
version and key, and is bound to its table, column, county and row, so that it cannot be moved to another person.
Exact search goes through blind indexes: keyed digests that only the server can compute. When the master secret is
replaced, what retired secrets wrapped still opens, and is wrapped anew when the elder is next written.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from server.settings import Settings

VERSION = b"\x01"
KEY_ID_BYTES, NONCE_BYTES = 4, 12
_HEAD = 1 + KEY_ID_BYTES


class VaultError(Exception):
    """A value that cannot be opened: altered, moved to another row, or sealed under a secret we no longer have."""


class Erased(VaultError):
    """The elder's key was destroyed; what it sealed is gone for good."""


class Key:
    """One key that seals texts of one county. `key_id` stands in front of what it sealed."""

    __slots__ = ("_aead", "county_id", "key_id")

    def __init__(self, county_id: int, secret: bytes) -> None:
        self.county_id = county_id
        self.key_id = hashlib.sha256(b"yuetan key id\n" + secret).digest()[:KEY_ID_BYTES]
        self._aead = AESGCM(secret)

    def seal(self, table: str, column: str, row_id: uuid.UUID, value: str | bytes) -> bytes:
        """version, key id, nonce, ciphertext and tag; bound to table, column, county and row."""
        nonce = os.urandom(NONCE_BYTES)
        data = value.encode() if isinstance(value, str) else value
        return VERSION + self.key_id + nonce + self._aead.encrypt(nonce, data, self._bound(table, column, row_id))

    def open_bytes(self, table: str, column: str, row_id: uuid.UUID, sealed: bytes) -> bytes:
        """What `seal` was given. Raises VaultError."""
        if sealed[:1] != VERSION or sealed[1:_HEAD] != self.key_id:
            raise VaultError(f"{table}.{column}: sealed under another key")
        nonce = sealed[_HEAD : _HEAD + NONCE_BYTES]
        try:
            return self._aead.decrypt(nonce, sealed[_HEAD + NONCE_BYTES :], self._bound(table, column, row_id))
        except InvalidTag:
            raise VaultError(f"{table}.{column}: altered, or another row's") from None

    def open(self, table: str, column: str, row_id: uuid.UUID, sealed: bytes | None) -> str | None:
        """The text that was sealed; None stays None."""
        return None if sealed is None else self.open_bytes(table, column, row_id, sealed).decode()

    def _bound(self, table: str, column: str, row_id: uuid.UUID) -> bytes:
        return f"{table}/{column}/{self.county_id}/{row_id}".encode()


class Vault:
    """All keys of one server, made from its ring of secrets (newest first)."""

    def __init__(self, secret: str, retired: Sequence[str] = ()) -> None:
        self._ring = tuple(s.encode() for s in (secret, *retired))
        self._derived = functools.lru_cache(maxsize=4096)(self._derive)

    @classmethod
    def of(cls, settings: Settings) -> Vault:
        return cls(settings.secret_key, settings.old_secret_keys)

    # An elder's own key.

    def new_key(self, county_id: int, elder_id: uuid.UUID) -> tuple[Key, bytes]:
        """(a new elder's key, the same wrapped for `elders.data_key`)."""
        secret = AESGCM.generate_key(bit_length=256)
        return Key(county_id, secret), self._wrapping(county_id, 0).seal("elders", "data_key", elder_id, secret)

    def elder_key(self, county_id: int, elder_id: uuid.UUID, wrapped: bytes | None) -> Key:
        """The key in `elders.data_key`. Raises Erased, VaultError."""
        return Key(county_id, self._unwrapped(county_id, elder_id, wrapped))

    def is_stale(self, county_id: int, wrapped: bytes) -> bool:
        """Whether a retired secret wrapped this key, so that the next write should `rewrap` it."""
        return wrapped[1:_HEAD] != self._wrapping(county_id, 0).key_id

    def rewrap(self, county_id: int, elder_id: uuid.UUID, wrapped: bytes) -> bytes:
        """The same key, wrapped under today's secret."""
        secret = self._unwrapped(county_id, elder_id, wrapped)
        return self._wrapping(county_id, 0).seal("elders", "data_key", elder_id, secret)

    # What belongs to a county and to no elder (a visit that could not be bound, say).

    def county_key(self, county_id: int) -> Key:
        return Key(county_id, self._derived(0, county_id, "sealing"))

    def county_keys(self, county_id: int) -> dict[bytes, Key]:
        """The county's keys of today and before, by key id (`sealed[1:5]`)."""
        keys = (Key(county_id, self._derived(i, county_id, "sealing")) for i in range(len(self._ring)))
        return {key.key_id: key for key in keys}

    # Exact search.

    def index(self, county_id: int, kind: str, value: str) -> bytes:
        """The blind index of a value (`kind`: "id_number", "phone", …), 32 bytes."""
        return self._digest(0, county_id, kind, value)

    def indexes(self, county_id: int, kind: str, value: str) -> tuple[bytes, ...]:
        """The index of today first, then those that retired secrets gave: search for any of them."""
        return tuple(self._digest(i, county_id, kind, value) for i in range(len(self._ring)))

    def _digest(self, ring: int, county_id: int, kind: str, value: str) -> bytes:
        return hmac.digest(self._derived(ring, county_id, f"index {kind}"), value.encode(), "sha256")

    def _wrapping(self, county_id: int, ring: int) -> Key:
        return Key(county_id, self._derived(ring, county_id, "wrapping"))

    def _unwrapped(self, county_id: int, elder_id: uuid.UUID, wrapped: bytes | None) -> bytes:
        if wrapped is None:
            raise Erased(f"elder {elder_id} was erased")
        for ring in range(len(self._ring)):
            key = self._wrapping(county_id, ring)
            if wrapped[1:_HEAD] == key.key_id:
                return key.open_bytes("elders", "data_key", elder_id, wrapped)
        raise VaultError(f"elder {elder_id}: wrapped under a secret that is not in the ring")

    def _derive(self, ring: int, county_id: int, purpose: str) -> bytes:
        info = f"yuetan {purpose} county {county_id}".encode()
        return HKDF(hashes.SHA256(), length=32, salt=b"yuetan vault 1", info=info).derive(self._ring[ring])


def current() -> Vault:
    """The running app's vault, for the edges (api, cli, jobs, console); use cases are handed it."""
    from flask import current_app

    vault: Vault | None = current_app.extensions.get("yuetan_vault")
    if vault is None:
        vault = current_app.extensions["yuetan_vault"] = Vault.of(current_app.extensions["yuetan_settings"])
    return vault
