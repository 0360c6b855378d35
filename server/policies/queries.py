"""The policies in force, in the shape that the rules of `shared` read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.paging import Page, PageArgs
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


def page(session: Session, county_ids: Collection[int], page: PageArgs, *, every_version: bool) -> Page[Policy]:
    """Policies of these counties by county, id and version, the newest first."""
    later = aliased(Policy)
    query = sa.select(Policy).where(Policy.county_id.in_(sorted(county_ids)))
    if not every_version:
        query = query.where(
            ~sa.exists().where(
                later.county_id == Policy.county_id, later.id == Policy.id, later.version > Policy.version
            )
        )
    key = sa.tuple_(Policy.county_id, Policy.id, -Policy.version)
    if (after := page.after(int, str, int)) is not None:
        query = query.where(key > sa.tuple_(after[0], after[1], -after[2]))
    rows = session.scalars(
        query.order_by(Policy.county_id, Policy.id, Policy.version.desc()).limit(page.limit + 1)
    ).all()
    return page.cut(rows, lambda row: (row.county_id, row.id, row.version))
