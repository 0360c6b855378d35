"""Who is tied to whom, and was when."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.elders.model import Elder
from server.paging import Page, PageArgs
from server.pairings.model import Pairing
from server.people.model import User
from server.prepared import Later, Prepared, Trip, among, trip
from server.regions.codes import code_text
from server.regions.model import Region


@dataclass(frozen=True, slots=True)
class Tie:
    """A pairing of one user, from `starts_at` until `ends_at` (exclusive; None: still)."""

    elder_id: uuid.UUID
    role: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None

    def at(self, instant: dt.datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


# Every visit's way in runs it.
_K = cast(sa.Table, Pairing.__table__)
_TIES = Prepared(
    sa.select(_K.c.user_id, _K.c.elder_id, _K.c.role, _K.c.starts_at, _K.c.ends_at)
    .where(
        among(_K.c.user_id, "users"),
        _K.c.county_id == sa.bindparam("county", type_=sa.Integer()),
    )
    .order_by(_K.c.starts_at, _K.c.id)
)


def asked_ties(
    out: Trip, county_id: int, user_ids: Collection[uuid.UUID]
) -> Later[dict[uuid.UUID, list[Tie]]]:
    """Every tie that these people ever had in the county, ended ones too: a visit is attributed by the ties of its
    trusted start. `family` ties are among them and let nobody visit. The caller has flushed."""
    asked = out.ask(_TIES, {"county": county_id, "users": sorted(user_ids)})

    def take() -> dict[uuid.UUID, list[Tie]]:
        found: dict[uuid.UUID, list[Tie]] = {user_id: [] for user_id in user_ids}
        for user_id, *tie in asked.rows():
            found[user_id].append(Tie(*tie))
        return found

    return take


def ties(session: Session, county_id: int, user_id: uuid.UUID) -> list[Tie]:
    """The same of one person, at once."""
    session.flush()
    with trip(session) as out:
        found = asked_ties(out, county_id, [user_id])
    return found()[user_id]


def reachable_elder(session: Session, reach: Reach, elder_id: uuid.UUID) -> Elder | None:
    """The elder with this id, if one of the reach's regions holds them."""
    return session.scalar(
        sa.select(Elder)
        .join(Region, Region.id == Elder.region_id)
        .where(Elder.id == elder_id, reach.within(Region.code, Elder.county_id))
    )


def callable_elder(session: Session, reach: Reach, elder_id: uuid.UUID, *, now: dt.datetime) -> Elder | None:
    """The elder with this id, if in one of the reach's regions, or tied to the person now (kin too)."""
    tied = sa.exists().where(
        Pairing.county_id == Elder.county_id, Pairing.elder_id == Elder.id, Pairing.user_id == reach.user_id,
        Pairing.starts_at <= now, sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > now),
    )  # fmt: skip
    held = reach.within(Region.code, Elder.county_id)
    return session.scalar(
        sa.select(Elder)
        .join(Region, Region.id == Elder.region_id)
        .where(Elder.id == elder_id, sa.or_(held, tied) if reach.paired or reach.own else held)
    )


def listed(
    session: Session,
    reach: Reach,
    page: PageArgs,
    *,
    now: dt.datetime,
    elder_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    ended: bool = False,
) -> Page[dict[str, Any]]:
    """Ties of the elders in reach, and one's own; newest first; those that ended only where asked for."""
    query = _shown().where(_within(reach))
    if elder_id is not None:
        query = query.where(Pairing.elder_id == elder_id)
    if user_id is not None:
        query = query.where(Pairing.user_id == user_id)
    if not ended:
        query = query.where(sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > now))
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        query = query.where(sa.tuple_(Pairing.starts_at, Pairing.id) < sa.tuple_(*after))
    rows = session.execute(query.order_by(Pairing.starts_at.desc(), Pairing.id.desc()).limit(page.limit + 1)).all()
    return page.cut(rows, lambda row: (row.Pairing.starts_at, row.Pairing.id)).map(_wire)


def one(session: Session, reach: Reach, pairing_id: uuid.UUID) -> dict[str, Any] | None:
    row = session.execute(_shown().where(Pairing.id == pairing_id, _within(reach))).first()
    return _wire(row) if row is not None else None


def _within(reach: Reach) -> sa.ColumnElement[bool]:
    held = reach.within(Region.code, Pairing.county_id)
    return sa.or_(held, Pairing.user_id == reach.user_id) if reach.own else held


def _shown() -> Any:
    return (
        sa.select(
            Pairing, Elder.name.label("elder_name"), User.name.label("user_name"), Region.code, Region.name,
            Region.level,
        )
        .join(Elder, sa.and_(Elder.county_id == Pairing.county_id, Elder.id == Pairing.elder_id))
        .join(Region, Region.id == Elder.region_id)
        .join(User, User.id == Pairing.user_id)
    )  # fmt: skip


def _wire(row: sa.Row[Any]) -> dict[str, Any]:
    tie: Pairing = row.Pairing
    return {
        "id": tie.id,
        "elder": {"id": tie.elder_id, "name": row.elder_name, "region": region_wire(row)},
        "user": {"id": tie.user_id, "name": row.user_name},
        "role": tie.role,
        "starts_at": tie.starts_at,
        "ends_at": tie.ends_at,
    }


def region_wire(row: sa.Row[Any]) -> dict[str, Any] | None:
    """The contract's `region` from a row with a region's `code`, `name` and `level`."""
    return None if row.code is None else {"code": code_text(row.code), "name": row.name, "level": row.level}
