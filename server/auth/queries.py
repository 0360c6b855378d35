"""Who a token speaks for: one query, whatever the number of roles."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Date, Uuid, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from server.auth.model import AuthSession
from server.auth.reach import Actor, Grant
from server.auth.tokens import read_access
from server.keys import KeyRing
from server.people.model import RoleGrant, User
from server.prepared import Prepared, trip
from server.problems import problem
from server.regions.model import Region

# Plain tables: this runs before every request, and rows are all it needs.
_SESSION, _USER, _HELD, _REGION = (m.__table__.c for m in (AuthSession, User, RoleGrant, Region))
_TODAY = bindparam("today", type_=Date())
_IN_FORCE = and_(_HELD.valid_from <= _TODAY, or_(_HELD.valid_to.is_(None), _HELD.valid_to > _TODAY))
_GRANT = (_HELD.role, _REGION.id, _REGION.code, _REGION.name, _REGION.level, _HELD.county_id)
_OF_SESSION = Prepared(
    select(
        _SESSION.id, _SESSION.kind, _SESSION.device_id, _SESSION.county_id, _SESSION.revoked_at, _SESSION.expires_at,
        _SESSION.revoked_as, _USER.id, _USER.name, _USER.disabled_at, *_GRANT,
    )
    .select_from(AuthSession.__table__)
    .join(User.__table__, _USER.id == _SESSION.user_id)
    .outerjoin(RoleGrant.__table__, and_(_HELD.user_id == _USER.id, _IN_FORCE))
    .outerjoin(Region.__table__, _REGION.id == _HELD.region_id)
    .where(_SESSION.id == bindparam("session_id", type_=Uuid()))
)  # fmt: skip
_OF_USER = (
    select(*_GRANT)
    .select_from(RoleGrant.__table__)
    .join(Region.__table__, _REGION.id == _HELD.region_id)
    .where(_HELD.user_id == bindparam("user_id", type_=Uuid()), _IN_FORCE, _REGION.code.is_not(None))
)


def bearer(session: Session, keys: KeyRing, token: str, now: dt.datetime, today: dt.date) -> Actor:
    """The actor whose access token this is, or the 401 that tells a phone what to do next."""
    read = read_access(keys, token)
    if read is None:
        raise problem("token_invalid")
    return _actor(_rows(session, read.session_id, today), now, expired=read.expires_at <= now)


def by_session(session: Session, session_id: uuid.UUID, now: dt.datetime, today: dt.date) -> Actor:
    """The actor of a console's cookie."""
    return _actor(_rows(session, session_id, today), now, expired=False)


def grants_of(session: Session, user_id: uuid.UUID, today: dt.date) -> tuple[Grant, ...]:
    """The roles a person holds today."""
    rows = session.connection().execute(_OF_USER, {"user_id": user_id, "today": today})
    return tuple(Grant(*row) for row in rows)


def _rows(session: Session, session_id: uuid.UUID, today: dt.date) -> Sequence[tuple[Any, ...]]:
    with trip(session) as out:  # together with the transaction's beginning
        found = out.ask(_OF_SESSION, {"session_id": session_id, "today": today})
    return found.rows()


def _actor(rows: Sequence[tuple[Any, ...]], now: dt.datetime, *, expired: bool) -> Actor:
    if not rows:
        raise problem("token_invalid")
    session_id, kind, device_id, county_id, revoked_at, expires_at, revoked_as, *user = rows[0][:10]
    user_id, name, disabled_at = user
    if revoked_at is not None or disabled_at is not None:
        if kind == "device":
            raise problem("device_revoked", revoked_as=revoked_as or "left")
        raise problem("token_invalid")
    if expired or (expires_at is not None and expires_at <= now):
        raise problem("token_expired")
    # a grant whose region was merged away has no code today, and reaches nothing
    grants = tuple(Grant(*row[10:]) for row in rows if row[10] is not None and row[12] is not None)
    if kind == "device" and not grants:
        # its holder visits nobody any more: what the phone knows of elders must go from it
        raise problem("device_revoked", revoked_as="left")
    return Actor(user_id, name, grants, session_id, device_id, county_id)
