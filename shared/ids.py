"""Identifiers.

A phone makes the id of a visit long before any server hears of it, so ids must be unique without asking anybody,
and rows that arrive in order should lie in order on disk: UUID version 7 (RFC 9562). Python 3.11 has none.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from uuid import UUID

_CANONICAL = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}").fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(at: datetime | None = None) -> UUID:
    """A version-7 UUID of `at` (aware; default: now).

    The 12 bits after the millisecond hold its fraction, so that ids made one after another sort that way to a
    quarter of a microsecond; the other 62 bits are random. Times before 1970 count as 1970.
    """
    if at is None:
        ns = time.time_ns()
    else:
        since = at - _EPOCH
        ns = max(0, ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000)
    ms, rest = divmod(ns, 1_000_000)
    fraction = (rest << 12) // 1_000_000
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=((ms & ((1 << 48) - 1)) << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | tail)


def read_uuid(text: object) -> UUID | None:
    """The UUID that `text` spells in its canonical form (8-4-4-4-12 hex digits, either case), or None.

    `uuid.UUID` also takes braces, URNs and digits without hyphens; two spellings of one id would be two keys
    on a phone, so only the canonical one is read. Any version is taken: H5 pages make version 4.
    """
    if type(text) is not str or _CANONICAL(text) is None:
        return None
    return UUID(int=int(text.replace("-", ""), 16))
