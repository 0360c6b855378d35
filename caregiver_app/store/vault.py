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
import time
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

from caregiver_app.platform.protocols import Secrets
from caregiver_app.store import secret as device_secret
from caregiver_app.store.files import write_whole
from shared.protocol.signing import b64, unb64

FILE = "vault.json"
# How the data key lies: under the device secret alone, with the PIN, under the phone's own lock, or nowhere.
DEVICE, PIN, PHONE, GONE = "device", "pin", "phone", "gone"
_PERSONAL, _DEVICE = b"\x01", b"\x02"
_KEY, _NONCE, _KEY_ID, _MAC = 32, 24, 4, 16
# How much longer a personal blob is than what it holds.
CLOSED_MORE = 1 + _KEY_ID + _NONCE + _MAC


class Locked(Exception):
    """Personal things are asked for while the vault is shut."""


class Spoiled(Exception):
    """A blob was closed under a key that is gone, or is no longer what was closed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """argon2id's parameters: passes and bytes of memory."""

    passes: int
    memory: int


# What an unlocking may take on the machine it is set up on, and the memories it may take, largest first.
TARGET_S = 0.5
MEMORIES = (64 * 1024 * 1024, 32 * 1024 * 1024, 16 * 1024 * 1024)
# For tests, fleet and demonstrations, which unlock often and protect nobody.
CHEAP = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)


def measured_cost(timer: Callable[[], float] = time.perf_counter) -> Cost:
    """What this machine can bear: 16 to 64 MiB, and as many passes as take about half a second."""
    for memory in MEMORIES:
        begun = timer()
        try:
            argon2id.kdf(32, b"000000", bytes(argon2id.SALTBYTES), opslimit=1, memlimit=memory)
        except (MemoryError, RuntimeError):  # libsodium could not have as much
            continue
        took = max(timer() - begun, 1e-6)
        if took <= TARGET_S / 2 or memory == MEMORIES[-1]:
            return Cost(max(2, min(8, int(TARGET_S / took))), memory)
    return Cost(4, 8 * 1024 * 1024)


