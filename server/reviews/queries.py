"""What was decided about a visit, by whom, and whether it may be decided again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Grant
from server.elders.vault import Vault
from server.people.model import RoleGrant, User
from server.people.queries import holds
from server.regions.codes import code_range
from server.regions.model import Region
from server.reviews.model import Review
from server.visits.model import Visit
from server.visits.queries import said_in
from server.visits.sealing import words_about

ADMIN_RANK = 10**12  # above every director


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest decision of a visit, and what came after it."""

    decision: Review | None = None
    reopened: Review | None = None
    reply: Review | None = None  # the visitor's one, whenever it was
    newest: dt.datetime | None = None  # when something was last said

    @property
    def open(self) -> bool:
        """Whether it may be decided about: nobody did, or it was reopened since."""
        return self.decision is None or self.reopened is not None


def standing(session: Session, county_id: int, visit_id: uuid.UUID) -> Standing:
    return _standing(history(session, county_id, visit_id))


def standings(session: Session, visits: Sequence[Visit]) -> dict[uuid.UUID, Standing]:
    """Of several visits: one query."""
    said = histories(session, [visit.id for visit in visits])
    return {visit.id: _standing(said.get(visit.id, ())) for visit in visits}


def histories(session: Session, visit_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Review]]:
    """Everything that people said about these visits, in order: one query."""
    said: dict[uuid.UUID, list[Review]] = defaultdict(list)
    if visit_ids:
        for review in session.scalars(
            sa.select(Review).where(Review.visit_id.in_(list(visit_ids))).order_by(Review.at, Review.id)
        ):
            said[review.visit_id].append(review)
    return said


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about a visit, its words in clear."""

    decision: str
    ground: str | None
    reason: str
    by: uuid.UUID
    at: dt.datetime


def said(
    session: Session, visits: Sequence[Visit], *, vault: Vault
) -> dict[uuid.UUID, list[Said]]:
    """Everything that people said about these visits, in order, with their words: two queries."""
    found, elders = histories(session, [visit.id for visit in visits]), {v.id: v.elder_id for v in visits}
    words = words_about(session, vault, [elders[visit_id] for visit_id in found])
    return {
        visit_id: [Said(r.decision, r.ground, said_in(r, elders[visit_id], words), r.by, r.at) for r in some]
        for visit_id, some in found.items()
    }


def _standing(said: Iterable[Review]) -> Standing:
    decision = reopened = reply = None
    newest = None
    for review in said:
        newest = review.at
        if review.decision in ("accept", "reject"):
            decision, reopened = review, None
        else:
            reopened = review
            if review.decision == "reply":
                reply = review
    return Standing(decision, reopened, reply, newest)


def history(session: Session, county_id: int, visit_id: uuid.UUID) -> Sequence[Review]:
    """Everything that people said about a visit, in order."""
    return session.scalars(
        sa.select(Review)
        .where(Review.county_id == county_id, Review.visit_id == visit_id)
        .order_by(Review.at, Review.id)
    ).all()


def reviewers_over(session: Session, county_id: int, region_id: int | None, day: dt.date) -> list[uuid.UUID]:
    """Who may decide about a visit in that village on a day, the nearest to it first."""
    code = session.scalar(sa.select(Region.code).where(Region.id == region_id))
    if code is None:
        return []
    found = session.execute(
        sa.select(RoleGrant.user_id, Region.code, Region.level)
        .join(Region, Region.id == RoleGrant.region_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.county_id == county_id, RoleGrant.role.in_(("director", "admin")), holds(day),
            User.disabled_at.is_(None), Region.code.is_not(None),
        )
    )  # fmt: skip
    spans = [(code_range(low, level), user_id) for user_id, low, level in found]
    near = sorted((last - first, str(user_id), user_id) for (first, last), user_id in spans if first <= code <= last)
    return list(dict.fromkeys(user_id for _, _, user_id in near))


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
