"""What people decided about visits. Only added: accept, reject, reopen, and the visitor's one reply."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow


class Review(CountyRow, Base):
    __tablename__ = "reviews"
    __table_args__ = (sa.Index(None, "county_id", "visit_id", "at"),)

    visit_id: Mapped[uuid.UUID]
    decision: Mapped[str] = mapped_column(sa.String(10))  # accept, reject, reopen, reply
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime]
