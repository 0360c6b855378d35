"""The people of a ladder's circles, for many alerts at once: who is tied to an elder, who answers for a place."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts.ladder import COUNTY, FAMILY, NEIGHBOURS, ON_DUTY, STAFF, TOWN, VILLAGE, VISITORS
from server.clock import zone
from server.pairings.model import Pairing
from server.people.model import STAFF_ROLES, RoleGrant, User
from server.regions.model import Region
from server.roster import queries as roster
from shared.rules.months import local_date

_SPANS = {VILLAGE: 1, TOWN: 10**3, COUNTY: 10**6}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert is about: an elder, perhaps, and a village's code, perhaps."""

    elder_id: uuid.UUID | None
    code: int | None


def codes(session: Session, region_ids: Collection[int]) -> dict[int, int]:
    """Today's code of each region."""
    if not region_ids:
        return {}
    found = session.execute(sa.select(Region.id, Region.code).where(Region.id.in_(sorted(region_ids))))
    return {region_id: code for region_id, code in found if code is not None}


class Circles:
    """Everybody who may have to be told of these places, read in three queries."""

    def __init__(self, session: Session, county_id: int, places: Collection[Place], now: dt.datetime) -> None:
        self._tied: Mapping[uuid.UUID, list[tuple[str, uuid.UUID]]] = _tied(session, county_id, places, now)
        self._posted: Mapping[tuple[str, int], list[uuid.UUID]] = _posted(session, county_id, places, now)
        self._on_duty: dict[int, list[uuid.UUID]] = defaultdict(list)
        for code, user_id in roster.on_duty(session, county_id, _codes_over(places), now):
            self._on_duty[code].append(user_id)

    def people(self, place: Place, circles: Collection[str]) -> list[uuid.UUID]:
        """The people of these circles of `place`, each once, in one order."""
        found: set[uuid.UUID] = set()
        for role, user_id in self._tied.get(place.elder_id, ()) if place.elder_id else ():
            if (
                (role == "family" and FAMILY in circles)
                or (role != "family" and VISITORS in circles)
                or (role == "neighbour" and NEIGHBOURS in circles)
            ):
                found.add(user_id)
        if place.code is not None:
            for level in (VILLAGE, TOWN, COUNTY):
                if level in circles:
                    span = _SPANS[level]
                    found.update(self._posted.get(("director", place.code // span * span), ()))
            if ON_DUTY in circles:
                for span in _SPANS.values():
                    found.update(self._on_duty.get(place.code // span * span, ()))
            if STAFF in circles:
                found.update(self._posted.get(("staff", place.code), ()))
        return sorted(found)


def _tied(
    session: Session, county_id: int, places: Collection[Place], now: dt.datetime
) -> dict[uuid.UUID, list[tuple[str, uuid.UUID]]]:
    elders = {p.elder_id for p in places if p.elder_id is not None}
    tied: dict[uuid.UUID, list[tuple[str, uuid.UUID]]] = defaultdict(list)
    if not elders:
        return tied
    found = session.execute(
        sa.select(Pairing.elder_id, Pairing.role, Pairing.user_id)
        .join(User, User.id == Pairing.user_id)
        .where(
            Pairing.county_id == county_id, Pairing.elder_id.in_(sorted(elders)), Pairing.starts_at <= now,
            sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > now), User.disabled_at.is_(None),
        )
    )  # fmt: skip
    for elder_id, role, user_id in found:
        tied[elder_id].append((role, user_id))
    return tied


def _posted(
    session: Session, county_id: int, places: Collection[Place], now: dt.datetime
) -> dict[tuple[str, int], list[uuid.UUID]]:
    """Directors by the code of the region they answer for, staff by the village they work in."""
    wanted = _codes_over(places)
    posted: dict[tuple[str, int], list[uuid.UUID]] = defaultdict(list)
    if not wanted:
        return posted
    today = local_date(now, zone())
    found = session.execute(
        sa.select(RoleGrant.role, Region.code, RoleGrant.user_id)
        .join(Region, Region.id == RoleGrant.region_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.county_id == county_id, RoleGrant.role.in_(["director", *sorted(STAFF_ROLES)]),
            Region.code.in_(sorted(wanted)), RoleGrant.valid_from <= today,
            sa.or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > today), User.disabled_at.is_(None),
        )
    )  # fmt: skip
    for role, code, user_id in found:
        if code is not None:
            posted["director" if role == "director" else "staff", code].append(user_id)
    return posted


def _codes_over(places: Collection[Place]) -> set[int]:
    """The codes of the places themselves, and of what they lie in."""
    return {p.code // span * span for p in places if p.code is not None for span in _SPANS.values()}
