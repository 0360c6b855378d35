"""Tags as others ask for them: by what was scanned, for a phone's elders, for a sheet."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.elders.model import Elder
from server.regions.model import Region
from server.tags.model import Tag


def by_hash(session: Session, token_hash: str) -> Tag | None:
    """The generation of the tag that a scanned token belongs to, revoked or not."""
    return session.scalar(sa.select(Tag).where(Tag.token_hash == token_hash))


def hashes(session: Session, county_id: int, elder_ids: Collection[uuid.UUID]) -> dict[str, uuid.UUID | None]:
    """`tag_hashes` of the contract for these elders: hash -> elder, None where that code was revoked."""
    found = sa.select(Tag.token_hash, Tag.elder_id, Tag.revoked_at).where(
        Tag.county_id == county_id, Tag.elder_id.in_(elder_ids)
    )
    return {row.token_hash: row.elder_id if row.revoked_at is None else None for row in session.execute(found)}


@dataclass(frozen=True, slots=True)
class TagStatus:
    """state: none, active, revoked. The rest is of the newest generation, None where there never was one."""

    elder_id: uuid.UUID
    short_no: int
    state: str
    generation: int | None = None
    issued_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


def elder_within(session: Session, reach: Reach, elder_id: uuid.UUID) -> Elder | None:
    """The elder, if the reach covers them."""
    inside = reach.within(Region.code, Elder.county_id)
    found = sa.select(Elder).join(Region, Region.id == Elder.region_id).where(Elder.id == elder_id, inside)
    return session.scalars(found.limit(1)).first()


def newest(session: Session, elder: Elder) -> Tag | None:
    """The elder's newest generation."""
    of_elder = (Tag.county_id == elder.county_id, Tag.elder_id == elder.id)
    return session.scalars(sa.select(Tag).where(*of_elder).order_by(Tag.generation.desc()).limit(1)).first()


def status(session: Session, elder: Elder) -> TagStatus:
    tag = newest(session, elder)
    if tag is None:
        return TagStatus(elder.id, elder.short_no, "none")
    state = "active" if tag.revoked_at is None else "revoked"
    return TagStatus(elder.id, elder.short_no, state, tag.generation, tag.issued_at, tag.revoked_at)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose tags are meant: the elders of these codes (both ends included) who are on the register on `today`; of one
    county, or of all (None); of them only these elders, or all (None)."""

    lo: int
    hi: int
    today: dt.date
    county_id: int | None = None
    elder_ids: Sequence[uuid.UUID] | None = None

    def clause(self) -> sa.ColumnElement[bool]:
        parts = [Region.code.between(self.lo, self.hi), sa.or_(Elder.left_on.is_(None), Elder.left_on > self.today)]
        if self.county_id is not None:
            parts.append(Elder.county_id == self.county_id)
        if self.elder_ids is not None:
            parts.append(Elder.id.in_(self.elder_ids))
        return sa.and_(*parts)


def without_tag(session: Session, wanted: Wanted) -> list[tuple[int, uuid.UUID, int]]:
    """(county, elder, newest generation or 0) of those who have no valid tag."""
    generation = sa.func.coalesce(sa.func.max(Tag.generation), 0)
    valid = sa.func.count(sa.case((sa.and_(Tag.id.is_not(None), Tag.revoked_at.is_(None)), 1)))
    found = (
        sa.select(Elder.county_id, Elder.id, generation)
        .join(Region, Region.id == Elder.region_id)
        .outerjoin(Tag, sa.and_(Tag.county_id == Elder.county_id, Tag.elder_id == Elder.id))
        .where(wanted.clause())
        .group_by(Elder.county_id, Elder.id)
        .having(valid == 0)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(found)]


def for_sheet(session: Session, wanted: Wanted) -> list[tuple[Tag, int, str]]:
    """(valid tag, short number, community), in the order in which somebody walks: by village, then number."""
    found = (
        sa.select(Tag, Elder.short_no, Region.name)
        .join(Elder, sa.and_(Elder.county_id == Tag.county_id, Elder.id == Tag.elder_id))
        .join(Region, Region.id == Elder.region_id)
        .where(wanted.clause(), Tag.revoked_at.is_(None))
        .order_by(Region.code, Elder.short_no)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(found)]
