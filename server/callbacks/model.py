"""The call-back sample 回访抽查: what was promised before the month, what was drawn, who calls whom, what was answered.

Announcements, draws and attempts are only ever added. A call-back's row holds its newest outcome; `callback_villages`
holds the figures per village and month, written with the fact that changes them, so that they stand beside a rate
without counting (as `village_counts` do for the rate itself).
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow

OUTCOMES = ("confirmed", "not_confirmed", "elder_unsure", "not_reached")
ANSWERED = ("confirmed", "not_confirmed")
FINAL = ("confirmed", "not_confirmed", "elder_unsure")  # who was not reached may be called again


class CallbackAnnouncement(CountyRow, Base):
    """Published before a month's visits are known: the digest of a number that only the draw discloses. So nobody can
    choose which visits are drawn: the operator is bound by the digest, everybody else does not know the number."""

    __tablename__ = "callback_announcements"
    __table_args__ = (sa.UniqueConstraint("county_id", "month"),)

    month: Mapped[dt.date]
    announced_at: Mapped[dt.datetime]
    commitment: Mapped[bytes] = mapped_column(sa.LargeBinary(32))  # SHA-256 of the number
    sealed: Mapped[bytes]  # the number (32 bytes), under the county's key


class CallbackDraw(Base):
    """One round: everything that is needed to draw it again. `frame` (round 1): the visits drawn from, village →
    visitor → ids, as zlib-compressed JSON; later rounds draw from those of them that were not drawn before."""

    __tablename__ = "callback_draws"

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    drawn_at: Mapped[dt.datetime]
    closing_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    number: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    seed: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    population: Mapped[int]
    size: Mapped[int]
    frame: Mapped[bytes | None]
    frame_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


class Callback(CountyRow, Base):
    """One visit whose elder is called, by whom, and the newest outcome."""

    __tablename__ = "callbacks"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "visit_id"),
        sa.Index(None, "county_id", "region_id", "month"),
        sa.Index(None, "assigned_to", "outcome"),
        sa.CheckConstraint(f"outcome IS NULL OR outcome IN {OUTCOMES}", name="outcome"),
    )

    month: Mapped[dt.date]
    round: Mapped[int]
    visit_id: Mapped[uuid.UUID]
    elder_id: Mapped[uuid.UUID]
    visitor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"))
    assigned_to: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    outcome_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    outcome_at: Mapped[dt.datetime | None]


class CallbackAttempt(CountyRow, Base):
    """A call, and what came of it."""

    __tablename__ = "callback_attempts"
    __table_args__ = (sa.Index(None, "county_id", "callback_id"),)

    callback_id: Mapped[uuid.UUID]
    outcome: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[bytes | None]  # sealed
    at_home: Mapped[bool | None]  # the elder says that the visit took place in their home, or that it did not
    by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime]


class CallbackVillage(Base):
    """A village's part of a month's sample: how many visits it was drawn from, how many were, and the answers."""

    __tablename__ = "callback_villages"

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"), primary_key=True)
    population: Mapped[int] = mapped_column(default=0)
    drawn: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int] = mapped_column(default=0)
    not_confirmed: Mapped[int] = mapped_column(default=0)
    elder_unsure: Mapped[int] = mapped_column(default=0)
    not_reached: Mapped[int] = mapped_column(default=0)
