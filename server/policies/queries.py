"""The policies in force, in the shape that the rules of `shared` read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.paging import Page, PageArgs
from server.policies.model import Policy
from shared.rules.policy import FOCUSED, UNIVERSAL, VisitPolicy

DEFAULTS: Mapping[str, VisitPolicy] = {p.id: p for p in (UNIVERSAL, FOCUSED)}


_P = cast(sa.Table, Policy.__table__)
_FIELDS = (
    "id", "version", "focused", "channels", "per_month", "per_week", "home_per_month", "stay_min_s",
)  # fmt: skip
# Built once: every visit's way in runs it.
_CURRENT = (
    sa.select(*(_P.c[name] for name in _FIELDS))
    .where(_P.c.county_id == sa.bindparam("county", type_=sa.Integer()))
    .order_by(_P.c.id, _P.c.version)
)


def current(session: Session, county_id: int) -> dict[str, VisitPolicy]:
    """The newest version of each policy by id; `universal` and `focused` are always there."""
    newest = dict(DEFAULTS)
    session.flush()
    for id_, version, focused, channels, *numbers in session.execute(_CURRENT, {"county": county_id}):
        newest[id_] = VisitPolicy(id_, version, focused, frozenset(channels), *numbers)
    return newest


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
