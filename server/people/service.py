"""Taking people in, and what they may be: users and the roles granted to them."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.language import Text
from server.people import passwords, queries
from server.people.model import ROLES, VISITING_ROLES, RoleGrant, User
from server.people.queries import Held, Person
from server.problems import problem
from server.regions import queries as regions
from server.regions.model import County, Region
from server.regions.service import open_county
from shared.ids import uuid7

ABOVE_COUNTY = ("province", "city")
# What a director may make of people; everything else is granted by an admin.
DIRECTORS_GRANT = VISITING_ROLES | {"family"}

# Whether the acting person's reach covers (county, code): for the roles a director grants, and for the others.
Covers = Callable[[int | None, int], bool]


@dataclass(frozen=True, slots=True)
class Granter:
    """Who grants, and how far: None in its place means the system itself (a command, the demo)."""

    user_id: uuid.UUID
    as_director: Covers
    as_admin: Covers

    def may_grant(self, role: str, county_id: int | None, code: int) -> bool:
        covers = self.as_director if role in DIRECTORS_GRANT else self.as_admin
        return covers(county_id, code)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role to grant, in the region of a code of today; `county_id` None: the county that the region lies in."""

    role: str
    code: int
    county_id: int | None = None


def create_user(
    session: Session,
    *,
    username: str,
    name: str,
    password: str | None,
    roles: Sequence[Wanted],
    by: Granter | None,
    now: dt.datetime,
    today: dt.date,
    user_id: uuid.UUID | None = None,
    phone: str | None = None,
) -> Person:
    """A new person with roles. The same id with the same name again is the same person."""
    user = add_user(
        session, username=username, name=name, password=password, roles=roles, by=by, now=now, today=today,
        user_id=user_id, phone=phone,
    )  # fmt: skip
    session.commit()
    return _person(session, user.id, today)


def add_user(
    session: Session,
    *,
    username: str,
    name: str,
    password: str | None,
    roles: Sequence[Wanted],
    by: Granter | None,
    now: dt.datetime,
    today: dt.date,
    user_id: uuid.UUID | None = None,
    phone: str | None = None,
) -> User:
    """As `create_user`, as part of something larger: does not commit."""
    username = clean_username(username)
    if user_id is not None and (known := session.get(User, user_id)) is not None:
        if known.username != username or known.name != name:
            raise problem("id_reused")
        return known
    if by is not None and not roles:
        raise problem("validation", errors={"roles": [Text("至少一个角色", "At least one role")]})
    if password is not None:
        passwords.check_strength(password, username)
    if queries.by_username(session, username) is not None:
        taken = problem("username_taken")
        taken.errors = {"username": [taken.kind.title]}
        raise taken
    user = User(
        id=user_id or uuid7(now), username=username, name=name, phone=phone,
        password_hash=passwords.hash_password(password) if password is not None else None,
        wechat_openid=None, language="zh-CN", created_at=now, disabled_at=None,
    )  # fmt: skip
    session.add(user)
    session.flush()
    actor_id = by.user_id if by is not None else None
    audit.record(session, "user.create", "user", user.id, now=now, actor_id=actor_id)
    for wanted in roles:
        add_grant(session, user.id, wanted, by=by, now=now, today=today)
    return user


def grant_role(
    session: Session,
    user_id: uuid.UUID,
    wanted: Wanted,
    *,
    by: Granter | None,
    now: dt.datetime,
    today: dt.date,
    grant_id: uuid.UUID | None = None,
) -> Person:
    person = changeable(session, user_id, by, today)
    if grant_id is None or session.get(RoleGrant, grant_id) is None:
        add_grant(session, person.user.id, wanted, by=by, now=now, today=today, grant_id=grant_id)
    session.commit()
    return _person(session, user_id, today)


def add_grant(
    session: Session,
    user_id: uuid.UUID,
    wanted: Wanted,
    *,
    by: Granter | None,
    now: dt.datetime,
    today: dt.date,
    grant_id: uuid.UUID | None = None,
) -> RoleGrant:
    """Grant a role from today; the same role in the same region, already held, is left as it is. Does not commit."""
    if wanted.role not in ROLES:
        choices = ", ".join(ROLES)
        raise problem("validation", errors={"role": [Text(f"只能是：{choices}", f"Must be one of: {choices}")]})
    region = regions.by_code(session, wanted.code)
    if region is None:
        raise problem("validation", errors={"region": [Text("没有这个区划代码", "No such region code")]})
    county = _county(session, region, wanted.county_id, now)
    county_id = county.id if county is not None else None
    if by is not None and not by.may_grant(wanted.role, county_id, wanted.code):
        raise problem("role_beyond_reach")
    held = select(RoleGrant).where(
        RoleGrant.user_id == user_id, RoleGrant.role == wanted.role, RoleGrant.region_id == region.id,
        queries.holds(today),
    )  # fmt: skip
    if (known := session.scalar(held)) is not None:
        return known
    grant = RoleGrant(
        id=grant_id or uuid7(now), user_id=user_id, role=wanted.role, region_id=region.id, county_id=county_id,
        valid_from=today, valid_to=None,
    )  # fmt: skip
    session.add(grant)
    session.flush()
    audit.record(
        session, "user.grant", "user", user_id, now=now, actor_id=by.user_id if by is not None else None,
        county_id=county_id, details={"role": wanted.role, "region": wanted.code},
    )  # fmt: skip
    return grant


