"""Reads the records of an SQLite file page by page, without SQLite: for files that SQLite calls malformed.

Every leaf of a table and every page of an index is taken by itself, so a broken root, a broken schema or holes in
the middle cost only what they hold. The log beside the file (`-wal`) is laid over it frame by frame. Which table a
record belongs to is not known here; `rescue` tells them by their shape. Format: https://sqlite.org/fileformat2.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEAF_TABLE, LEAF_INDEX, INNER_INDEX = 0x0D, 0x0A, 0x02
_WAL_MAGICS = (0x377F0682, 0x377F0683)
_LARGEST = 64 * 1024 * 1024

Record = tuple[int | None, tuple[Any, ...]]


class Unreadable(Exception):
    """What stands at this place is no record."""


def records(path: Path) -> Iterator[Record]:
    """(rowid or None, values) of every record that can be read, those of the log last."""
    data = path.read_bytes() if path.exists() else b""
    log = path.with_name(path.name + "-wal")
    frames = log.read_bytes() if log.exists() else b""
    size = _page_size(data, frames)
    pages = {number + 1: data[at : at + size] for number, at in enumerate(range(0, len(data) - size + 1, size))}
    for number in list(pages):
        yield from _of_page(pages, number, size)
    for changed in _commits(frames, size):
        pages.update(changed)
        for number in changed:
            yield from _of_page(pages, number, size)


def _page_size(data: bytes, log: bytes) -> int:
    for found in (
        int.from_bytes(data[16:18], "big") if data.startswith(b"SQLite format 3\0") else 0,
        int.from_bytes(log[8:12], "big") if len(log) >= 32 else 0,
    ):
        size = 65536 if found == 1 else found
        if 512 <= size <= 65536 and size & (size - 1) == 0:
            return size
    return 4096


def _commits(log: bytes, size: int) -> Iterator[dict[int, bytes]]:
    """The pages of each transaction in the log. Checksums are not asked: a wrong one says nothing of the others."""
    if len(log) < 32 or int.from_bytes(log[:4], "big") not in _WAL_MAGICS:
        return
    salts = log[16:24]
    changed: dict[int, bytes] = {}
    for at in range(32, len(log) - size - 23, size + 24):
        number, after = struct.unpack(">II", log[at : at + 8])
        if log[at + 8 : at + 16] != salts:
            continue
        changed[number] = log[at + 24 : at + 24 + size]
        if after:
            yield changed
            changed = {}


def _of_page(pages: dict[int, bytes], number: int, size: int) -> Iterator[Record]:
    page = pages[number]
    head = 100 if number == 1 else 0
    kind = page[head]
    if kind not in (LEAF_TABLE, LEAF_INDEX, INNER_INDEX):
        return
    begin = head + (12 if kind == INNER_INDEX else 8)
    count = int.from_bytes(page[head + 3 : head + 5], "big")
    for index in range(min(count, size // 4)):
        cell = int.from_bytes(page[begin + 2 * index : begin + 2 * index + 2], "big")
        try:
            yield _cell(pages, page, cell, kind, size)
        except (Unreadable, IndexError, struct.error, UnicodeDecodeError):
            continue


def _cell(pages: dict[int, bytes], page: bytes, at: int, kind: int, size: int) -> Record:
    if not 0 < at < size:
        raise Unreadable
    if kind == INNER_INDEX:
        at += 4
    length, at = _varint(page, at)
    rowid: int | None = None
    if kind == LEAF_TABLE:
        rowid, at = _varint(page, at)
    if length > _LARGEST:
        raise Unreadable
    return rowid, _values(_payload(pages, page, at, length, kind, size))


def _payload(pages: dict[int, bytes], page: bytes, at: int, length: int, kind: int, size: int) -> bytes:
    most = size - 35 if kind == LEAF_TABLE else (size - 12) * 64 // 255 - 23
    if length <= most:
        return page[at : at + length]
    least = (size - 12) * 32 // 255 - 23
    here = least + (length - least) % (size - 4)
    if here > most:
        here = least
    payload = page[at : at + here]
    following = int.from_bytes(page[at + here : at + here + 4], "big")
    while len(payload) < length:
        more = pages.get(following)
        if more is None:
            raise Unreadable
        payload += more[4 : 4 + min(size - 4, length - len(payload))]
        following = int.from_bytes(more[:4], "big")
    return payload


def _values(payload: bytes) -> tuple[Any, ...]:
    end, at = _varint(payload, 0)
    if end > len(payload):
        raise Unreadable
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    at = end
    for kind in kinds:
        length = _length(kind)
        piece = payload[at : at + length]
        if len(piece) != length:
            raise Unreadable
        values.append(_value(kind, piece))
        at += length
    if at != len(payload):
        raise Unreadable
    return tuple(values)


def _length(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    if kind in (10, 11):
        raise Unreadable
    return (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind]


def _value(kind: int, piece: bytes) -> Any:
    if kind >= 12:
        return piece if kind % 2 == 0 else piece.decode()
    if kind == 0:
        return None
    if kind == 7:
        return struct.unpack(">d", piece)[0]
    if kind in (8, 9):
        return kind - 8
    return int.from_bytes(piece, "big", signed=True)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step in range(9):
        byte = data[at + step]
        if step == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    raise Unreadable
