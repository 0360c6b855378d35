"""What the register and the history add to a visit before it is judged: whose tag it was, which home, who may come.

Everything is fetched for a whole batch at once; judging a visit then asks no further query.
"""

from __future__ import annotations

import datetime as dt
import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

import sqlalchemy as sa

from server.pairings import queries as pairings
from server.people.model import STAFF_ROLES, RoleGrant
from server.prepared import Later, Prepared, Trip, among
from server.regions.codes import code_range
from server.regions.model import Region
from server.tags.model import Tag
from shared.geo import distance_m
from shared.protocol.tags import token_hash, token_of
from shared.rules.evidence import OtherVisit, TagVerdict

# A director who goes along is as good as staff: a visit by the one who answers for the rate needs no pairing.
STAFF = STAFF_ROLES | {"director"}


class KnownElder(Protocol):
    """What is asked of an elder here (server/standing.py has it)."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def code(self) -> int | None: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def lon(self) -> float | None: ...


E = TypeVar("E", bound=KnownElder)


@dataclass(frozen=True, slots=True)
class KnownTag:
    elder_id: uuid.UUID
    revoked: bool


@dataclass(frozen=True, slots=True)
class StaffArea:
    """A staff role that the visitor holds or held: from a day to a day (exclusive), over a range of codes."""

    valid_from: dt.date
    valid_to: dt.date | None
    region_id: int
    lo: int
    hi: int

    def held(self, day: dt.date, code: int | None) -> bool:
        in_time = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        return in_time and code is not None and self.lo <= code <= self.hi


@dataclass(frozen=True, slots=True)
class Ways:
    """Why a visitor may come: ties with elders (from, until), staff roles, and the region of the newest role."""

    ties: Mapping[uuid.UUID, Sequence[tuple[dt.datetime, dt.datetime | None]]]
    staff: Sequence[StaffArea]
    home_region: int | None


@dataclass(frozen=True, slots=True)
class Surroundings(Generic[E]):
    """Everything a batch of visits in one county is judged against."""

    elders: Mapping[uuid.UUID, E]
    tags: Mapping[str, KnownTag]
    ways: Mapping[uuid.UUID, Ways]

    def elder_of(self, elder_id: uuid.UUID | None, tag: str | None) -> E | None:
        """The elder a visit names; else the one whose tag was scanned."""
        if elder_id is not None and (known := self.elders.get(elder_id)) is not None:
            return known
        token = token_of(tag)
        scanned = self.tags.get(token_hash(token)) if token else None
        return self.elders.get(scanned.elder_id) if scanned else None

    def verdict(self, elder: KnownElder | None, tag: str | None) -> TagVerdict:
        """What the scanned text is to this elder."""
        if tag is None or not tag.strip():
            return "missing"
        token = token_of(tag)
        known = self.tags.get(token_hash(token)) if token else None
        if known is None:
            return "unknown"
        if elder is None or known.elder_id != elder.id:
            return "other"
        return "revoked" if known.revoked else "right"

    def tag_home_m(self, elder: KnownElder | None, tag: str | None) -> float | None:
        """Metres from this elder's home to the home whose tag was scanned, for a tag of another elder."""
        token = token_of(tag)
        scanned = self.tags.get(token_hash(token)) if token else None
        other = self.elders.get(scanned.elder_id) if scanned else None
        if elder is None or other is None or other.id == elder.id:
            return None
        if elder.lat is None or elder.lon is None or other.lat is None or other.lon is None:
            return None
        return distance_m((elder.lat, elder.lon), (other.lat, other.lon))

    def allowed(self, visitor_id: uuid.UUID, elder: KnownElder, start: dt.datetime, day: dt.date) -> bool:
        """Was the visitor paired with the elder at the trusted start, or staff of the region?"""
        ways = self.ways[visitor_id]
        if any(s <= start and (e is None or start < e) for s, e in ways.ties.get(elder.id, ())):
            return True
        return any(area.held(day, elder.code) for area in ways.staff)


# Every visit's way in runs these.
_T, _G, _R = (cast(sa.Table, c.__table__) for c in (Tag, RoleGrant, Region))
_COUNTY = sa.bindparam("county", type_=sa.Integer())
_TAGS = Prepared(sa.select(_T.c.token_hash, _T.c.elder_id, _T.c.revoked_at).where(
    _T.c.county_id == _COUNTY, among(_T.c.token_hash, "hashes")
))
_ROLES = Prepared(
    sa.select(_G.c.user_id, _G.c.role, _G.c.valid_from, _G.c.valid_to, _R.c.id, _R.c.code, _R.c.level)
    .join(_R, _R.c.id == _G.c.region_id)
    .where(among(_G.c.user_id, "visitors"), _G.c.county_id == _COUNTY)
    .order_by(_G.c.valid_from)
)


def asked_tags(out: Trip, county_id: int, hashes: Collection[str]) -> Later[dict[str, KnownTag]]:
    """The tags of this county with these digests, also revoked ones."""
    if not hashes:
        return dict
    found = out.ask(_TAGS, {"county": county_id, "hashes": list(hashes)})
    return lambda: {row.token_hash: KnownTag(row.elder_id, row.revoked_at is not None) for row in found.rows()}


def asked_ways(
    out: Trip, county_id: int, visitor_ids: Collection[uuid.UUID]
) -> Later[dict[uuid.UUID, Ways]]:
    """The visitors' ties and roles in this county, now and before: two statements for a batch."""
    asked = pairings.asked_ties(out, county_id, visitor_ids)
    found = out.ask(_ROLES, {"county": county_id, "visitors": sorted(visitor_ids)})

    def take() -> dict[uuid.UUID, Ways]:
        roles: dict[uuid.UUID, list[Any]] = defaultdict(list)
        for row in found.rows():
            roles[row.user_id].append(row)
        return {visitor: _ways(ties, roles[visitor]) for visitor, ties in asked().items()}

    return take


def _ways(ties: Iterable[pairings.Tie], roles: Sequence[Any]) -> Ways:
    tied: dict[uuid.UUID, list[tuple[dt.datetime, dt.datetime | None]]] = defaultdict(list)
    for tie in ties:
        if tie.role != "family":
            tied[tie.elder_id].append((tie.starts_at, tie.ends_at))
    staff = [
        StaffArea(row.valid_from, row.valid_to, row.id, *code_range(row.code, row.level))
        for row in roles
        if row.role in STAFF and row.code is not None
    ]
    return Ways(tied, staff, roles[-1].id if roles else None)


class Timeline:
    """A visitor's home visits in order of time, stored and new, to tell what came before and after each."""

    def __init__(self, visits: Iterable[OtherVisit]) -> None:
        self._visits = sorted(visits, key=lambda v: (v.start, v.id))
        self._keys = [(v.start, v.id) for v in self._visits]

    def around(self, visit_id: uuid.UUID, start: dt.datetime) -> tuple[OtherVisit, ...]:
        """The nearest visit before and the nearest after, other than itself."""
        at = bisect_left(self._keys, (start, visit_id))
        before = self._visits[at - 1] if at > 0 else None
        if at < len(self._visits) and self._visits[at].id == visit_id:
            at += 1
        after = self._visits[at] if at < len(self._visits) else None
        return tuple(v for v in (before, after) if v is not None)
