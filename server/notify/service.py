"""Putting messages into the outbox. They leave it in `deliver` (server/notify/sending.py), at least once each.

A message is a code and its parameters; it is put into words, in its reader's language, when it is sent.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.database import insert_into
from server.notify.model import Message
from server.people.model import User
from shared.ids import uuid7

CONSOLE, WECHAT = "console", "wechat"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`key` says what it is about and whom it goes to: the same key a second time is the same message. `params` are
    what the words need, never more of a person than a name."""

    key: str
    to_user_id: uuid.UUID
    code: str
    params: dict[str, Any]


def enqueue(session: Session, county_id: int, messages: Sequence[Outgoing], *, now: dt.datetime) -> list[uuid.UUID]:
    """Messages for the console, and for WeChat where the reader has bound it. → ids of those that are new. Never
    commits; a constant number of queries for each 500 messages."""
    made: list[uuid.UUID] = []
    for start in range(0, len(messages), _CHUNK):
        some = messages[start : start + _CHUNK]
        on_wechat = set(
            session.scalars(
                sa.select(User.id).where(
                    User.id.in_({m.to_user_id for m in some}), User.wechat_openid.is_not(None),
                    User.disabled_at.is_(None),
                )
            )
        )  # fmt: skip
        rows = [
            {
                "county_id": county_id, "id": uuid7(now), "key": f"{m.key}:{channel}", "to_user_id": m.to_user_id,
                "channel": channel, "code": m.code, "params": m.params, "state": "waiting", "attempts": 0,
                "next_at": now, "created_at": now,
            }
            for m in some
            for channel in ((CONSOLE, WECHAT) if m.to_user_id in on_wechat else (CONSOLE,))
        ]  # fmt: skip
        if rows:
            insert = insert_into(session, Message).values(rows)
            made += session.scalars(
                insert.on_conflict_do_nothing(index_elements=["county_id", "key"]).returning(Message.id)
            )
    return made
