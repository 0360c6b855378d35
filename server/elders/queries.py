"""Reading the register within somebody's reach: what lies outside is not there."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.elders import profile
from server.elders.model import Elder, ElderCard, ElderStatus
from server.elders.profile import Particulars
from server.elders.vault import Vault
from server.paging import Page, PageArgs
from server.regions.codes import code_range
from server.regions.model import Region
from shared.identity import clean_phone, fold

# Pairings are a later noun; of its table only these columns are needed to say who is tied to whom.
_PAIRINGS = sa.table(
    "pairings", sa.column("county_id", sa.Integer), sa.column("elder_id", sa.Uuid), sa.column("user_id", sa.Uuid),
    sa.column("role", sa.String), sa.column("starts_at", Elder.created_at.type),
    sa.column("ends_at", Elder.created_at.type),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """An elder as lists and pages show one; what is sealed is in `particulars`."""

    elder: Elder
    region: Region
    particulars: Particulars
    version: int


def within(reach: Reach, now: dt.datetime) -> sa.ColumnElement[bool]:
    """A WHERE clause over Elder joined with Region: the reach's areas, and the elders of whom it is a visitor."""
    clause = reach.within(Region.code, Elder.county_id)
    if not reach.paired:
        return clause
    tied = sa.exists().where(
        _PAIRINGS.c.county_id == Elder.county_id,
        _PAIRINGS.c.elder_id == Elder.id,
        _PAIRINGS.c.user_id == reach.user_id,
        _PAIRINGS.c.role != "family",  # lets kin read elsewhere, and nobody visit
        _PAIRINGS.c.starts_at <= now,
        sa.or_(_PAIRINGS.c.ends_at.is_(None), _PAIRINGS.c.ends_at > now),
    )
    return sa.or_(clause, tied)


def find(
    session: Session, reach: Reach, elder_id: uuid.UUID, now: dt.datetime, *, for_update: bool = False
) -> Elder | None:
    """The elder with that id, if the reach covers them. (Ids are UUIDs, so two counties never share one.)"""
    query = sa.select(Elder).join(Region, Region.id == Elder.region_id).where(Elder.id == elder_id, within(reach, now))
    if for_update:
        query = query.with_for_update(of=Elder, key_share=True)
    return session.scalar(query)


def page(
    session: Session, reach: Reach, args: PageArgs, *, vault: Vault, now: dt.datetime, region: Region | None = None,
    search: str = "", category: str | None = None, status: str | None = None,
) -> Page[Listed]:  # fmt: skip
    """Elders in the order of villages and names. `search`: a name's beginning, a short number, or a whole phone or ID
    number; `status` "on_register": all who have not left."""
    # keys alone are sorted, and only a page of them is looked up whole: the rows are wide
    query = sa.select(Elder.county_id, Elder.id).join(Region, Region.id == Elder.region_id).where(within(reach, now))
    if region is not None and region.code is not None:
        query = query.where(Region.code.between(*code_range(region.code, region.level)))
    if search.strip():
        query = query.where(_matching(reach, vault, search))
    if category:
        query = query.where(_has_category(session, category))
    if status == "on_register":
        query = query.where(Elder.left_on.is_(None))
    elif status:
        query = query.where(Elder.status == status)
    if (after := args.after(int, str, uuid.UUID)) is not None:
        key = sa.tuple_(Region.code, Elder.name, Elder.id)
        query = query.where(key > sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(after, _ORDER, strict=True))))
    keys = query.order_by(*_ORDER).limit(args.limit + 1).subquery()
    whole = _listed().join(keys, sa.and_(keys.c.county_id == Elder.county_id, keys.c.id == Elder.id))
    rows = session.execute(whole.order_by(*_ORDER)).all()
    shown = [_one(vault, row) for row in rows]
    return args.cut(shown, lambda e: (e.region.code, e.elder.name, e.elder.id))


def listed(session: Session, vault: Vault, elder: Elder) -> Listed:
    """One elder as pages show them."""
    row = session.execute(_listed().where(Elder.county_id == elder.county_id, Elder.id == elder.id)).one()
    return _one(vault, row)


def statuses(session: Session, elder: Elder) -> Sequence[ElderStatus]:
    """What happened to an elder, the newest first."""
    return session.scalars(_events(elder)).all()


def statuses_page(session: Session, elder: Elder, args: PageArgs) -> Page[ElderStatus]:
    """The same, by pages."""
    query = _events(elder)
    if (after := args.after(dt.date, dt.datetime, uuid.UUID)) is not None:
        query = query.where(
            sa.tuple_(ElderStatus.effective_on, ElderStatus.recorded_at, ElderStatus.id) < sa.tuple_(*after)
        )
    rows = session.scalars(query.limit(args.limit + 1)).all()
    return args.cut(rows, lambda event: (event.effective_on, event.recorded_at, event.id))


def _events(elder: Elder) -> sa.Select[tuple[ElderStatus]]:
    return (
        sa.select(ElderStatus)
        .where(ElderStatus.county_id == elder.county_id, ElderStatus.elder_id == elder.id)
        .order_by(ElderStatus.effective_on.desc(), ElderStatus.recorded_at.desc(), ElderStatus.id.desc())
    )


_ORDER = (Region.code, Elder.name, Elder.id)


def _listed() -> sa.Select[Any]:
    columns: sa.Select[Any] = sa.select(Elder, Region, ElderCard.version)
    return columns.join(Region, Region.id == Elder.region_id).outerjoin(
        ElderCard, sa.and_(ElderCard.county_id == Elder.county_id, ElderCard.elder_id == Elder.id)
    )


def _one(vault: Vault, row: sa.Row[Any]) -> Listed:
    elder, region, version = row
    return Listed(elder, region, profile.opened(vault, elder), version or 0)


def _matching(reach: Reach, vault: Vault, search: str) -> sa.ColumnElement[bool]:
    text = fold(search).replace(" ", "")
    number = text.upper()
    ways: list[sa.ColumnElement[bool]] = []
    counties = reach.counties
    if len(number) == 18:
        ways.append(_indexed(Elder.id_number_index, vault, counties, "id_number", number))
    if phone := clean_phone(text):
        ways.append(_indexed(Elder.phone_index, vault, counties, "phone", phone))
    if text.isascii() and text.isdigit() and len(text) <= 7:
        ways.append(Elder.short_no == int(text))
    if not text.isascii() or not ways:
        ways.append(Elder.name.startswith(text, autoescape=True))
    return sa.or_(*ways)


def _indexed(
    column: Any, vault: Vault, counties: frozenset[int], kind: str, value: str
) -> sa.ColumnElement[bool]:
    found = [sa.and_(Elder.county_id == c, column.in_(vault.indexes(c, kind, value))) for c in sorted(counties)]
    return sa.or_(*found) if found else sa.false()


def _has_category(session: Session, category: str) -> sa.ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        return sa.cast(Elder.categories, sa.dialects.postgresql.JSONB).contains([category])
    values = sa.func.json_each(Elder.categories).table_valued("value")
    return sa.exists(sa.select(sa.literal(1)).select_from(values).where(values.c.value == category))

