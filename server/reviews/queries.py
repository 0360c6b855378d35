"""What was decided about a visit, by whom, and whether it may be decided again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Grant
from server.people.model import RoleGrant
from server.regions.codes import code_range
from server.regions.model import Region
from server.reviews.model import Review

ADMIN_RANK = 10**12  # above every director


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest decision of a visit, and what came after it."""

    decision: Review | None
    reopened: Review | None
    reply: Review | None  # the visitor's one, whenever it was


def standing(session: Session, county_id: int, visit_id: uuid.UUID) -> Standing:
    decision = reopened = reply = None
    for review in history(session, county_id, visit_id):
        if review.decision in ("accept", "reject"):
            decision, reopened = review, None
        else:
            reopened = review
            if review.decision == "reply":
                reply = review
    return Standing(decision, reopened, reply)


def history(session: Session, county_id: int, visit_id: uuid.UUID) -> Sequence[Review]:
    """Everything that people said about a visit, in order."""
    return session.scalars(
        sa.select(Review)
        .where(Review.county_id == county_id, Review.visit_id == visit_id)
        .order_by(Review.at, Review.id)
    ).all()


def rank_of(session: Session, county_id: int, user_id: uuid.UUID, code: int, day: dt.date) -> int:
    """How far above the village of `code` somebody stood on a day: the width of the widest region that holds it and
    that they answered for; 0: not at all."""
    found = session.execute(
        sa.select(RoleGrant.role, Region.code, Region.level)
        .join(Region, Region.id == RoleGrant.region_id)
        .where(
            RoleGrant.user_id == user_id, RoleGrant.county_id == county_id,
            RoleGrant.role.in_(("director", "admin")), RoleGrant.valid_from <= day,
            sa.or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day),
        )
    )  # fmt: skip
    return _rank(((row.role, row.code, row.level) for row in found), code)


def rank(grants: Iterable[Grant], county_id: int, code: int) -> int:
    """The same of the acting person, today."""
    return _rank(((g.role, g.code, g.level) for g in grants if g.county_id == county_id), code)


def _rank(held: Iterable[tuple[str, int | None, str]], code: int) -> int:
    best = 0
    for role, low, level in held:
        if role not in ("director", "admin") or low is None:
            continue
        first, last = code_range(low, level)
        if first <= code <= last:
            best = max(best, ADMIN_RANK if role == "admin" else last - first + 1)
    return best
