"""The device's Ed25519 key: made once on the phone, never leaves it, lies in the device compartment of the vault."""

from __future__ import annotations

from nacl.signing import SigningKey

from caregiver_app.store.meta import Meta
from shared.ids import uuid7
from shared.protocol.signing import b64, unb64


def device_id(meta: Meta) -> str:
    """This phone's id, made at first need."""
    known = meta.get("device_id")
    if known is None:
        known = str(uuid7())
        meta.set(device_id=known)
    return str(known)


def signing_key(meta: Meta) -> SigningKey:
    """This phone's key, made at first need."""
    known = meta.get("private_key")
    if known is None:
        key = SigningKey.generate()
        meta.set(private_key=b64(bytes(key)))
        return key
    return SigningKey(unb64(str(known)))


def public_key(meta: Meta) -> str:
    """32 bytes, base64url."""
    return b64(bytes(signing_key(meta).verify_key))


def sign(meta: Meta, message: bytes) -> str:
    """The signature, base64url."""
    return b64(signing_key(meta).sign(message).signature)
