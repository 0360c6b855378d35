"""What a phone holds, remembered under the cursor it was given: packed small, because every change makes one.

A phone that presents a cursor has stored the answer that carried it, so older ones are needed no more. The one it
presents is kept: its next answer may get lost, and then it asks from there again.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
import zlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.sync.model import FeedMark
from shared.ids import read_uuid, uuid7

Holds = dict[str, dict[str, Any]]  # section -> item id -> version

# Answers that got lost leave marks behind that nobody will present; this many newer than the presented one stay.
SPARE = 8


def pack(holds: Holds) -> bytes:
    return zlib.compress(json.dumps(holds, separators=(",", ":")).encode())


def unpack(data: bytes) -> Holds:
    holds: Holds = json.loads(zlib.decompress(data))
    return holds


def find(session: Session, cursor: str, session_id: uuid.UUID | None) -> FeedMark | None:
    """The mark of this login's or device's own cursor; None: unknown, or somebody else's."""
    mark_id = read_uuid(cursor)
    if mark_id is None or session_id is None:
        return None
    return session.scalar(sa.select(FeedMark).where(FeedMark.id == mark_id, FeedMark.session_id == session_id))


def remember(
    session: Session, session_id: uuid.UUID, holds: Holds, *, presented: uuid.UUID | None, now: dt.datetime
) -> uuid.UUID:
    """Keep `holds` under a new cursor, and forget the marks that `presented` made needless. → the cursor"""
    others = session.execute(
        sa.select(FeedMark.id, FeedMark.created_at)
        .where(FeedMark.session_id == session_id, FeedMark.id != presented)
        .order_by(FeedMark.created_at.desc(), FeedMark.id.desc())
    ).all()
    since = session.scalar(sa.select(FeedMark.created_at).where(FeedMark.id == presented)) if presented else None
    newer = [row.id for row in others if since is None or row.created_at >= since]
    kept = set(newer[: SPARE - 1])
    if gone := [row.id for row in others if row.id not in kept]:
        session.execute(sa.delete(FeedMark).where(FeedMark.id.in_(gone)))
    cursor = uuid7(now)
    session.execute(
        sa.insert(FeedMark), [{"id": cursor, "session_id": session_id, "created_at": now, "holds": pack(holds)}]
    )
    return cursor
