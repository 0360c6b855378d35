"""Somebody at the console: signs in without a password, and sends forms with their token."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.auth import service as auth
from server.auth.cookie import COOKIE, make_cookie
from server.people.model import User
from shared.protocol.signing import b64
from tests.conftest import NOW
from tests.people import KEYS, Place


@dataclass
class Desk:
    client: FlaskClient
    session_id: UUID
    user: User

    @property
    def csrf(self) -> str:
        return b64(KEYS.mac("console-csrf", b"session:" + self.session_id.bytes)[:18])

    def get(self, path: str, **options: Any) -> TestResponse:
        self._be_me()
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        self._be_me()
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, **options)

    def _be_me(self) -> None:
        self.client.set_cookie(COOKIE, make_cookie(KEYS, self.session_id))


def desk(
    client: FlaskClient, place: Place, *roles: tuple[str, int], user: User | None = None, at: dt.datetime = NOW
) -> Desk:
    """Somebody new with these roles (or `user`), signed in."""
    user = user or place.user(*roles)
    held = auth.open_session(place.session, user.id, at, kind="console")
    session_id = held.id
    place.session.commit()
    return Desk(client, session_id, user)
