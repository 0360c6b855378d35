"""Enrolled phones, the codes that enrol them, and the installation they talk to."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base

REVOCATIONS = ("left", "replaced", "lost")


class Device(Base):
    """A phone; its id and Ed25519 key are made by the phone and never bound to another person."""

    __tablename__ = "devices"
    __table_args__ = (sa.Index(None, "user_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"))
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    model: Mapped[str] = mapped_column(sa.String(100), default="")
    os: Mapped[str] = mapped_column(sa.String(60), default="")
    app_version: Mapped[str] = mapped_column(sa.String(40), default="")
    enrolled_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    revoked_as: Mapped[str | None] = mapped_column(sa.String(10))


class FormerKey(Base):
    """A key that a phone had before it was enrolled anew: what it sealed and signed by then may still be on its way.
    `revoked_*`: how the phone stood when the key ended."""

    __tablename__ = "device_former_keys"

    device_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("devices.id"), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"))
    ended_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    revoked_as: Mapped[str | None] = mapped_column(sa.String(10))


class EnrolmentCode(Base):
    """Lives 24 h from its issue; once used it serves that device only (a lost reply strands nobody)."""

    __tablename__ = "enrolment_codes"

    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), index=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"))
    issued_by: Mapped[uuid.UUID | None]
    issued_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    device_id: Mapped[uuid.UUID | None]
    used_at: Mapped[dt.datetime | None]
    replaces: Mapped[uuid.UUID | None]  # the person's phone that is revoked as `replaced` when the code is used


class Installation(Base):
    """One row: this database's life. `epoch` changes when it is restored from a backup, which tells phones to send
    again what they keep."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)  # always 1
    epoch: Mapped[uuid.UUID]
    epoch_since: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
