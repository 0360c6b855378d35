"""The console's cookie: a signed name of a session, as an access token is, but good for pages only.

It is signed for a purpose of its own, so that a cookie is never taken for a bearer token nor the other way round. It
holds no time: the session's row says until when it lives, and revoking the row ends it.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from server.auth.queries import by_session
from server.auth.reach import Actor
from server.keys import KeyRing
from server.problems import problem
from shared.protocol.signing import b64, unb64

COOKIE = "yuetan_console"
CONSOLE = "console-cookie"
_MAC = 16


def make_cookie(keys: KeyRing, session_id: uuid.UUID, purpose: str = CONSOLE) -> str:
    """The session's id, signed for one purpose, so that one page's cookie is never another's."""
    return b64(session_id.bytes + keys.mac(purpose, session_id.bytes)[:_MAC])


def read_cookie(keys: KeyRing, text: str, purpose: str = CONSOLE) -> uuid.UUID | None:
    """None for anything that was not made here for that purpose."""
    try:
        data = unb64(text)
    except ValueError:
        return None
    if len(data) != 16 + _MAC or not keys.verifies(purpose, data[:16], data[16:]):
        return None
    return uuid.UUID(bytes=data[:16])


def cookie_actor(session: Session, keys: KeyRing, text: str | None, now: dt.datetime, today: dt.date) -> Actor:
    """Whose cookie this is, or 401."""
    if not text:
        raise problem("token_missing")
    session_id = read_cookie(keys, text)
    if session_id is None:
        raise problem("token_invalid")
    return by_session(session, session_id, now, today)