class Vault:
    """The keys of one store folder. Not safe from several threads by itself: the store's lock is around it."""

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        self._path = folder / FILE
        self._secrets = secrets
        self._key: bytes | None = None
        self.takes_clear = True  # until a store of the first version is closed (see `closing`)
        self._head = self._read_head()
        self._secret = device_secret.read(secrets)
        if not self._head:
            self.begin()
        elif self._secret is None or self._head.get("secret") != self._check():
            # Another phone's files, or a keystore in trouble: what was closed stays closed. Nothing is
            # overwritten before somebody enrols anew; the next start may find the secret again.
            self._secret = None
            self._head = {"kind": GONE}
        elif self.kind == DEVICE:
            try:
                self._key = self._unwrap(self._device_key())
            except (CryptoError, ValueError, KeyError):
                self._head = {"kind": GONE}

    @property
    def kind(self) -> str:
        """`device` | `pin` | `phone` | `gone`."""
        return str(self._head.get("kind", GONE))

    @property
    def key_id(self) -> str:
        """Names the data key, in hex; empty if there is none."""
        return str(self._head.get("id", ""))

    @property
    def is_open(self) -> bool:
        """Whether personal things can be read."""
        return self._key is not None

    def close(self, place: str, clear: bytes, *, device: bool = False) -> bytes:
        """A blob for the disk, bound to its place. Locked: a personal one, and the data key is not at hand."""
        bound = place.encode()
        if device:
            nonce = os.urandom(_NONCE)
            return _DEVICE + nonce + aead_close(clear, bound, nonce, self._device_key())
        key = self._key  # another thread may lock meanwhile
        if key is None:
            raise Locked(place)
        nonce = os.urandom(_NONCE)
        return _PERSONAL + bytes.fromhex(self.key_id) + nonce + aead_close(clear, bound, nonce, key)

    def open(self, place: str, closed: bytes) -> bytes:
        """What was closed at this place. Locked: not now. Spoiled: never."""
        kind, bound = closed[:1], place.encode()
        if kind not in (_PERSONAL, _DEVICE):
            if self.takes_clear:
                return closed
            raise Spoiled(place)
        rest = closed[1:]
        if kind == _DEVICE:
            if self._secret is None:
                raise Spoiled(place)
            key: bytes | None = self._device_key()
        else:
            if rest[:_KEY_ID].hex() != self.key_id:
                raise Spoiled(place)
            key, rest = self._key, rest[_KEY_ID:]
            if key is None:
                raise Locked(place)
        try:
            return aead_open(rest[_NONCE:], bound, rest[:_NONCE], key)
        except (CryptoError, ValueError, TypeError) as error:
            raise Spoiled(place) from error

    def is_clear(self, blob: bytes) -> bool:
        """Whether a blob was written by the first version, which closed nothing."""
        return blob[:1] not in (_PERSONAL, _DEVICE)

    # The data key's life.

    def begin(self) -> None:
        """A new data key, under the device secret alone until a PIN is chosen. What the old one closed is lost."""
        if self._secret is None:
            self._secret = device_secret.make(self._secrets)
        head = {"v": 1, "secret": self._check(), "id": os.urandom(_KEY_ID).hex()}
        self._wrap(head, os.urandom(_KEY), DEVICE, self._device_key())

    def set_pin(self, pin: str, cost: Cost) -> None:
        """Wrap the data key under a PIN. Locked unless open."""
        salt = os.urandom(argon2id.SALTBYTES)
        key = self._pin_key(pin, salt, cost)
        self._wrap(self._head, self._key, PIN, key, salt=b64(salt), passes=cost.passes, memory=cost.memory)

    def set_phone_lock(self) -> None:
        """Leave it to the phone's own lock when to open (the caller asks it). Locked unless open."""
        self._wrap(self._head, self._key, PHONE, _derive(self._at_hand(), b"phone"))

    def unlock_pin(self, pin: str) -> bool:
        """Try a PIN → whether it was right. Counting tries is the caller's."""
        head = self._head
        key = self._pin_key(pin, unb64(head["salt"]), Cost(head["passes"], head["memory"]))
        return self._try(key)

    def unlock_phone(self) -> bool:
        """The phone's own lock was opened → whether the data key lay under it."""
        return self.kind == PHONE and self._try(_derive(self._at_hand(), b"phone"))

    def lock(self) -> None:
        """Forget the data key until it is unlocked again; one without a PIN has no lock to close."""
        if self.kind != DEVICE:
            self._key = None

    def wipe(self) -> None:
        """Forget the data key for good: what it closed is closed for ever."""
        self._key = None
        self._write_head({"v": 1, "secret": "" if self._secret is None else self._check(), "kind": GONE})

    def _try(self, key: bytes) -> bool:
        try:
            self._key = self._unwrap(key)
        except CryptoError:
            return False
        return True

    def _pin_key(self, pin: str, salt: bytes, cost: Cost) -> bytes:
        stretched = argon2id.kdf(32, pin.encode(), salt, opslimit=cost.passes, memlimit=cost.memory)
        return _derive(self._at_hand(), b"pin", stretched)

    def _wrap(self, head: dict[str, Any], data_key: bytes | None, kind: str, key: bytes, **more: Any) -> None:
        if data_key is None:
            raise Locked("the data key is not at hand")
        nonce = os.urandom(_NONCE)
        wrapped = nonce + aead_close(data_key, _head_bound(kind, head["id"]), nonce, key)
        self._write_head(
            {**{name: head[name] for name in ("v", "secret", "id")}, "kind": kind, "wrapped": b64(wrapped), **more}
        )
        self._key = data_key

    def _unwrap(self, key: bytes) -> bytes:
        wrapped = unb64(self._head["wrapped"])
        return aead_open(wrapped[_NONCE:], _head_bound(self.kind, self._head["id"]), wrapped[:_NONCE], key)

    def _at_hand(self) -> bytes:
        if self._secret is None:
            raise Locked("the device secret is not at hand")
        return self._secret

    def _device_key(self) -> bytes:
        return _derive(self._at_hand(), b"device")

    def _check(self) -> str:
        """Tells one device secret from another."""
        return _derive(self._at_hand(), b"check").hex()[:16]

    def _read_head(self) -> dict[str, Any]:
        try:
            head = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            return {"kind": GONE}
        return head if isinstance(head, dict) else {"kind": GONE}

    def _write_head(self, head: dict[str, Any]) -> None:
        write_whole(self._path, json.dumps(head).encode())
        self._head = head


def _derive(key: bytes, name: bytes, more: bytes = b"") -> bytes:
    return blake2b(name + more, key=key, digest_size=32, person=b"yuetan-vault").digest()


def _head_bound(kind: str, key_id: str) -> bytes:
    return f"vault/{kind}/{key_id}".encode()
