"""Who is tied to whom, and was when."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.pairings.model import Pairing


@dataclass(frozen=True, slots=True)
class Tie:
    """A pairing of one user, from `starts_at` until `ends_at` (exclusive; None: still)."""

    elder_id: uuid.UUID
    role: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None

    def at(self, instant: dt.datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


def ties(session: Session, county_id: int, user_id: uuid.UUID) -> list[Tie]:
    """Every tie that this person ever had in the county, ended ones too: a visit is attributed by the ties of its
    trusted start. `family` ties are among them and let nobody visit."""
    found = session.execute(
        sa.select(Pairing.elder_id, Pairing.role, Pairing.starts_at, Pairing.ends_at)
        .where(Pairing.user_id == user_id, Pairing.county_id == county_id)
        .order_by(Pairing.starts_at, Pairing.id)
    )
    return [Tie(*row) for row in found]
