"""People, the roles they hold today, and where: the read side."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from server.paging import Page, PageArgs
from server.people.model import RoleGrant, User
from server.regions.model import Region


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds, with its region."""

    id: uuid.UUID
    role: str
    county_id: int | None
    region: Region


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    roles: tuple[Held, ...]


def holds(today: dt.date) -> ColumnElement[bool]:
    """The grant is in force on that day."""
    return and_(RoleGrant.valid_from <= today, or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > today))


def roles_of(session: Session, user_ids: Iterable[uuid.UUID], today: dt.date) -> dict[uuid.UUID, tuple[Held, ...]]:
    found: dict[uuid.UUID, list[Held]] = defaultdict(list)
    rows = session.execute(
        select(RoleGrant, Region)
        .join(Region, Region.id == RoleGrant.region_id)
        .where(RoleGrant.user_id.in_(list(user_ids)), holds(today))
        .order_by(RoleGrant.valid_from, RoleGrant.id)
    )
    for grant, region in rows:
        found[grant.user_id].append(Held(grant.id, grant.role, grant.county_id, region))
    return {user_id: tuple(held) for user_id, held in found.items()}


def person(session: Session, user_id: uuid.UUID, today: dt.date) -> Person | None:
    user = session.get(User, user_id)
    return Person(user, roles_of(session, [user.id], today).get(user.id, ())) if user is not None else None


def people_page(
    session: Session, page: PageArgs, today: dt.date, within: ColumnElement[bool], *, role: str | None = None,
    roles: Collection[str] | None = None,
) -> Page[Person]:  # fmt: skip
    """People who hold a role today (this one, one of these) in a region of `within` (a clause on RoleGrant and
    Region), by name and id."""
    held = (
        select(RoleGrant.id)
        .join(Region, Region.id == RoleGrant.region_id)
        .where(RoleGrant.user_id == User.id, holds(today), within)
    )
    if role is not None:
        held = held.where(RoleGrant.role == role)
    if roles is not None:
        held = held.where(RoleGrant.role.in_(sorted(roles)))
    wanted = select(User).where(held.exists()).order_by(User.username).limit(page.limit + 1)
    if (after := page.after(str)) is not None:
        wanted = wanted.where(User.username > after[0])
    cut = page.cut(session.scalars(wanted).all(), lambda user: (user.username,))
    held_by = roles_of(session, [user.id for user in cut.items], today)
    return cut.map(lambda user: Person(user, held_by.get(user.id, ())))


def names_of(session: Session, user_ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    ids = {user_id for user_id in user_ids if user_id is not None}
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {user_id: name for user_id, name in rows}  # noqa: C416 (rows are no pairs to mypy)


def phones_of(session: Session, user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Work numbers of those who have one: shown to colleagues on duty."""
    ids = list(user_ids)
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.phone).where(User.id.in_(ids), User.phone.is_not(None)))
    return {user_id: phone for user_id, phone in rows if phone}


def by_username(session: Session, username: str) -> User | None:
    return session.scalar(select(User).where(User.username == username))
