"""A file's bytes, sealed in pieces so that a large one is never whole in memory.

Every file has a random key of its own, so a piece's nonce is just its number; the last piece is marked as the last.
Pieces cannot be altered, swapped, moved to another file or cut off unnoticed (the STREAM construction over AES-GCM).
The file's key is wrapped by whom the file belongs to: an elder's data key (`server.elders.vault.Key` has the two
methods of `Sealer`), or the county's.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 64 * 1024
TAG = 16
SEALED_PIECE = PIECE + TAG
VERSION = b"\x01"
_NONCE = 12


class SealBroken(Exception):
    """Altered, cut off, moved, or sealed under a key we no longer have."""


class Sealer(Protocol):
    """Who wraps a file's key. The arguments bind the wrapped key to its row."""

    def seal(self, table: str, column: str, row_id: uuid.UUID, value: bytes, /) -> bytes: ...

    def open_bytes(self, table: str, column: str, row_id: uuid.UUID, sealed: bytes, /) -> bytes: ...


class CountySealer:
    """Wraps with a county's key, derived from the server's secrets (newest first; retired ones still open)."""

    def __init__(self, county_id: int, keys: Sequence[bytes]) -> None:
        self.county_id = county_id
        self._aeads = [AESGCM(key) for key in keys]

    def seal(self, table: str, column: str, row_id: uuid.UUID, value: bytes, /) -> bytes:
        nonce = os.urandom(_NONCE)
        return VERSION + nonce + self._aeads[0].encrypt(nonce, value, self._bound(table, column, row_id))

    def open_bytes(self, table: str, column: str, row_id: uuid.UUID, sealed: bytes, /) -> bytes:
        nonce, text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if sealed[:1] == VERSION and len(nonce) == _NONCE:
            for aead in self._aeads:
                try:
                    return aead.decrypt(nonce, text, self._bound(table, column, row_id))
                except InvalidTag:
                    continue
        raise SealBroken(f"{table}.{column}")

    def _bound(self, table: str, column: str, row_id: uuid.UUID) -> bytes:
        return f"{table}/{column}/{self.county_id}/{row_id}".encode()


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


def seal_pieces(key: bytes, bound: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` (of any length) as sealed pieces; an empty file is one empty piece."""
    aead = AESGCM(key)
    waiting = bytearray()
    number = 0
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > PIECE:  # a full piece waits until it is known not to be the last
            yield aead.encrypt(_nonce(number, False), bytes(waiting[:PIECE]), bound)
            del waiting[:PIECE]
            number += 1
    yield aead.encrypt(_nonce(number, True), bytes(waiting), bound)


def open_pieces(key: bytes, bound: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The clear bytes of `pieces` (each SEALED_PIECE long but for the last). Raises SealBroken, perhaps late: a
    reader must not trust the whole before the end came."""
    aead = AESGCM(key)
    before: bytes | None = None
    number = 0
    for piece in pieces:
        if before is not None:
            yield _open(aead, _nonce(number, False), before, bound)
            number += 1
        before = piece
    if before is None:
        raise SealBroken("empty")
    yield _open(aead, _nonce(number, True), before, bound)


def _open(aead: AESGCM, nonce: bytes, piece: bytes, bound: bytes) -> bytes:
    try:
        return aead.decrypt(nonce, piece, bound)
    except InvalidTag:
        raise SealBroken("a piece does not open") from None


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(_NONCE - 1, "big") + (b"\x01" if last else b"\x00")
