"""Where the router's question "who is this bearer?" meets the auth noun's answer."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from server import clock
from server.auth.reach import Actor


def init_app(app: Flask) -> None:
    app.extensions["yuetan_authenticate"] = _authenticate


def _authenticate(session: Session, token: str) -> Actor:
    from server.auth.queries import bearer

    return bearer(session, token, clock.now())
