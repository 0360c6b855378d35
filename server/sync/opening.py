"""Opening what a phone sealed: whose signature, which key, and whether inside and outside agree.

A libsodium sealed box says nothing of who made it, so the phone's signature over the closed box is looked at first;
whoever cannot sign learns nothing about what else is known: not by an answer, and not by a look into the box. What
stays closed is kept as it came, for a key may be found again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from server.devices.signers import Key, Signer
from server.intake import Closed
from server.keys import SealingKey
from shared.ids import read_uuid
from shared.protocol.jsontext import loads
from shared.protocol.signing import sealed_text, unb64

NOT_SIGNED = "signature_invalid"
EVENT = "event"
SEAL_BYTES = 48
"""By how much a sealed box is longer than what is in it: an ephemeral public key and an authenticator."""


@dataclass(frozen=True)
class Boxes:
    """The server's sealing keys, the newest first: old ones keep opening what was sealed for them."""

    keys: Sequence[SealingKey]

    @cached_property
    def _by_id(self) -> Mapping[str, SealedBox]:
        return {key.id: SealedBox(PrivateKey(key.private)) for key in self.keys}

    def open(self, sealed: bytes, key_id: str | None) -> bytes | str:
        """What is in the box, or the code of what is wrong. Without a `key_id` every key is tried."""
        if key_id is not None and key_id not in self._by_id:
            return "seal_key_unknown"
        for box in [self._by_id[key_id]] if key_id is not None else self._by_id.values():
            try:
                return box.decrypt(sealed)
            except CryptoError:
                continue
        return "seal_broken"


@dataclass(frozen=True, slots=True)
class Opened:
    """One item: what intake is to be given, and the phone's key that signed it (None: nobody's signature).

    `event`: it says that it is one, and could be opened; it goes the way of events."""

    value: Any
    key: Key | None = None
    event: bool = False


@dataclass(frozen=True, slots=True)
class _Shape:
    id: str
    key_id: str | None
    sealed: bytes
    signature: bytes
    errors: dict[str, list[str]] = field(default_factory=dict)


def open_item(raw: Any, signer: Signer, boxes: Boxes) -> Opened:
    """Read, check and open one item of `POST /sync/sealed`. Never raises."""
    shape = _shape(raw)
    if shape.errors:
        return Opened(Closed(raw, "validation", shape.errors))
    key = signer.key_of(shape.signature, sealed_text(shape.id, shape.sealed))
    if key is None:
        return Opened(Closed(raw, NOT_SIGNED))
    clear = boxes.open(shape.sealed, shape.key_id)
    if isinstance(clear, str):
        return Opened(Closed(raw, clear), key)
    try:
        item = loads(clear)
    except ValueError:
        return Opened(Closed(raw, "json_invalid"), key)
    if not isinstance(item, dict):
        return Opened(Closed(raw, "validation", {"": ["not_an_object"]}), key)
    if not _agree(item, shape.id, signer.device_id):
        return Opened(Closed(raw, "seal_mismatch"), key)
    return Opened(item, key, event=raw.get("kind") == EVENT)


def _agree(item: dict[str, Any], outer_id: str, device_id: uuid.UUID) -> bool:
    """The same id inside; and the same device, or none said (the signature says which)."""
    inner, named = read_uuid(item.get("id")), item.get("device_id")
    return inner is not None and inner == read_uuid(outer_id) and (named is None or read_uuid(named) == device_id)


def _shape(raw: Any) -> _Shape:
    if not isinstance(raw, dict):
        return _Shape("", None, b"", b"", {"": ["not_an_object"]})
    errors: dict[str, list[str]] = {}
    texts = {}
    for name in ("id", "sealed", "signature"):
        texts[name] = raw.get(name)
        if not isinstance(texts[name], str) or not texts[name]:
            errors[name], texts[name] = ["required"], ""
    key_id = raw.get("key_id")
    if key_id is not None and not isinstance(key_id, str):
        errors["key_id"] = ["not_a_text"]
        key_id = None
    blobs = {}
    for name in ("sealed", "signature"):
        try:
            blobs[name] = unb64(texts[name])
        except ValueError:
            errors[name], blobs[name] = ["not_base64"], b""
    return _Shape(texts["id"], key_id, blobs["sealed"], blobs["signature"], errors)
