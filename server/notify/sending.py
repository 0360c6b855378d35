"""Sending what waits in the outbox: at least once each, with longer and longer pauses after a failure.

No transaction is open while a channel is being talked to: what is due is read, sent, and what became of it written. A
crash in between sends a message twice, never not at all. One process does this (the scheduler's leader).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.model import Elder
from server.language import Language
from server.notify.model import Message
from server.notify.words import Said, say
from server.people.model import User
from server.problems import Problem
from server.wechat.client import WechatError

MOST_ATTEMPTS = 12
LONGEST_PAUSE = dt.timedelta(hours=6)
REFUSED_FOR_GOOD = {43101, 40003, 47003, 40037}  # not accepted, no such reader, bad data, no such template
_BATCH = 100


class Refused(Exception):
    """The channel will never take this message."""


class Unavailable(Exception):
    """The channel cannot take it now."""


class Channel(Protocol):
    def send(self, to: Reader, said: Said, message_id: uuid.UUID) -> None:
        """Raises Refused or Unavailable."""


@dataclass(frozen=True, slots=True)
class Reader:
    user_id: uuid.UUID
    wechat_openid: str | None
    language: Language


@dataclass(frozen=True, slots=True)
class Sent:
    """How a run of `deliver` went."""

    sent: int = 0
    refused: int = 0
    put_off: int = 0


class Console:
    """Its readers find messages on their pages: being there is being sent."""

    def send(self, to: Reader, said: Said, message_id: uuid.UUID) -> None:
        return


class SubscribedMessages(Protocol):
    """What the channel needs of server.wechat.client."""

    def send_subscribed(self, openid: str, template_id: str, data: dict[str, str], page: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Wechat:
    """Subscription messages: a template with `thing1` (title) and `thing2` (words), 20 characters each."""

    client: SubscribedMessages
    template_id: str
    page: str = "pages/index/index"

    def send(self, to: Reader, said: Said, message_id: uuid.UUID) -> None:
        if not to.wechat_openid:
            raise Refused("unbound")
        try:
            data = {"thing1": said.title[:20], "thing2": _short(said.body)}
            self.client.send_subscribed(to.wechat_openid, self.template_id, data, self.page)
        except WechatError as wrong:
            raise (Refused if wrong.errcode in REFUSED_FOR_GOOD else Unavailable)(str(wrong.errcode)) from None
        except Problem as wrong:
            raise Unavailable(wrong.code) from None


def deliver(session: Session, now: dt.datetime, channels: Mapping[str, Channel]) -> Sent:
    """Send everything that is due by `now` over these channels. Commits after each batch."""
    sent = refused = put_off = 0
    while due := _due(session, now):
        session.commit()  # nothing is held while others are talked to
        done = [_send(row, channels, now) for row in due]
        session.execute(_UPDATE, done)
        session.commit()
        states = [row["b_state"] for row in done]
        sent += states.count("sent")
        refused += states.count("refused")
        put_off += states.count("waiting")
    session.commit()
    return Sent(sent, refused, put_off)


@dataclass(frozen=True, slots=True)
class _Due:
    county_id: int
    id: uuid.UUID
    channel: str
    code: str
    attempts: int
    reader: Reader
    gone: bool
    elder: str | None


def _due(session: Session, now: dt.datetime) -> list[_Due]:
    waiting = session.execute(
        sa.select(Message, User)
        .join(User, User.id == Message.to_user_id)
        .where(Message.state == "waiting", Message.next_at <= now)
        .order_by(Message.next_at, Message.id)
        .limit(_BATCH)
        .execution_options(populate_existing=True)
    ).all()
    named = {uuid.UUID(m.params["elder_id"]) for m, _ in waiting if m.params.get("elder_id")}
    names: dict[str, str] = {}
    if named:
        found = session.execute(sa.select(Elder.id, Elder.name).where(Elder.id.in_(sorted(named))))
        names = {str(row.id): row.name for row in found}
    return [
        _Due(
            m.county_id, m.id, m.channel, m.code, m.attempts,
            Reader(u.id, u.wechat_openid, "en" if u.language.startswith("en") else "zh"), u.disabled_at is not None,
            names.get(m.params.get("elder_id") or ""),
        )
        for m, u in waiting
    ]  # fmt: skip


def _send(due: _Due, channels: Mapping[str, Channel], now: dt.datetime) -> dict[str, Any]:
    state, error, next_at = "sent", None, now
    try:
        if due.gone:
            raise Refused("reader is gone")
        channel = channels.get(due.channel)
        if channel is None:
            raise Refused("channel is off")
        channel.send(due.reader, say(due.code, due.reader.language, due.elder), due.id)
    except Refused as why:
        state, error = "refused", str(why)
    except Unavailable as why:
        state = "waiting" if due.attempts + 1 < MOST_ATTEMPTS else "refused"
        error, next_at = str(why), now + min(dt.timedelta(minutes=2**due.attempts), LONGEST_PAUSE)
    return {
        "b_county": due.county_id, "b_id": due.id, "b_state": state, "b_attempts": due.attempts + 1,
        "b_next": next_at, "b_sent": now if state == "sent" else None, "b_error": error[:200] if error else None,
    }  # fmt: skip


_MESSAGES = cast(sa.Table, Message.__table__)
_UPDATE = (
    sa.update(_MESSAGES)
    .where(_MESSAGES.c.county_id == sa.bindparam("b_county"), _MESSAGES.c.id == sa.bindparam("b_id"))
    .values(
        state=sa.bindparam("b_state"), attempts=sa.bindparam("b_attempts"), next_at=sa.bindparam("b_next"),
        sent_at=sa.bindparam("b_sent"), error=sa.bindparam("b_error"),
    )
)  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:19] + "…"
