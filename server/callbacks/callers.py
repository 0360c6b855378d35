"""Who calls back: people of the region who had no part in the visit, those without a stake in it first, the work spread
evenly. Everything is read in two queries, however many visits."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.pairings.model import Pairing
from server.people.model import STAFF_ROLES, RoleGrant, User
from server.people.queries import holds
from server.regions.codes import code_range
from server.regions.model import Region

ROLES = ("director", "admin", *sorted(STAFF_ROLES))


@dataclass(frozen=True, slots=True)
class ToCall:
    """A drawn visit, and who took part in it."""

    visit_id: uuid.UUID
    elder_id: uuid.UUID
    region_id: int
    took_part: frozenset[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Post:
    user_id: uuid.UUID
    role: str
    lo: int
    hi: int


def choose(
    session: Session, county_id: int, visits: Sequence[ToCall], busy: Counter[uuid.UUID], today: dt.date,
    now: dt.datetime,
) -> dict[uuid.UUID, uuid.UUID | None]:  # fmt: skip
    """Visit → who calls (None: nobody may). `busy`: how many each person has on hand already; it is counted up.

    Never who visited or came along. Last those who visit the elder themselves, and a village's own director, whose
    rate it is.
    """
    posts = _posts(session, county_id, today)
    codes = _codes(session, {v.region_id for v in visits})
    tied = _tied(session, county_id, {v.elder_id for v in visits}, now)
    able: dict[uuid.UUID, dict[uuid.UUID, bool]] = {}  # visit → who may call → with a stake in it
    for visit in visits:
        code, found = codes.get(visit.region_id), able.setdefault(visit.visit_id, {})
        for post in posts:
            if code is not None and post.lo <= code <= post.hi and post.user_id not in visit.took_part:
                stake = (visit.elder_id, post.user_id) in tied or (post.role == "director" and post.lo == post.hi)
                found[post.user_id] = stake or found.get(post.user_id, False)
    chosen: dict[uuid.UUID, uuid.UUID | None] = {}
    # those that few may call about first, so that the others' work evens it out
    for visit_id, may in sorted(able.items(), key=lambda one: (len(one[1]), str(one[0]))):
        caller = min(may, key=lambda user_id: (may[user_id], busy[user_id], str(user_id))) if may else None
        chosen[visit_id] = caller
        if caller is not None:
            busy[caller] += 1
    return chosen


def able(session: Session, county_id: int, region_id: int, today: dt.date) -> set[uuid.UUID]:
    """Who holds a role that calls back in this village."""
    code = _codes(session, {region_id}).get(region_id)
    posts = _posts(session, county_id, today) if code is not None else []
    return {post.user_id for post in posts if post.lo <= (code or 0) <= post.hi}


def _posts(session: Session, county_id: int, today: dt.date) -> list[Post]:
    found = session.execute(
        sa.select(RoleGrant.user_id, RoleGrant.role, Region.code, Region.level)
        .join(Region, Region.id == RoleGrant.region_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.county_id == county_id, RoleGrant.role.in_(ROLES), holds(today), User.disabled_at.is_(None),
            Region.code.is_not(None),
        )
        .order_by(RoleGrant.user_id)
    )  # fmt: skip
    return [Post(row.user_id, row.role, *code_range(row.code, row.level)) for row in found]


def _codes(session: Session, region_ids: Collection[int]) -> dict[int, int]:
    found = session.execute(sa.select(Region.id, Region.code).where(Region.id.in_(sorted(region_ids))))
    return {region_id: code for region_id, code in found if code is not None}


def _tied(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], now: dt.datetime
) -> set[tuple[uuid.UUID, uuid.UUID]]:
    found = session.execute(
        sa.select(Pairing.elder_id, Pairing.user_id).where(
            Pairing.county_id == county_id, Pairing.elder_id.in_(sorted(elder_ids)),
            sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > now),
        )
    )  # fmt: skip
    return {(elder_id, user_id) for elder_id, user_id in found}
