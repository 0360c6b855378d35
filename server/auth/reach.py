"""How far somebody's right reaches: handed to every query, which filters by it, so that what lies outside is not
refused but simply not there (404), in lists too. No Flask below the edge: actor and reach are passed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_

from server.auth.rights import RIGHTS, Right
from server.regions.codes import code_range, code_text

ABOVE_COUNTY = frozenset({"province", "city"})
COUNTY_SPAN = 10**6  # codes of a county


@dataclass(frozen=True, slots=True)
class Area:
    """Codes from `lo` to `hi`, both included; `county_id` None: of whatever county (a city's figures)."""

    county_id: int | None
    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class Reach:
    user_id: UUID
    areas: tuple[Area, ...] = ()
    paired: bool = False
    own: bool = False

    @property
    def counties(self) -> frozenset[int]:
        """Counties named by the areas; says nothing where an area names none."""
        return frozenset(a.county_id for a in self.areas if a.county_id is not None)

    @property
    def whole_counties(self) -> frozenset[int]:
        """Counties that are held whole: for what belongs to a county and to no village of it."""
        return frozenset(a.county_id for a in self.areas if a.county_id is not None and a.hi - a.lo + 1 >= COUNTY_SPAN)

    def covers(self, county_id: int | None, code: int) -> bool:
        return any(a.lo <= code <= a.hi and a.county_id in (None, county_id) for a in self.areas)

    def within(self, code: Any, county_id: Any = None) -> ColumnElement[bool]:
        """A WHERE clause on a region code column and, where the table has one, its county column."""
        parts: list[ColumnElement[bool]] = []
        for area in self.areas:
            in_codes = code == area.lo if area.lo == area.hi else code.between(area.lo, area.hi)
            if county_id is not None and area.county_id is not None:
                in_codes = and_(county_id == area.county_id, in_codes)
            parts.append(in_codes)
        return or_(*parts) if parts else false()


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in a region, whose code is today's."""

    role: str
    region_id: int
    code: int
    name: str
    level: str
    county_id: int | None

    def area(self) -> Area:
        county = None if self.level in ABOVE_COUNTY else self.county_id
        return Area(county, *code_range(self.code, self.level))

    def wire(self) -> dict[str, Any]:
        region = {"code": code_text(self.code), "name": self.name, "level": self.level}
        return {"role": self.role, "region": region}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, as the one query of the request's start found them."""

    user_id: UUID
    name: str
    grants: tuple[Grant, ...]
    session_id: UUID | None = None
    device_id: UUID | None = None
    county_id: int | None = None  # of the device's enrolment; a login has none

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(g.role for g in self.grants)

    @property
    def counties(self) -> frozenset[int]:
        """The tenants in whose data any of the roles acts."""
        return frozenset(g.county_id for g in self.grants if g.county_id is not None)

    def may(self, right: str | Right) -> bool:
        return bool(self.roles & _right(right).roles)

    def reach(self, right: str | Right) -> Reach:
        """Empty where the actor holds no role of the right: then nothing is found."""
        wanted = _right(right)
        areas = tuple(dict.fromkeys(_areas(self.grants, wanted)))
        roles = self.roles
        return Reach(self.user_id, areas, paired=bool(roles & wanted.paired), own=bool(roles & wanted.own))


def _right(right: str | Right) -> Right:
    return RIGHTS[right] if isinstance(right, str) else right


def _areas(grants: Iterable[Grant], right: Right) -> Iterable[Area]:
    for grant in grants:
        if grant.role not in right.region:
            continue
        if grant.level in ABOVE_COUNTY and not right.figures:
            continue  # a city or province sees figures, not people
        yield grant.area()
