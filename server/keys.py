"""Every key of the server, derived from its secrets: one per purpose, so that none serves two ends.

The ring begins with YUETAN_SECRET_KEY and goes on with the retired ones: what they signed stays readable until it is
replaced, and nothing new is made with them.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


@dataclass(frozen=True, slots=True)
class SealingKey:
    """An X25519 pair that phones seal for; `id` names it on the wire."""

    id: str
    private: bytes
    public: bytes


@dataclass(frozen=True)
class KeyRing:
    secrets: tuple[str, ...]
    _made: dict[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False, compare=False)

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """32 bytes per secret, the newest first."""
        if purpose not in self._made:
            self._made[purpose] = tuple(_derive(secret, purpose) for secret in self.secrets)
        return self._made[purpose]

    def key(self, purpose: str) -> bytes:
        return self.keys(purpose)[0]

    def mac(self, purpose: str, message: bytes) -> bytes:
        return hmac.digest(self.key(purpose), message, hashlib.sha256)

    def verifies(self, purpose: str, message: bytes, mac: bytes) -> bool:
        """Whether `mac` (perhaps shortened) was made by any key of the ring."""
        made = (hmac.digest(key, message, hashlib.sha256)[: len(mac)] for key in self.keys(purpose))
        return any(hmac.compare_digest(m, mac) for m in made)

    @cached_property
    def sealing(self) -> tuple[SealingKey, ...]:
        return tuple(_sealing_key(seed) for seed in self.keys("sealing"))


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"yuetan {purpose}".encode()).derive(secret.encode())


def _sealing_key(seed: bytes) -> SealingKey:
    public = X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SealingKey(hashlib.sha256(public).hexdigest()[:16], seed, public)


def ring() -> KeyRing:
    """The running app's keys."""
    made = current_app.extensions.get("yuetan_keys")
    if made is None:
        settings = current_app.extensions["yuetan_settings"]
        settings.check_secret()
        made = KeyRing((settings.secret_key, *settings.old_secret_keys))
        current_app.extensions["yuetan_keys"] = made
    return made
