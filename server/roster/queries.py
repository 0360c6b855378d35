"""Who is on duty, where and when: for the list, for alerts, for phones."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.auth.reach import Reach
from server.paging import Page, PageArgs
from server.people.model import User
from server.regions.model import Region
from server.roster.model import Shift

# How far ahead phones know who will be on duty: they may be away from any network for days.
AHEAD = dt.timedelta(days=7)
# Codes below a region's own, by its level.
_BELOW = sa.case(
    (Region.level == "village", 0), (Region.level == "town", 10**3 - 1), (Region.level == "county", 10**6 - 1), else_=0
)
Row = tuple[Shift, User, Region]


def listed(session: Session, reach: Reach, page: PageArgs, *, now: dt.datetime) -> Page[Row]:
    """Shifts of my regions that are not over, the next to end first."""
    wanted = (
        sa.select(Shift, User, Region)
        .join(User, User.id == Shift.user_id)
        .join(Region, Region.id == Shift.region_id)
        .where(Shift.ends_at > now, Shift.cancelled_at.is_(None), reach.within(Region.code, Shift.county_id))
    )
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        wanted = wanted.where(
            sa.or_(Shift.ends_at > after[0], sa.and_(Shift.ends_at == after[0], Shift.id > after[1]))
        )
    rows = [
        (shift, user, region)
        for shift, user, region in session.execute(wanted.order_by(Shift.ends_at, Shift.id).limit(page.limit + 1))
    ]
    return page.cut(rows, lambda row: (row[0].ends_at, row[0].id))


def one(session: Session, reach: Reach, shift_id: uuid.UUID) -> Row | None:
    row = session.execute(
        sa.select(Shift, User, Region)
        .join(User, User.id == Shift.user_id)
        .join(Region, Region.id == Shift.region_id)
        .where(Shift.id == shift_id, reach.within(Region.code, Shift.county_id))
    ).first()
    return None if row is None else (row[0], row[1], row[2])


def on_duty(
    session: Session, county_id: int, codes: Collection[int], now: dt.datetime
) -> list[tuple[int, uuid.UUID]]:
    """(code of the shift's region, person) of those on duty now for any of the regions with these codes."""
    if not codes:
        return []
    rows = session.execute(
        sa.select(Region.code, Shift.user_id)
        .join(Region, Region.id == Shift.region_id)
        .join(User, User.id == Shift.user_id)
        .where(
            Shift.county_id == county_id, Shift.starts_at <= now, Shift.ends_at > now, Shift.cancelled_at.is_(None),
            Region.code.in_(sorted(codes)), User.disabled_at.is_(None),
        )
    )  # fmt: skip
    return [(code, user_id) for code, user_id in rows if code is not None]


def ahead(
    session: Session, counties: Collection[int], region_ids: Collection[int], now: dt.datetime
) -> list[Any]:
    """(user_id, name, phone, starts_at, ends_at) of the shifts of the coming days that answer for any of these
    regions, in order of time."""
    if not counties or not region_ids:
        return []
    place = aliased(Region)
    covered = sa.select(place.id).where(
        place.id.in_(sorted(region_ids)), place.code >= Region.code, place.code <= Region.code + _BELOW
    )
    return list(
        session.execute(
            sa.select(User.id, User.name, User.phone, Shift.starts_at, Shift.ends_at)
            .join(User, User.id == Shift.user_id)
            .join(Region, Region.id == Shift.region_id)
            .where(
                Shift.county_id.in_(sorted(counties)), Shift.ends_at > now, Shift.starts_at < now + AHEAD,
                Shift.cancelled_at.is_(None), User.disabled_at.is_(None), covered.exists(),
            )
            .order_by(Shift.starts_at, Shift.id)
        )
    )  # fmt: skip
