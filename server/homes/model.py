"""Where homes are said to be: what readings propose to the register, and what people made of it.

A proposal is worked out from a home's history (`shared/rules/homes.py`) and follows it while it is open; decided ones
stay as they were. Decisions are only added. Places locate a person, so they are sealed under the elder's key.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference

OPEN, ACCEPTED, DECLINED, GONE = "open", "accepted", "declined", "gone"
STATES = (OPEN, ACCEPTED, DECLINED, GONE)
DECISIONS = ("accept", "decline")


class HomeProposal(CountyRow, Base):
    """A place that readings agree on and the register does not. `several`: different visitors on different days, so
    that visits are judged by it already; else one visitor's own. `gone`: the readings say so no longer."""

    __tablename__ = "home_proposals"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.Index(
            "uq_home_proposals_open", "county_id", "elder_id", unique=True, sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
    )  # fmt: skip

    elder_id: Mapped[uuid.UUID]
    found_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    several: Mapped[bool]
    days: Mapped[int]
    readings: Mapped[int]
    place: Mapped[bytes]  # sealed JSON: {lat, lon, spread_m, readings: [[visit, lat, lon, accuracy_m], …]}
    state: Mapped[str] = mapped_column(sa.String(10), default=OPEN)


class HomeDecision(CountyRow, Base):
    """What a person, or an elder's answer to a call, said about a proposal. Rows are only added."""

    __tablename__ = "home_decisions"
    __table_args__ = (
        county_reference("proposal_id", "home_proposals"),
        sa.UniqueConstraint("county_id", "proposal_id"),
    )

    proposal_id: Mapped[uuid.UUID]
    decision: Mapped[str] = mapped_column(sa.String(10))
    by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime]
    callback_id: Mapped[uuid.UUID | None]  # the call in which the elder said so
    told: Mapped[bytes]  # sealed JSON: {reason, before: [lat, lon] or null, after: the same}
