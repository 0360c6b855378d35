"""Who a token speaks for: one query, whatever the number of roles."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from server.auth.model import AuthSession
from server.auth.reach import Actor, Grant
from server.auth.tokens import read_access
from server.keys import KeyRing
from server.people.model import RoleGrant, User
from server.problems import problem
from server.regions.model import Region

_GRANT = (RoleGrant.role, Region.id, Region.code, Region.name, Region.level, RoleGrant.county_id)


def bearer(session: Session, keys: KeyRing, token: str, now: dt.datetime, today: dt.date) -> Actor:
    """The actor whose access token this is, or the 401 that tells a phone what to do next."""
    read = read_access(keys, token)
    if read is None:
        raise problem("token_invalid")
    rows = session.execute(_of_session(read.session_id, today)).all()
    return _actor(rows, now, expired=read.expires_at <= now)


def by_session(session: Session, session_id: uuid.UUID, now: dt.datetime, today: dt.date) -> Actor:
    """The actor of a console's cookie."""
    return _actor(session.execute(_of_session(session_id, today)).all(), now, expired=False)


def grants_of(session: Session, user_id: uuid.UUID, today: dt.date) -> tuple[Grant, ...]:
    held = select(*_GRANT).join(Region, Region.id == RoleGrant.region_id).where(RoleGrant.user_id == user_id)
    return tuple(Grant(*row) for row in session.execute(held.where(_holds(today), Region.code.is_not(None))).all())


def _of_session(session_id: uuid.UUID, today: dt.date) -> Select[tuple[object, ...]]:
    return (
        select(
            AuthSession.id, AuthSession.kind, AuthSession.device_id, AuthSession.county_id, AuthSession.revoked_at,
            AuthSession.expires_at, User.id, User.name, User.disabled_at, *_GRANT,
        )
        .join(User, User.id == AuthSession.user_id)
        .outerjoin(RoleGrant, and_(RoleGrant.user_id == User.id, _holds(today)))
        .outerjoin(Region, Region.id == RoleGrant.region_id)
        .where(AuthSession.id == session_id)
    )  # fmt: skip


def _holds(today: dt.date):  # type: ignore[no-untyped-def]
    return and_(RoleGrant.valid_from <= today, or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > today))


def _actor(rows: Sequence[Row[tuple[object, ...]]], now: dt.datetime, *, expired: bool) -> Actor:
    if not rows:
        raise problem("token_invalid")
    session_id, kind, device_id, county_id, revoked_at, expires_at, user_id, name, disabled_at = rows[0][:9]
    if revoked_at is not None or disabled_at is not None:
        raise problem("device_revoked" if kind == "device" else "token_invalid")
    if expired or (expires_at is not None and expires_at <= now):
        raise problem("token_expired")
    # a grant whose region was merged away has no code today, and reaches nothing
    grants = tuple(Grant(*row[9:]) for row in rows if row[9] is not None and row[11] is not None)
    return Actor(user_id, name, grants, session_id, device_id, county_id)
