"""Rows that many tests need, made with few words: a county with its divisions, people, elders. Nothing here commits;
every maker flushes, so that foreign keys hold at once."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.elders.model import Elder, ElderCard
from server.pairings.model import Pairing
from server.people.model import RoleGrant, User
from server.regions.model import County, Region, RegionCode
from server.visits.model import Visit
from shared.ids import uuid7

LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
WEIDU = 411002000000
_numbers = itertools.count(1)


def region(session: Session, code: int, name: str | None = None) -> Region:
    """The division of that 12-digit code; those above it are made too where they are not there yet."""
    found = session.scalar(select(Region).where(Region.code == code))
    if found is not None:
        return found
    level, above = _place(code)
    parent = region(session, above).id if above is not None else None
    made = Region(code=code, name=name or f"{level} {code}", level=level, parent_id=parent)
    session.add(made)
    session.flush()
    session.add(RegionCode(region_id=made.id, valid_from=dt.date(2020, 1, 1), code=code))
    session.flush()
    return made


def _place(code: int) -> tuple[str, int | None]:
    for level, wide in (("village", 10**3), ("town", 10**6), ("county", 10**8), ("city", 10**10)):
        if code % wide:
            return level, code // wide * wide
    return "province", None


def county(session: Session, code: int = WEIDU, name: str = "魏都区", **columns: Any) -> County:
    """A tenant over the county of that code."""
    over = region(session, code, name)
    made = County(region_id=over.id, name=name, created_at=LONG_AGO, settings={}, **columns)
    session.add(made)
    session.flush()
    return made


def user(session: Session, username: str | None = None, **columns: Any) -> User:
    username = username or f"user{next(_numbers)}"
    columns = {"name": username, "created_at": LONG_AGO, **columns}
    made = User(id=uuid7(), username=username, **columns)
    session.add(made)
    session.flush()
    return made


def grant(session: Session, to: User, role: str, at: Region, within: County | None) -> RoleGrant:
    """`role` in that region, of that county's data (None: a city or province, which sees figures only)."""
    made = RoleGrant(
        id=uuid7(), user_id=to.id, role=role, region_id=at.id, county_id=within.id if within else None,
        valid_from=LONG_AGO.date(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def elder(session: Session, of: County, village: Region, **columns: Any) -> Elder:
    """An elder of that village, without sealed data."""
    number = next(_numbers)
    columns = {
        "id": uuid7(), "short_no": number, "name": f"老人{number}", "categories": ["living_alone"],
        "registered_on": LONG_AGO.date(), "legal_basis_on": LONG_AGO.date(), "created_at": LONG_AGO,
        "updated_at": LONG_AGO, **columns,
    }  # fmt: skip
    made = Elder(county_id=of.id, region_id=village.id, **columns)
    session.add(made)
    session.flush()
    session.add(ElderCard(county_id=of.id, elder_id=made.id))
    session.flush()
    return made


def pairing(session: Session, of: Elder, to: User, role: str = "main", **columns: Any) -> Pairing:
    columns = {"starts_at": LONG_AGO, "created_at": LONG_AGO, **columns}
    made = Pairing(county_id=of.county_id, id=uuid7(), elder_id=of.id, user_id=to.id, role=role, **columns)
    session.add(made)
    session.flush()
    return made


def visit(session: Session, of: Elder, by: User, start: dt.datetime, minutes: int = 30, **columns: Any) -> Visit:
    """A home visit that stands: met, verified, counting."""
    columns = {
        "channel": "home", "outcome": "met", "started_at": start, "ended_at": start + dt.timedelta(minutes=minutes),
        "start": start, "stay_s": minutes * 60, "received_at": start + dt.timedelta(hours=1), "assurance": "verified",
        "flags": [], "counts": True, "content": bytes(32), "raw": b"", "region_id": of.region_id, **columns,
    }  # fmt: skip
    made = Visit(county_id=of.county_id, id=uuid7(start), elder_id=of.id, visitor_id=by.id, **columns)
    session.add(made)
    session.flush()
    return made
