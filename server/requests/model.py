"""What elders (or those who speak for them) ask about their own data: to see or have a copy, to correct, to delete, to
stop a use of it. The law (个人信息保护法, articles 44 to 50) wants each answered in time, with reasons where it is
refused; so each has a day on which it is due, and an outcome.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference

KINDS = ("access", "correction", "deletion", "restriction")
ASKERS = ("self", "guardian", "family", "other")
OUTCOMES = ("done", "refused")


class DataRequest(CountyRow, Base):
    __tablename__ = "data_requests"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.Index(None, "county_id", "due_on"),
        sa.CheckConstraint(f"outcome IS NULL OR outcome IN {OUTCOMES}", name="outcome"),
    )

    elder_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(sa.String(20))
    asked_by: Mapped[str] = mapped_column(sa.String(20))
    received_on: Mapped[dt.date]
    due_on: Mapped[dt.date]
    note: Mapped[bytes | None]  # what exactly, sealed
    recorded_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    recorded_at: Mapped[dt.datetime]
    outcome: Mapped[str | None] = mapped_column(sa.String(10))
    answer: Mapped[bytes | None]  # sealed
    outcome_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    outcome_at: Mapped[dt.datetime | None]
