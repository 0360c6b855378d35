"""The policies in force, in the shape that the rules of `shared` read."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.policies.model import Policy
from shared.rules.policy import FOCUSED, UNIVERSAL, VisitPolicy

DEFAULTS: Mapping[str, VisitPolicy] = {p.id: p for p in (UNIVERSAL, FOCUSED)}


def as_rule(row: Policy) -> VisitPolicy:
    return VisitPolicy(
        id=row.id, version=row.version, focused=row.focused, channels=frozenset(row.channels),
        per_month=row.per_month, per_week=row.per_week, home_per_month=row.home_per_month, stay_min_s=row.stay_min_s,
    )  # fmt: skip


def rows(session: Session, county_id: int, *, every_version: bool = False) -> list[Policy]:
    """A county's policies by id, newest version first; only the ones in force unless all are asked for."""
    found = session.scalars(
        sa.select(Policy).where(Policy.county_id == county_id).order_by(Policy.id, Policy.version.desc())
    ).all()
    if every_version:
        return list(found)
    newest: dict[str, Policy] = {}
    for row in found:
        newest.setdefault(row.id, row)
    return list(newest.values())


def current(session: Session, county_id: int) -> dict[str, VisitPolicy]:
    """The newest version of each policy by id; `universal` and `focused` are always there."""
    return {**DEFAULTS, **{row.id: as_rule(row) for row in rows(session, county_id)}}
