"""A person's messages, as the console shows them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.model import Elder
from server.language import Language
from server.notify.model import Message
from server.notify.service import CONSOLE
from server.notify.words import say
from server.paging import Page, PageArgs


def inbox(session: Session, user_id: uuid.UUID, page: PageArgs, language: Language) -> Page[dict[str, Any]]:
    """Newest first: id, at, code, title, body, params. Two queries a page."""
    query = sa.select(Message).where(Message.to_user_id == user_id, Message.channel == CONSOLE)
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        query = query.where(
            sa.or_(Message.created_at < after[0], sa.and_(Message.created_at == after[0], Message.id < after[1]))
        )
    rows = session.scalars(query.order_by(Message.created_at.desc(), Message.id.desc()).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda m: (m.created_at, m.id))
    named = {uuid.UUID(m.params["elder_id"]) for m in cut.items if m.params.get("elder_id")}
    found = session.execute(sa.select(Elder.id, Elder.name).where(Elder.id.in_(sorted(named))))
    names = {str(row.id): row.name for row in found}

    def shown(message: Message) -> dict[str, Any]:
        said = say(message.code, language, names.get(message.params.get("elder_id") or ""))
        return {
            "id": message.id, "at": message.created_at, "code": message.code, "title": said.title, "body": said.body,
            "params": message.params,
        }  # fmt: skip

    return cut.map(shown)
