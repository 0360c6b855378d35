"""Divisions (行政区划) with their statistical codes, and the counties that run the system.

A region keeps its id for good; its 12-digit codes are dated, because the statistics office revises them. `code` is
today's (null once the region is merged away: `successor_id` then says where to). A region's scope is a range of
codes, so a director's reach is one BETWEEN. A **county** is the operating tenant: its id never changes, whatever
happens to codes.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base

LEVELS = ("province", "city", "county", "town", "village")


class Region(Base):
    __tablename__ = "regions"
    __table_args__ = (sa.CheckConstraint(f"level IN {LEVELS}", name="level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[int | None] = mapped_column(sa.BigInteger, unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    level: Mapped[str] = mapped_column(sa.String(10))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("regions.id"), index=True)
    successor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("regions.id"))


class RegionCode(Base):
    """A code that a region had: valid from a day, to a day (exclusive; null: still)."""

    __tablename__ = "region_codes"
    __table_args__ = (sa.Index(None, "code"),)

    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"), primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    code: Mapped[int] = mapped_column(sa.BigInteger)
    valid_to: Mapped[dt.date | None]


class County(Base):
    """An operating tenant. `settings` overrides the numbers of DOMAIN (credit caps, ladder times, …)."""

    __tablename__ = "counties"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    created_at: Mapped[dt.datetime]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
