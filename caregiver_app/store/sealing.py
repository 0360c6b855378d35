"""Sealing for the server: what is saved is at once also closed so that only the server can open it, and signed.

A sealed visit needs no PIN, no tokens and no open vault to be sent, so none of them lost can lose a visit.
"""

from __future__ import annotations

from dataclasses import dataclass

from nacl.public import PublicKey, SealedBox

from caregiver_app.store import keys
from caregiver_app.store.meta import Meta
from shared.protocol.signing import photo_text, sealed_text, unb64


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed box for the server key `key_id` (None: the server's only one), signed by the device's key."""

    key_id: str | None
    sealed: bytes
    signature: bytes
    device_id: str


@dataclass(frozen=True, slots=True)
class SealedItem:
    """A sealed visit or event as `POST /sync/sealed` takes it. `device_id`: the enrolment it was signed under."""

    id: str
    key_id: str | None
    sealed: bytes
    signature: bytes
    device_id: str
    urgent: bool = False
    attempts: int = 0


class Sealer:
    """Seals for the first of the keys that the server last named."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def visit(self, visit_id: str, frozen: bytes) -> Sealed | None:
        """A visit's or an event's frozen bytes, sealed. None: no server key is known yet."""
        found = self._seal(frozen)
        if found is None:
            return None
        key_id, sealed = found
        return self._signed(key_id, sealed, sealed_text(visit_id, sealed))

    def photo(self, visit_id: str, digest: str, jpeg: bytes) -> Sealed | None:
        """A visit's picture, sealed. None: no server key is known yet."""
        found = self._seal(jpeg)
        if found is None:
            return None
        key_id, sealed = found
        return self._signed(key_id, sealed, photo_text(visit_id, digest, sealed))

    def _signed(self, key_id: str | None, sealed: bytes, text: bytes) -> Sealed:
        signature = keys.signing_key(self._meta).sign(text).signature
        return Sealed(key_id, sealed, signature, keys.device_id(self._meta))

    def _seal(self, clear: bytes) -> tuple[str | None, bytes] | None:
        for key_id, key in self._server_keys():
            try:
                return key_id, SealedBox(PublicKey(unb64(key))).encrypt(clear)
            except (ValueError, TypeError):  # not a key: the next may be one
                continue
        return None

    def _server_keys(self) -> list[tuple[str | None, str]]:
        found: list[tuple[str | None, str]] = []
        config = self._meta.get("config")
        named = config.get("server_keys") if isinstance(config, dict) else None
        for one in named if isinstance(named, list) else ():
            if isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("key"), str):
                found.append((one["id"], one["key"]))
        plain = self._meta.get("server_key")
        if isinstance(plain, str):
            found.append((None, plain))
        return found
