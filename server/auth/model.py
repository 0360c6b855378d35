"""Sessions and failed logins. Tokens are not kept: they are signed names of a session (tokens.py)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base


class AuthSession(Base):
    """One login, one enrolled device, or one console cookie. Revoking it ends all of its tokens at once.

    `refresh_generation` is that of the newest refresh token that was *presented*; an answer that got lost leaves it
    where it was, so the token the phone still has keeps yielding successors (CONTRACT, /devices/refresh).
    """

    __tablename__ = "auth_sessions"
    __table_args__ = (sa.Index(None, "user_id"), sa.Index(None, "device_id"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    device_id: Mapped[uuid.UUID | None]  # devices come after auth; see server/devices/model.py
    county_id: Mapped[int | None] = mapped_column(sa.ForeignKey("counties.id"))  # the enrolment's county
    kind: Mapped[str] = mapped_column(sa.String(10))  # login, device, console
    refresh_generation: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]  # null: a device, which may be away for weeks
    revoked_at: Mapped[dt.datetime | None]
    revoked_as: Mapped[str | None] = mapped_column(sa.String(10))  # of a device's: left, replaced, lost


class LoginFailure(Base):
    """A failed login of an account name (as typed, folded), kept for the lock-out window."""

    __tablename__ = "login_failures"
    __table_args__ = (sa.Index(None, "username", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[dt.datetime]
