"""Drawing a month's call-backs, and drawing them again to check: the frame, the seed, the sample.

The seed is SHA-256 over `yuetan-callbacks-1`, the county's number, the month, the digest of the month's first closing,
the number promised before the month, and the round, each on a line of its own (hexadecimal for bytes). The closing's
digest is known to everybody and depends on every village; the promised number is known to nobody before the draw.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.callbacks.model import CallbackDraw
from server.visits.model import Visit
from shared.rules import sampling
from shared.rules.months import Month

Frame = Mapping[int, Mapping[str, Sequence[str]]]


def seed_of(county_id: int, month: Month, closing_digest: bytes, number: bytes, round_: int) -> bytes:
    lines = (sampling.METHOD, str(county_id), str(month), closing_digest.hex(), number.hex(), str(round_))
    return hashlib.sha256("\n".join(lines).encode()).digest()


def frame_of(session: Session, county_id: int, month: Month, before: dt.datetime, tz: dt.tzinfo) -> Frame:
    """The visits that count in `month` and had arrived when it was closed: those that its rate rests on."""
    rows = session.execute(
        sa.select(Visit.region_id, Visit.visitor_id, Visit.id).where(
            Visit.county_id == county_id, Visit.start >= month.starts(tz), Visit.start < month.ends(tz),
            Visit.counts.is_(True), Visit.received_at < before, Visit.elder_id.is_not(None),
            Visit.region_id.is_not(None),
        )
    )  # fmt: skip
    return ordered((region or 0, str(visitor), str(visit)) for region, visitor, visit in rows)


def ordered(rows: object) -> Frame:
    """Villages by number, visitors and visits by id: the order in which they are drawn from."""
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for region, visitor, visit in rows:  # type: ignore[attr-defined]
        found[region][visitor].append(visit)
    return {r: {v: sorted(found[r][v]) for v in sorted(found[r])} for r in sorted(found)}


def without(frame: Frame, drawn: Collection[str]) -> Frame:
    gone = set(drawn)
    return ordered((r, v, visit) for r, vs in frame.items() for v, ids in vs.items() for visit in ids
                   if visit not in gone)  # fmt: skip


def count(frame: Frame) -> int:
    return sum(len(ids) for visitors in frame.values() for ids in visitors.values())


def packed(frame: Frame) -> bytes:
    return zlib.compress(_text(frame), 9)


def unpacked(stored: bytes) -> Frame:
    return {int(region): visitors for region, visitors in json.loads(zlib.decompress(stored)).items()}


def digest(frame: Frame) -> bytes:
    return hashlib.sha256(_text(frame)).digest()


def _text(frame: Frame) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def rounds(session: Session, county_id: int, month: Month) -> Sequence[CallbackDraw]:
    return session.scalars(
        sa.select(CallbackDraw)
        .where(CallbackDraw.county_id == county_id, CallbackDraw.month == month.first)
        .order_by(CallbackDraw.round)
    ).all()


def drawn_again(draws: Sequence[CallbackDraw]) -> list[tuple[CallbackDraw, Frame, list[uuid.UUID]]]:
    """Every round repeated from what was kept of it: (the round, what it drew from, what it must have drawn)."""
    again: list[tuple[CallbackDraw, Frame, list[uuid.UUID]]] = []
    frame: Frame = {}
    for row in draws:
        if row.frame is not None:
            frame = unpacked(row.frame)
        month = Month.of(row.month)
        seed = seed_of(row.county_id, month, row.closing_digest, row.number, row.round)
        visits = sampling.draw(frame, row.size, seed)
        again.append((row, frame, [uuid.UUID(v) for v in visits]))
        frame = without(frame, visits)
    return again
