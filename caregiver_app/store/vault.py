"""Encryption at rest. Two compartments, told apart by who must be there for them to open:

*device*: the device secret is enough. What the app needs while it is locked: tokens, the signing key, the
    server's answers, events that must go out (an SOS does not wait for a PIN).
*personal*: needs the data key, which lies wrapped under the PIN and the device secret together (or under the
    phone's own lock). Elders, drafts, frozen visits, photos, the account.

Until there is a PIN the data key lies under the device secret alone, so nothing is ever written in clear and
choosing a PIN wraps one key anew instead of rewriting a store. Every blob is bound to its place (table and
row), so that it cannot be moved to another.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt as aead_open,
)
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_encrypt as aead_close,
)
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from caregiver_app.store.files import write_whole
from shared.protocol.signing import b64, unb64

FILE = "vault.json"
# How the data key lies: under the device secret alone, with the PIN, under the phone's own lock, or nowhere.
DEVICE, PIN, PHONE, GONE = "device", "pin", "phone", "gone"
_PERSONAL, _DEVICE = b"\x01", b"\x02"
_NONCE, _KEY_ID = 24, 4


class Locked(Exception):
    """Personal things are asked for while the vault is shut."""


class Spoiled(Exception):
    """A blob was closed under a key that is gone, or is no longer what was closed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """argon2id's parameters: passes and bytes of memory."""

    passes: int
    memory: int


# What an unlocking may cost on the machine it was set up on is measured (`measured_cost`); tests take this one.
CHEAP = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)


class Vault:
    """The keys of one store folder. Not safe from several threads by itself: the store's lock is around it."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._path = folder / FILE
        self._secret = secret
        self._device_key = _derive(secret, b"device")
        self._key: bytes | None = None
        self.takes_clear = True  # until a store of the first version is closed (see `closing`)
        self._head = self._read_head()
        if self._head.get("secret") != _derive(secret, b"check").hex()[:16]:
            # No store yet, or the device secret is another: nothing that was closed can be opened again.
            if self._head:
                self.wipe()
            else:
                self.begin()
        elif self.kind == DEVICE:
            self._key = self._unwrap(self._device_key)

    @property
    def kind(self) -> str:
        """`device` | `pin` | `phone` | `gone`."""
        return str(self._head.get("kind", GONE))

    @property
    def is_open(self) -> bool:
        """Whether personal things can be read."""
        return self._key is not None

    def close(self, place: str, clear: bytes, *, device: bool = False) -> bytes:
        """A blob for the disk, bound to its place. Locked: a personal one, and the data key is not at hand."""
        bound = place.encode()
        if device:
            nonce = os.urandom(_NONCE)
            return _DEVICE + nonce + aead_close(clear, bound, nonce, self._device_key)
        if self._key is None:
            raise Locked(place)
        nonce = os.urandom(_NONCE)
        return _PERSONAL + self._key_id + nonce + aead_close(clear, bound, nonce, self._key)

    def open(self, place: str, closed: bytes) -> bytes:
        """What was closed at this place. Locked: not now. Spoiled: never."""
        kind, bound = closed[:1], place.encode()
        if kind not in (_PERSONAL, _DEVICE):
            if self.takes_clear:
                return closed
            raise Spoiled(place)
        key, rest = self._device_key, closed[1:]
        if kind == _PERSONAL:
            if rest[:_KEY_ID] != self._key_id:
                raise Spoiled(place)
            if self._key is None:
                raise Locked(place)
            key, rest = self._key, rest[_KEY_ID:]
        try:
            return aead_open(rest[_NONCE:], bound, rest[:_NONCE], key)
        except (CryptoError, ValueError, TypeError) as error:
            raise Spoiled(place) from error

    def is_clear(self, blob: bytes) -> bool:
        """Whether a blob was written by the first version, which closed nothing."""
        return blob[:1] not in (_PERSONAL, _DEVICE)

    # The data key's life.

    def begin(self) -> None:
        """A new data key, under the device secret alone until a PIN is chosen."""
        self._key = os.urandom(32)
        self._head = {"v": 1, "secret": _derive(self._secret, b"check").hex()[:16], "id": os.urandom(_KEY_ID).hex()}
        self._wrap(DEVICE, self._device_key)

    def set_pin(self, pin: str, cost: Cost) -> None:
        """Wrap the data key under a PIN. Locked unless open."""
        salt = os.urandom(argon2id.SALTBYTES)
        self._wrap(PIN, self._pin_key(pin, salt, cost), salt=b64(salt), passes=cost.passes, memory=cost.memory)

    def set_phone_lock(self, wrap: Callable[[bytes], bytes]) -> None:
        """Leave the data key to the phone's own lock: `wrap` keeps it where only that opens. Locked unless open."""
        inner = os.urandom(32)
        self._wrap(PHONE, _derive(self._secret, b"phone", inner), inner=b64(wrap(inner)))

    def unlock_pin(self, pin: str) -> bool:
        """Try a PIN → whether it was right. Counting tries is the caller's."""
        head = self._head
        key = self._pin_key(pin, unb64(head["salt"]), Cost(head["passes"], head["memory"]))
        return self._try(key)

    def unlock_phone(self, unwrap: Callable[[bytes], bytes]) -> bool:
        """Let the phone's own lock hand out what it keeps → whether it opened the vault."""
        return self._try(_derive(self._secret, b"phone", unwrap(unb64(self._head["inner"]))))

    def lock(self) -> None:
        """Forget the data key until it is unlocked again; one without a PIN has no lock to close."""
        if self.kind != DEVICE:
            self._key = None

    def wipe(self) -> None:
        """Forget the data key for good: what it closed is closed for ever."""
        self._key = None
        self._head = {"v": 1, "secret": _derive(self._secret, b"check").hex()[:16], "kind": GONE}
        self._write_head()

    def _try(self, key: bytes) -> bool:
        try:
            self._key = self._unwrap(key)
        except CryptoError:
            return False
        return True

    def _pin_key(self, pin: str, salt: bytes, cost: Cost) -> bytes:
        stretched = argon2id.kdf(32, pin.encode(), salt, opslimit=cost.passes, memlimit=cost.memory)
        return _derive(self._secret, b"pin", stretched)

    def _wrap(self, kind: str, key: bytes, **more: Any) -> None:
        if self._key is None:
            raise Locked("the data key is not at hand")
        nonce = os.urandom(_NONCE)
        head = {name: self._head[name] for name in ("v", "secret", "id")}
        wrapped = nonce + aead_close(self._key, _head_bound(kind, head["id"]), nonce, key)
        self._head = {**head, "kind": kind, "wrapped": b64(wrapped), **more}
        self._write_head()

    def _unwrap(self, key: bytes) -> bytes:
        wrapped = unb64(self._head["wrapped"])
        return aead_open(wrapped[_NONCE:], _head_bound(self.kind, self._head["id"]), wrapped[:_NONCE], key)

    @property
    def _key_id(self) -> bytes:
        return bytes.fromhex(str(self._head.get("id", "")))

    def _read_head(self) -> dict[str, Any]:
        try:
            head = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            return {"kind": GONE}
        return head if isinstance(head, dict) else {"kind": GONE}

    def _write_head(self) -> None:
        write_whole(self._path, json.dumps(self._head).encode())


def _derive(key: bytes, name: bytes, more: bytes = b"") -> bytes:
    return blake2b(name + more, key=key, digest_size=32, person=b"yuetan-vault").digest()


def _head_bound(kind: str, key_id: str) -> bytes:
    return f"vault/{kind}/{key_id}".encode()
