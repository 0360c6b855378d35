"""Enrolment codes for the demo's visitors, fresh at every start: a code lives a day and serves one phone."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.devices import service as devices
from server.keys import KeyRing
from server.people.model import VISITING_ROLES, RoleGrant, User


def fresh_codes(session: Session, keys: KeyRing, *, now: dt.datetime, tz: dt.tzinfo) -> list[dict[str, str]]:
    """`[{code, username}]`, the demo's own volunteer first. Commits."""
    found = session.execute(
        sa.select(User.id, User.username)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.role.in_(VISITING_ROLES))
        .distinct()
    ).all()
    today = now.astimezone(tz).date()
    ordered = sorted(found, key=lambda row: (row.username != "volunteer", row.username))
    codes = [
        {"code": devices.add_code(session, keys, user_id, now=now, today=today).code, "username": username}
        for user_id, username in ordered
    ]
    session.commit()
    return codes
