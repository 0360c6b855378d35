"""What follows when the list of divisions is revised: the one place that joins regions with what stands on them.

A recoded region keeps its id, so nothing else needs to know. A merged one does not: its elders and roles go to the
successor in the same transaction, and the duties of the open months with them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import outcomes
from server.elders.model import Elder, ElderCard
from server.people.model import RoleGrant
from server.regions import service as regions

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Merged:
    elders: int
    roles: int


def merge_regions(
    session: Session, old: int, into: int, *, on: dt.date, now: dt.datetime, today: dt.date,
    actor_id: uuid.UUID | None = None,
) -> Merged:  # fmt: skip
    """Let a region be part of another of its level from a day on, with everybody who stands on it. Commits once."""
    gone, successor = regions.merge(session, old, into, on=on, now=now, today=today, actor_id=actor_id)
    roles = session.execute(
        sa.update(RoleGrant).where(RoleGrant.region_id == gone.id).values(region_id=successor.id)
    )
    moved: dict[int, list[uuid.UUID]] = defaultdict(list)
    for county_id, elder_id in session.execute(
        sa.select(Elder.county_id, Elder.id).where(Elder.region_id == gone.id).order_by(Elder.county_id, Elder.id)
    ):
        moved[county_id].append(elder_id)
    for county_id, elder_ids in moved.items():
        for start in range(0, len(elder_ids), BATCH):
            some = elder_ids[start : start + BATCH]
            session.execute(
                sa.update(Elder)
                .where(Elder.county_id == county_id, Elder.id.in_(some))
                .values(region_id=successor.id, updated_at=now)
            )
            session.execute(
                sa.update(ElderCard)
                .where(ElderCard.county_id == county_id, ElderCard.elder_id.in_(some))
                .values(version=ElderCard.version + 1)
            )
            outcomes.settle_elders(session, county_id, some, now=now)
    session.commit()
    return Merged(sum(map(len, moved.values())), int(getattr(roles, "rowcount", 0)))
