"""Duties 应访任务, one row per elder and period, and the village counts that every rate is read from.

Both are written in the transaction of the fact that changes them (server/outcomes); showing a rate never counts
visits. `month` is the first day of the month whose figures the period belongs to (a week: the month of its Thursday).
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, county_reference

STATES = ("missing", "visited", "away", "refused", "left")


class Duty(Base):
    __tablename__ = "duties"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.Index(
            "ix_duties_open", "county_id", "month", "region_id",
            sqlite_where=sa.text("state = 'missing'"), postgresql_where=sa.text("state = 'missing'"),
        ),
    )  # fmt: skip

    county_id: Mapped[int] = mapped_column(primary_key=True)
    elder_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(5), primary_key=True)  # month, week
    starts_on: Mapped[dt.date] = mapped_column(primary_key=True)
    ends_on: Mapped[dt.date]  # last day
    month: Mapped[dt.date]
    region_id: Mapped[int]
    policy_id: Mapped[str] = mapped_column(sa.String(40))
    policy_version: Mapped[int]
    needed: Mapped[int] = mapped_column(default=1)
    done: Mapped[int] = mapped_column(default=0)
    home_done: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(sa.String(8), default="missing")
    away_kept: Mapped[bool] = mapped_column(default=False)


class VillageFigures:
    """The columns of CONTRACT's figures, as one village has them in one month."""

    due: Mapped[int] = mapped_column(default=0)
    visited: Mapped[int] = mapped_column(default=0)
    visited_home: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    away: Mapped[int] = mapped_column(default=0)
    away_kept: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    weeks_owed: Mapped[int] = mapped_column(default=0)
    weeks_kept: Mapped[int] = mapped_column(default=0)


class VillageCount(VillageFigures, Base):
    __tablename__ = "village_counts"

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"), primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)


class Closing(Base):
    """A month's figures frozen, version by version; a revision stands beside the one before, never over it."""

    __tablename__ = "closings"

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    closed_at: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    details: Mapped[dict[str, Any] | None]


class ClosingFigures(VillageFigures, Base):
    __tablename__ = "closing_figures"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["county_id", "month", "version"],
            ["closings.county_id", "closings.month", "closings.version"],
        ),
    )

    county_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"), primary_key=True)
