"""The outbox of messages: at least once, with a key that makes a second one the same; put into words at sending."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow


class Message(CountyRow, Base):
    __tablename__ = "messages"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "key"),
        sa.Index("ix_messages_waiting", "next_at", sqlite_where=sa.text("state = 'waiting'"),
                 postgresql_where=sa.text("state = 'waiting'")),
    )  # fmt: skip

    key: Mapped[str] = mapped_column(sa.String(160))
    to_user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    channel: Mapped[str] = mapped_column(sa.String(20))  # wechat, console
    code: Mapped[str] = mapped_column(sa.String(40))
    params: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(sa.String(10), default="waiting")  # waiting, sent, refused
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(sa.String(200))
