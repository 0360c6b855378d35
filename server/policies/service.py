"""Setting what is owed. A policy is never edited: a change is a new version, and judgements name the one they used."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Reach
from server.elders.model import Elder
from server.policies.model import Policy
from server.problems import problem
from server.regions.model import County
from shared.rules.policy import FOCUSED, UNIVERSAL, VisitPolicy

Settle = Callable[[Session, int, Collection[uuid.UUID]], None]
SETTLED_AT_ONCE = 1000
NAMES = {"universal": "普遍巡访", "focused": "重点巡访"}


def create_defaults(session: Session, county_id: int, now: dt.datetime) -> None:
    """The two policies that every plan knows, for a new county. Twice changes nothing. Never commits."""
    known = set(session.scalars(sa.select(Policy.id).where(Policy.county_id == county_id)))
    add_versions(session, county_id, (p for p in (UNIVERSAL, FOCUSED) if p.id not in known), now)


def change(
    session: Session, reach: Reach, county_id: int, policy_id: str, wanted: Mapping[str, Any], *, now: dt.datetime,
    settle: Settle,
) -> Policy:  # fmt: skip
    """Put a new version of a county's policy in force; one that says the same as the newest changes nothing.

    `wanted`: name, channels, per_month, per_week, home_per_month, stay_min_s. Judgements keep the version they used;
    the duties of months that are still open are worked out anew by `settle`. 404 where the county is not held whole or
    has no such policy."""
    if county_id not in reach.whole_counties:
        raise problem("not_found")
    session.execute(sa.select(County.id).where(County.id == county_id).with_for_update(key_share=True))
    newest = session.scalars(
        sa.select(Policy)
        .where(Policy.county_id == county_id, Policy.id == policy_id)
        .order_by(Policy.version.desc())
        .limit(1)
    ).first()
    if newest is None:
        raise problem("not_found")
    said = {**wanted, "channels": sorted(wanted["channels"])}
    if all(getattr(newest, name) == value for name, value in said.items()):
        session.commit()
        return newest
    made = Policy(
        county_id=county_id, id=policy_id, version=newest.version + 1, focused=newest.focused, created_at=now, **said
    )
    session.add(made)
    changed = sorted(name for name, value in said.items() if getattr(newest, name) != value)
    audit.record(
        session, "policy.change", "policy", None, now=now, actor_id=reach.user_id, county_id=county_id,
        details={"policy": policy_id, "version": made.version, "changed": changed},
    )  # fmt: skip
    session.flush()
    elders = session.scalars(
        sa.select(Elder.id)
        .where(Elder.county_id == county_id, Elder.policy_id == policy_id, Elder.left_on.is_(None))
        .order_by(Elder.id)
    ).all()
    for start in range(0, len(elders), SETTLED_AT_ONCE):
        settle(session, county_id, elders[start : start + SETTLED_AT_ONCE])
    session.commit()
    return made


def add_versions(session: Session, county_id: int, policies: Iterable[VisitPolicy], now: dt.datetime) -> None:
    """Put these in force. The caller has the duties that change worked out anew (server/outcomes)."""
    for policy in policies:
        session.add(
            Policy(
                county_id=county_id, id=policy.id, version=policy.version, name=NAMES.get(policy.id, policy.id),
                focused=policy.focused, channels=sorted(policy.channels), per_month=policy.per_month,
                per_week=policy.per_week, home_per_month=policy.home_per_month, stay_min_s=policy.stay_min_s,
                created_at=now,
            )
        )  # fmt: skip
    session.flush()
