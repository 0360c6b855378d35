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

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.model import Elder
from server.pairings import queries as pairings
from server.people.model import STAFF_ROLES, RoleGrant
from server.regions.model import Region
from server.tags.model import Tag
from server.visits.model import Visit
from shared.geo import distance_m
from shared.protocol.tags import token_hash, token_of
from shared.rules.evidence import OtherVisit, TagVerdict

# A director who goes along is as good as staff: a visit by the one who answers for the rate needs no pairing.
STAFF = STAFF_ROLES | {"director"}
SPAN = {"province": 10**10, "city": 10**8, "county": 10**6, "town": 10**3, "village": 1}
NEAR_IN_TIME = dt.timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class KnownElder:
    id: uuid.UUID
    region_id: int
    code: int | None
    policy_id: str
    lat: float | None
    lon: float | None
    data_key: bytes | None


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
class Surroundings:
    """Everything a batch of one visitor's visits in one county is judged against."""

    elders: Mapping[uuid.UUID, KnownElder]
    tags: Mapping[str, KnownTag]
    ties: Mapping[uuid.UUID, Sequence[tuple[dt.datetime, dt.datetime | None]]]
    staff: Sequence[StaffArea]
    home_region: int | None

    def elder_of(self, elder_id: uuid.UUID | None, tag: str | None) -> KnownElder | None:
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

    def allowed(self, elder: KnownElder, start: dt.datetime, day: dt.date) -> bool:
        """Was the visitor paired with the elder at the trusted start, or staff of the region?"""
        if any(s <= start and (e is None or start < e) for s, e in self.ties.get(elder.id, ())):
            return True
        return any(area.held(day, elder.code) for area in self.staff)


def gather(
    session: Session, county_id: int, visitor_id: uuid.UUID, elder_ids: Iterable[uuid.UUID], tag_hashes: Collection[str]
) -> Surroundings:
    """Look up elders, tags, ties and staff roles for a batch: four queries."""
    tags = {
        row.token_hash: KnownTag(row.elder_id, row.revoked_at is not None)
        for row in session.execute(
            sa.select(Tag.token_hash, Tag.elder_id, Tag.revoked_at).where(
                Tag.county_id == county_id, Tag.token_hash.in_(list(tag_hashes))
            )
        )
    } if tag_hashes else {}  # fmt: skip
    wanted = {*elder_ids, *(t.elder_id for t in tags.values())}
    elders = {
        row[0]: KnownElder(*row)
        for row in session.execute(
            sa.select(
                Elder.id, Elder.region_id, Region.code, Elder.policy_id, Elder.lat, Elder.lon, Elder.data_key
            )
            .join(Region, Region.id == Elder.region_id)
            .where(Elder.county_id == county_id, Elder.id.in_(list(wanted)))
        )
    } if wanted else {}  # fmt: skip
    ties: dict[uuid.UUID, list[tuple[dt.datetime, dt.datetime | None]]] = defaultdict(list)
    for tie in pairings.ties(session, county_id, visitor_id):
        if tie.role != "family":
            ties[tie.elder_id].append((tie.starts_at, tie.ends_at))
    staff, home_region = _roles(session, county_id, visitor_id)
    return Surroundings(elders, tags, ties, staff, home_region)


def _roles(session: Session, county_id: int, visitor_id: uuid.UUID) -> tuple[list[StaffArea], int | None]:
    """The visitor's staff roles in this county, also ended ones, and the region they belong to."""
    found = session.execute(
        sa.select(RoleGrant.role, RoleGrant.valid_from, RoleGrant.valid_to, Region.id, Region.code, Region.level)
        .join(Region, Region.id == RoleGrant.region_id)
        .where(RoleGrant.user_id == visitor_id, RoleGrant.county_id == county_id)
        .order_by(RoleGrant.valid_from)
    ).all()
    staff = [
        StaffArea(row.valid_from, row.valid_to, row.id, row.code, row.code + SPAN[row.level] - 1)
        for row in found
        if row.role in STAFF and row.code is not None
    ]
    return staff, found[-1].id if found else None


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


def earlier_visits(
    session: Session, county_id: int, visitor_id: uuid.UUID, first: dt.datetime, last: dt.datetime
) -> list[OtherVisit]:
    """The visitor's stored home visits near these times, standing at their elders' homes."""
    found = session.execute(
        sa.select(Visit.id, Visit.elder_id, Visit.start, Visit.stay_s, Visit.flags, Elder.lat, Elder.lon)
        .outerjoin(Elder, sa.and_(Elder.county_id == Visit.county_id, Elder.id == Visit.elder_id))
        .where(
            Visit.county_id == county_id, Visit.visitor_id == visitor_id, Visit.channel == "home",
            Visit.start >= first - NEAR_IN_TIME, Visit.start <= last + NEAR_IN_TIME,
        )
    )  # fmt: skip
    return [
        OtherVisit(
            row.id, row.elder_id, row.start, row.start + dt.timedelta(seconds=row.stay_s or 0),
            None if row.lat is None or row.lon is None else (row.lat, row.lon),
            proved=not any(flag["code"] == "clock_unproved" for flag in row.flags),
        )
        for row in found
    ]  # fmt: skip
