"""Absences: an elder is away for a time, and what is then owed is a phone contact (DOMAIN, The monthly visit rate)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference

REASONS = ("in_hospital", "with_family", "travelling", "other")


class Absence(CountyRow, Base):
    """Away for a time (in hospital, with family, travelling): counts as `away` only once a director approved it."""

    __tablename__ = "absences"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.Index(None, "county_id", "elder_id"),
    )

    elder_id: Mapped[uuid.UUID]
    reason: Mapped[str] = mapped_column(sa.String(40))  # in_hospital, with_family, travelling
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date | None]  # last day away; null: open
    recorded_at: Mapped[dt.datetime]
    recorded_by: Mapped[uuid.UUID | None]
    approved_at: Mapped[dt.datetime | None]
    approved_by: Mapped[uuid.UUID | None]
    withdrawn_at: Mapped[dt.datetime | None]
