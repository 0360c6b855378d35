"""Who is on duty 值班: the people whom a call for help reaches first, whatever the hour."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow


class Shift(CountyRow, Base):
    """One person on duty for a region and all below it, from `starts_at` until `ends_at`. Cancelled ones stay."""

    __tablename__ = "shifts"
    __table_args__ = (sa.Index(None, "county_id", "ends_at"),)

    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    created_by: Mapped[uuid.UUID | None]
    cancelled_at: Mapped[dt.datetime | None]
