"""Where the router's question "who is this bearer?" meets the auth noun's answer."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from server import clock, keys
from server.auth.queries import bearer
from server.auth.reach import Actor


def init_app(app: Flask) -> None:
    app.extensions["yuetan_authenticate"] = _authenticate


def _authenticate(session: Session, token: str) -> Actor:
    now = clock.now()
    return bearer(session, keys.ring(), token, now, now.astimezone(clock.zone()).date())
