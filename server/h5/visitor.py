"""Who uses the page: a login kept in a cookie of its own, good for these pages and nothing else."""

from __future__ import annotations

import datetime as dt
import uuid

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from server.auth import queries
from server.auth.cookie import make_cookie, read_cookie
from server.auth.reach import Actor
from server.auth.service import LOGIN_LIFE
from server.keys import KeyRing
from server.problems import Problem

COOKIE = "yuetan_h5"
PATH = "/t"
_PURPOSE = "h5 cookie"


def signed_in(session: Session, keys: KeyRing, now: dt.datetime, today: dt.date) -> Actor | None:
    """Whose cookie the request has; None: sign in first."""
    session_id = read_cookie(keys, request.cookies.get(COOKIE, ""), _PURPOSE)
    if session_id is None:
        return None
    try:
        return queries.by_session(session, session_id, now, today)
    except Problem:  # ended, revoked, or the person was disabled
        return None


def remember(response: Response, keys: KeyRing, session_id: uuid.UUID) -> None:
    value = make_cookie(keys, session_id, _PURPOSE)
    response.set_cookie(
        COOKIE, value, max_age=int(LOGIN_LIFE.total_seconds()), path=PATH, httponly=True, samesite="Lax",
        secure=current_app.extensions["yuetan_settings"].secure_cookies,
    )  # fmt: skip


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH)
