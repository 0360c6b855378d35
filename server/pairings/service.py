"""Tying people to elders, and ending ties. A tie that ended stays on record: visits are attributed by the ties of their
own time, however late they arrive."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Reach
from server.elders import service as elders
from server.elders.model import ElderCard
from server.language import Text
from server.pairings import queries
from server.pairings.model import PAIRING_ROLES, Pairing
from server.people import queries as people
from server.people.model import VISITING_ROLES, RoleGrant, User
from server.problems import problem


def create_pairing(
    session: Session,
    reach: Reach,
    elder_id: uuid.UUID,
    user_id: uuid.UUID,
    role: str,
    *,
    now: dt.datetime,
    today: dt.date,
    starts_at: dt.datetime | None = None,
    pairing_id: uuid.UUID,
) -> Pairing:
    """Tie somebody of the county to an elder in reach, from `starts_at` (default: now). The same id again is the same
    tie. 404 for an elder or person out of reach, 409 `conflict` where they are tied so already."""
    elder = queries.reachable_elder(session, reach, elder_id)
    if elder is None:
        raise problem("not_found")
    # two that tie the same elder wait for each other here
    session.execute(
        sa.select(ElderCard.version)
        .where(ElderCard.county_id == elder.county_id, ElderCard.elder_id == elder_id)
        .with_for_update()
    )
    if (known := session.get(Pairing, (elder.county_id, pairing_id))) is not None:
        if (known.elder_id, known.user_id, known.role) != (elder_id, user_id, role):
            raise problem("id_reused")
        session.commit()
        return known
    _check(session, elder.county_id, user_id, role, today)
    starts_at = starts_at or now
    tied = session.scalar(
        sa.select(Pairing.id).where(
            Pairing.county_id == elder.county_id, Pairing.elder_id == elder_id, Pairing.user_id == user_id,
            Pairing.role == role, sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > starts_at),
        )
    )  # fmt: skip
    if tied is not None:
        raise problem("conflict", detail=Text("已经结对", "They are tied so already."), pairing_id=str(tied))
    made = Pairing(
        county_id=elder.county_id, id=pairing_id, elder_id=elder_id, user_id=user_id, role=role, starts_at=starts_at,
        created_at=now, created_by=reach.user_id,
    )  # fmt: skip
    session.add(made)
    elders.touch(session, made.county_id, [elder_id], now=now)
    audit.record(
        session, "pairing.create", "pairing", made.id, now=now, actor_id=reach.user_id, county_id=made.county_id,
        details={"elder_id": str(elder_id), "user_id": str(user_id), "role": role},
    )  # fmt: skip
    session.commit()
    return made


def end_pairing(
    session: Session, reach: Reach, pairing_id: uuid.UUID, *, now: dt.datetime, ends_at: dt.datetime | None = None
) -> Pairing:
    """End a tie at `ends_at` (default: now; not before it began). A tie that ended stays as it is."""
    tie = session.scalar(sa.select(Pairing).where(Pairing.id == pairing_id, Pairing.county_id.in_(reach.counties)))
    if tie is None or queries.reachable_elder(session, reach, tie.elder_id) is None:
        raise problem("not_found")
    elders.touch(session, tie.county_id, [tie.elder_id], now=now)
    session.refresh(tie)
    if tie.ends_at is None or tie.ends_at > now:
        tie.ends_at = max(ends_at or now, tie.starts_at)
        tie.ended_by = reach.user_id
        audit.record(
            session, "pairing.end", "pairing", tie.id, now=now, actor_id=reach.user_id, county_id=tie.county_id
        )
    session.commit()
    return tie


def _check(session: Session, county_id: int, user_id: uuid.UUID, role: str, today: dt.date) -> None:
    """Somebody of this county who may have such a tie: kin to read, visitors to visit."""
    if role not in PAIRING_ROLES:
        raise problem("validation", errors={"role": [Text("没有这种结对", "There is no such tie")]})
    held = set(
        session.scalars(
            sa.select(RoleGrant.role)
            .join(User, User.id == RoleGrant.user_id)
            .where(
                RoleGrant.user_id == user_id, RoleGrant.county_id == county_id, people.holds(today),
                User.disabled_at.is_(None),
            )
        )
    )  # fmt: skip
    if not held:
        raise problem("not_found")
    if role != "family" and not held & VISITING_ROLES:
        raise problem("validation", errors={"user_id": [Text("此人不是探访员", "This person is no visitor")]})
