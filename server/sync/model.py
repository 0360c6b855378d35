"""What each phone holds (the feed's marks) and what else phones told.

A mark remembers, per cursor, which version of which item the phone has once it stored that answer. The next answer is
the difference between that and what it may hold now: so nothing is skipped whatever order transactions commit in, and
an elder who is no longer paired is removed however the tie ended.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow


class FeedMark(Base):
    __tablename__ = "feed_marks"
    __table_args__ = (sa.Index(None, "session_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  # the cursor
    session_id: Mapped[uuid.UUID]
    created_at: Mapped[dt.datetime]
    holds: Mapped[bytes]  # deflated JSON {section: {item id: version}}


class PhoneEvent(CountyRow, Base):
    """`elder_id`: whom it is about, where that is known; `raw`, the item as it came, is then sealed under their key,
    else under the county's."""

    __tablename__ = "phone_events"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    device_id: Mapped[uuid.UUID | None]
    kind: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[dt.datetime | None]
    received_at: Mapped[dt.datetime]
    subject_id: Mapped[uuid.UUID | None]
    elder_id: Mapped[uuid.UUID | None]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    raw: Mapped[bytes]
