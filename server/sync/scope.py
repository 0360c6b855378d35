"""Whom a person's phone may hold: the elders they are paired with to visit and, for staff, those of their village.

One statement of it, used by the feed, by the tag's page and by what follows from events, so that the three never
disagree. Elders who left the register are nobody's.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Actor
from server.elders.model import Elder, ElderCard
from server.pairings.model import Pairing
from server.regions.model import Region

RIGHT = "sync.pull"


@dataclass(frozen=True, slots=True)
class Seen:
    """An elder that may be held: `version` is the card's; `paired` False: only as staff of the village."""

    county_id: int
    id: uuid.UUID
    version: int
    region_id: int
    policy_id: str


def mine(who: Actor, now: dt.datetime, today: dt.date) -> sa.CTE:
    """(county_id, elder_id) of everybody whom `who` may hold at `now`; to join with."""
    reach = who.reach(RIGHT)
    parts = []
    if reach.paired:
        tied = sa.select(Pairing.county_id, Pairing.elder_id).where(
            Pairing.user_id == who.user_id, visiting_now(Pairing, now)
        )
        parts.append(tied if who.county_id is None else tied.where(Pairing.county_id == who.county_id))
    villages = [
        sa.and_(Elder.county_id == area.county_id, Region.code == area.lo)
        for area in reach.areas
        if area.lo == area.hi and area.county_id is not None and who.county_id in (None, area.county_id)
    ]
    if villages:
        parts.append(
            sa.select(Elder.county_id, Elder.id.label("elder_id"))
            .join(Region, Region.id == Elder.region_id)
            .where(sa.or_(*villages))
        )
    if not parts:
        parts.append(sa.select(Elder.county_id, Elder.id.label("elder_id")).where(sa.false()))
    allowed = sa.union(*parts).subquery()
    return (
        sa.select(Elder.county_id, Elder.id.label("elder_id"), Elder.region_id, Elder.policy_id)
        .join(allowed, sa.and_(allowed.c.county_id == Elder.county_id, allowed.c.elder_id == Elder.id))
        .where(sa.or_(Elder.left_on.is_(None), Elder.left_on > today))
        .cte("mine")
    )


def visiting_now(pairing: type[Pairing], now: dt.datetime) -> sa.ColumnElement[bool]:
    """The tie holds at `now` and is one to visit by; family ties let kin read elsewhere."""
    return sa.and_(
        pairing.role != "family",
        pairing.starts_at <= now,
        sa.or_(pairing.ends_at.is_(None), pairing.ends_at > now),
    )


def elders(session: Session, held: sa.CTE) -> list[Seen]:
    """Everybody in `held` with the version of their card: one query, nothing decrypted."""
    rows = session.execute(
        sa.select(
            held.c.county_id, held.c.elder_id, sa.func.coalesce(ElderCard.version, 0), held.c.region_id,
            held.c.policy_id,
        )
        .outerjoin(
            ElderCard,
            sa.and_(ElderCard.county_id == held.c.county_id, ElderCard.elder_id == held.c.elder_id),
        )
        .order_by(held.c.elder_id)
    )  # fmt: skip
    return [Seen(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Held:
    """Elders by county, as a condition on any table that names one. Ids, not the query they came from: the databases
    then look each up by its key, where a join tempts SQLite to read the whole table (measured: 220 ms against 1)."""

    by_county: Mapping[int, Collection[uuid.UUID]]
    regions: Collection[int] = ()

    @classmethod
    def of(cls, seen: Iterable[Seen]) -> Held:
        by_county: dict[int, set[uuid.UUID]] = {}
        regions = set()
        for s in seen:
            by_county.setdefault(s.county_id, set()).add(s.id)
            regions.add(s.region_id)
        return cls(by_county, sorted(regions))

    def has(self, county_id: Any, elder_id: Any) -> sa.ColumnElement[bool]:
        return sa.or_(
            sa.false(),
            *(sa.and_(county_id == county, elder_id.in_(ids)) for county, ids in sorted(self.by_county.items())),
        )

    def __contains__(self, elder_id: object) -> bool:
        return any(elder_id in ids for ids in self.by_county.values())
