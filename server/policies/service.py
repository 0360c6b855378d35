"""Setting what is owed. A policy is never edited: a change is a new version, and judgements name the one they used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.policies.model import Policy
from shared.rules.policy import FOCUSED, UNIVERSAL, VisitPolicy

NAMES = {"universal": "普遍巡访", "focused": "重点巡访"}


def create_defaults(session: Session, county_id: int, now: dt.datetime) -> None:
    """The two policies that every plan knows, for a new county. Twice changes nothing. Never commits."""
    known = set(session.scalars(sa.select(Policy.id).where(Policy.county_id == county_id)))
    add_versions(session, county_id, (p for p in (UNIVERSAL, FOCUSED) if p.id not in known), now)


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
