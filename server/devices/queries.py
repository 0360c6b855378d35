"""Phones and whose they are: the read side."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.devices.model import Device
from server.paging import Page, PageArgs
from server.people.model import RoleGrant, User
from server.people.queries import holds
from server.regions.model import County, Region


def devices_page(session: Session, page: PageArgs, reach: Reach, today: dt.date) -> Page[tuple[Device, User]]:
    """My own, and those of people who hold a role in my regions; the newest first."""
    wanted = (
        select(Device, User).join(User, User.id == Device.user_id).where(_visible(reach, today))
        .order_by(Device.id.desc()).limit(page.limit + 1)
    )  # fmt: skip
    if (after := page.after(uuid.UUID)) is not None:
        wanted = wanted.where(Device.id < after[0])
    rows = [(device, user) for device, user in session.execute(wanted)]
    return page.cut(rows, lambda row: (row[0].id,))


def of_user(session: Session, user_id: uuid.UUID, reach: Reach, today: dt.date) -> list[Device]:
    """One person's phones, as far as the reach goes; the newest first."""
    wanted = select(Device).join(User, User.id == Device.user_id)
    wanted = wanted.where(Device.user_id == user_id, _visible(reach, today))
    return list(session.scalars(wanted.order_by(Device.id.desc())))


@dataclass(frozen=True, slots=True)
class AppStanding:
    """The version of a phone's app as it last said, and the oldest that its county serves (None: any)."""

    app_version: str | None
    min_app: str | None


def standing(session: Session, device_id: uuid.UUID | None, county_id: int | None) -> AppStanding:
    """One query."""
    app_version = select(Device.app_version).where(Device.id == device_id).scalar_subquery()
    row = session.execute(select(app_version, County.settings).where(County.id == county_id)).first()
    if row is None:
        return AppStanding(None, None)
    named = (row[1] or {}).get("min_app")
    return AppStanding(row[0], named if isinstance(named, str) else None)


def all_of(session: Session, user_id: uuid.UUID) -> list[Device]:
    """One person's phones, whoever asks; the newest first."""
    return list(session.scalars(select(Device).where(Device.user_id == user_id).order_by(Device.id.desc())))


def visible_device(session: Session, device_id: uuid.UUID, reach: Reach, today: dt.date) -> tuple[Device, User] | None:
    wanted = select(Device, User).join(User, User.id == Device.user_id)
    row = session.execute(wanted.where(Device.id == device_id, _visible(reach, today))).first()
    return (row[0], row[1]) if row is not None else None


def reaches_user(session: Session, user_id: uuid.UUID, reach: Reach, today: dt.date) -> bool:
    """Whether the person holds a role in the regions of `reach`."""
    return session.scalar(select(User.id).where(User.id == user_id, _held(reach, today))) is not None


def _visible(reach: Reach, today: dt.date) -> ColumnElement[bool]:
    theirs = _held(reach, today)
    return or_(Device.user_id == reach.user_id, theirs) if reach.own else theirs


def _held(reach: Reach, today: dt.date) -> ColumnElement[bool]:
    return (
        select(RoleGrant.id)
        .join(Region, Region.id == RoleGrant.region_id)
        .where(RoleGrant.user_id == User.id, holds(today), reach.within(Region.code, RoleGrant.county_id))
        .exists()
    )
