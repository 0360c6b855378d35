"""Putting people on duty, and taking them off."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Reach
from server.language import Text
from server.people.model import RoleGrant, User
from server.people.queries import holds
from server.problems import problem
from server.regions import queries as regions
from server.roster.model import Shift

LONGEST = dt.timedelta(days=31)


def add_shift(
    session: Session, reach: Reach, shift_id: uuid.UUID, user_id: uuid.UUID, code: int, starts_at: dt.datetime,
    ends_at: dt.datetime, *, now: dt.datetime, today: dt.date, actor_id: uuid.UUID | None = None,
) -> Shift:  # fmt: skip
    """Somebody of the county is on duty for a region of the reach. The same id again is the same shift."""
    region = regions.by_any_code(session, code)
    county = regions.county_for(session, region) if region is not None else None
    if region is None or county is None or not regions.holds(reach.areas, region):
        raise problem("not_found")
    serves = sa.select(RoleGrant.id).where(
        RoleGrant.user_id == User.id, RoleGrant.county_id == county.id, RoleGrant.role != "family", holds(today)
    )
    user = session.scalar(sa.select(User).where(User.id == user_id, User.disabled_at.is_(None), serves.exists()))
    if user is None:
        raise problem("not_found")
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise problem(
            "validation", errors={"ends_at": [Text("应在开始之后，最长 31 天", "After its start, by 31 days at most.")]}
        )
    known = session.get(Shift, (county.id, shift_id))
    if known is not None:
        if (known.user_id, known.region_id, known.starts_at, known.ends_at) != (
            user_id, region.id, starts_at, ends_at,
        ):  # fmt: skip
            raise problem("id_reused")
        return known
    shift = Shift(
        county_id=county.id, id=shift_id, region_id=region.id, user_id=user_id, starts_at=starts_at, ends_at=ends_at,
        created_at=now, created_by=actor_id, cancelled_at=None,
    )  # fmt: skip
    session.add(shift)
    audit.record(
        session, "shift.add", "shift", shift_id, now=now, actor_id=actor_id, county_id=county.id,
        details={"user": str(user_id), "region": code},
    )  # fmt: skip
    session.commit()
    return shift


def cancel_shift(
    session: Session, shift: Shift, *, now: dt.datetime, actor_id: uuid.UUID | None = None
) -> Shift:
    """Off duty; a second time changes nothing."""
    if shift.cancelled_at is None:
        shift.cancelled_at = now
        audit.record(
            session, "shift.cancel", "shift", shift.id, now=now, actor_id=actor_id, county_id=shift.county_id
        )
    session.commit()
    return shift
