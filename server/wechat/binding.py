"""The token that carries an unbound WeChat account from `/auth/wechat` to `/auth/wechat/bind`: sealed, ten minutes."""

from __future__ import annotations

import datetime as dt
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.keys import KeyRing
from shared.protocol.signing import b64, unb64

LIFE = dt.timedelta(minutes=10)
_PURPOSE = "wechat-binding"


def make(keys: KeyRing, openid: str, now: dt.datetime) -> str:
    nonce = os.urandom(12)
    expires = int((now + LIFE).timestamp())
    return b64(nonce + AESGCM(keys.key(_PURPOSE)).encrypt(nonce, f"{expires} {openid}".encode(), None))


def read(keys: KeyRing, token: str, now: dt.datetime) -> str | None:
    """The openid, or None: not ours, or too old."""
    try:
        data = unb64(token)
    except ValueError:
        return None
    if len(data) < 28:
        return None
    for key in keys.keys(_PURPOSE):
        try:
            text = AESGCM(key).decrypt(data[:12], data[12:], None).decode()
        except InvalidTag:
            continue
        expires, _, openid = text.partition(" ")
        return openid if now.timestamp() < int(expires) else None
    return None
