"""Pairings 结对帮扶: dated ties of an elder and a person. An elder may have several; `family` ties let kin read, not
visit."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference

PAIRING_ROLES = ("main", "stand_in", "neighbour", "volunteer", "social_worker", "community_worker", "doctor", "family")


class Pairing(CountyRow, Base):
    __tablename__ = "pairings"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.Index(None, "county_id", "elder_id"),
        sa.Index(None, "user_id"),
    )

    elder_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(sa.String(20))
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    created_by: Mapped[uuid.UUID | None]
    ended_by: Mapped[uuid.UUID | None]
