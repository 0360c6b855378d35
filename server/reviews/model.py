"""What people decided. Reviews are part of a visit's record: their rows lie with the visits (server/visits/model.py);
here is what a director found out about a death."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference
from server.visits.model import Review

__all__ = ["FINDINGS", "DeathReview", "Review"]

# How it was: as one could expect; nobody knew in time; visits that were owed had not been made; another.
FINDINGS = ("expected", "found_late", "visits_missed", "other")


class DeathReview(CountyRow, Base):
    """A director's look at a death: once for each day of death that is on record. Rows are only added."""

    __tablename__ = "death_reviews"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.UniqueConstraint("county_id", "elder_id", "died_on"),
    )

    elder_id: Mapped[uuid.UUID]
    died_on: Mapped[dt.date]
    finding: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[bytes | None]  # sealed
    days_since: Mapped[int | None]  # between the last contact and the death, as it stood then
    by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime]