def end_grant(
    session: Session, user_id: uuid.UUID, grant_id: uuid.UUID, *, by: Granter | None, now: dt.datetime, today: dt.date
) -> Person:
    """The role ends today; it stays on record."""
    person = _person(session, user_id, today)
    held = next((role for role in person.roles if role.id == grant_id), None)
    if held is None:
        raise problem("not_found")
    if by is not None and not _may(by, held):
        raise problem("role_beyond_reach")
    grant = session.get_one(RoleGrant, grant_id)
    grant.valid_to = today
    audit.record(
        session, "user.end_grant", "user", user_id, now=now, actor_id=by.user_id if by is not None else None,
        county_id=held.county_id, details={"role": held.role, "region": held.region.code},
    )  # fmt: skip
    session.commit()
    return _person(session, user_id, today)


def set_disabled(
    session: Session, user_id: uuid.UUID, disabled: bool, *, by: Granter | None, now: dt.datetime, today: dt.date
) -> Person:
    """Shut somebody out, or let them in again. Their tokens stop at the next request."""
    user = changeable(session, user_id, by, today).user
    if disabled != (user.disabled_at is not None):
        user.disabled_at = now if disabled else None
        action = "user.disable" if disabled else "user.enable"
        audit.record(session, action, "user", user.id, now=now, actor_id=by.user_id if by is not None else None)
    session.commit()
    return _person(session, user_id, today)


def set_password(
    session: Session, user_id: uuid.UUID, password: str, *, by: Granter | None, now: dt.datetime, today: dt.date
) -> Person:
    """A new password for somebody who forgot theirs."""
    user = changeable(session, user_id, by, today).user
    passwords.check_strength(password, user.username)
    user.password_hash = passwords.hash_password(password)
    audit.record(session, "user.password", "user", user.id, now=now, actor_id=by.user_id if by is not None else None)
    session.commit()
    return _person(session, user_id, today)


def changeable(session: Session, user_id: uuid.UUID, by: Granter | None, today: dt.date) -> Person:
    """The person, if every role they hold is one that `by` could have granted: nobody disables a superior who also
    visits in the village. Somebody of whom `by` could have granted nothing is not there at all."""
    person = _person(session, user_id, today)
    if by is not None:
        may = [_may(by, held) for held in person.roles]
        if not any(may):
            raise problem("not_found")
        if not all(may):
            raise problem("role_beyond_reach")
    return person


def clean_username(text: str) -> str:
    """One spelling per name (full-width, capitals), 1 to 64 visible characters without spaces."""
    name = unicodedata.normalize("NFKC", text).strip().lower()
    if not 1 <= len(name) <= 64 or not name.isprintable() or any(c.isspace() for c in name):
        fault = Text("1 到 64 个字符，不含空格", "1 to 64 characters without spaces")
        raise problem("validation", errors={"username": [fault]})
    return name


def _may(by: Granter, held: Held) -> bool:
    return held.region.code is not None and by.may_grant(held.role, held.county_id, held.region.code)


def _person(session: Session, user_id: uuid.UUID, today: dt.date) -> Person:
    person = queries.person(session, user_id, today)
    if person is None:
        raise problem("not_found")
    return person


def _county(session: Session, region: Region, county_id: int | None, now: dt.datetime) -> County | None:
    """The tenant in whose data a role in `region` acts; the first role granted in a county founds it."""
    if region.level in ABOVE_COUNTY:
        return session.get(County, county_id) if county_id is not None else None
    county = regions.county_for(session, region, county_id)
    if county is None and county_id is not None:
        fault = Text("这个区划不归这个县", "The region lies in no county of that id")
        raise problem("validation", errors={"county": [fault]})
    if county is None:
        assert region.code is not None
        seat = regions.by_code(session, region.code // 10**6 * 10**6)
        if seat is None or seat.level != "county":
            raise problem("validation", errors={"region": [Text("没有所属的县", "The region lies in no county")]})
        county = open_county(session, seat, now=now)
    return county
