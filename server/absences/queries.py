"""Reading absences within a reach, newest first."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.absences.model import Absence
from server.auth.reach import Reach
from server.elders import queries as elders
from server.elders.model import Elder
from server.paging import Page, PageArgs
from server.regions.codes import code_text
from server.regions.model import Region


def listed(
    session: Session, reach: Reach, page: PageArgs, *, now: dt.datetime, elder_id: uuid.UUID | None = None,
    state: str | None = None,
) -> Page[dict[str, Any]]:  # fmt: skip
    """`state`: asked (waits for a director), approved, withdrawn; None: all."""
    query = _base().where(elders.within(reach, now))
    if elder_id is not None:
        query = query.where(Absence.elder_id == elder_id)
    if state is not None:
        query = query.where(_in_state(state))
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        query = query.where(
            sa.or_(
                Absence.recorded_at < after[0], sa.and_(Absence.recorded_at == after[0], Absence.id < after[1])
            )
        )  # fmt: skip
    rows = session.execute(query.order_by(Absence.recorded_at.desc(), Absence.id.desc()).limit(page.limit + 1)).all()
    return page.cut(rows, lambda r: (r.Absence.recorded_at, r.Absence.id)).map(_shown)


def one(session: Session, reach: Reach, absence_id: uuid.UUID, *, now: dt.datetime) -> dict[str, Any] | None:
    row = session.execute(_base().where(Absence.id == absence_id, elders.within(reach, now))).first()
    return _shown(row) if row is not None else None


def _base() -> Any:
    return (
        sa.select(Absence, Elder.name, Region.code, Region.name.label("region_name"), Region.level)
        .join(Elder, sa.and_(Elder.county_id == Absence.county_id, Elder.id == Absence.elder_id))
        .join(Region, Region.id == Elder.region_id)
    )


def _in_state(state: str) -> sa.ColumnElement[bool]:
    if state == "withdrawn":
        return Absence.withdrawn_at.is_not(None)
    approved = Absence.approved_at.is_not(None) if state == "approved" else Absence.approved_at.is_(None)
    return sa.and_(Absence.withdrawn_at.is_(None), approved)


def _shown(row: Any) -> dict[str, Any]:
    absence: Absence = row.Absence
    if absence.withdrawn_at is not None:
        state = "withdrawn"
    else:
        state = "approved" if absence.approved_at is not None else "asked"
    region = {"code": code_text(row.code), "name": row.region_name, "level": row.level}
    return {
        "id": absence.id, "elder": {"id": absence.elder_id, "name": row.name, "region": region},
        "reason": absence.reason, "starts_on": absence.starts_on, "ends_on": absence.ends_on, "state": state,
        "recorded_at": absence.recorded_at, "recorded_by": absence.recorded_by, "approved_at": absence.approved_at,
        "approved_by": absence.approved_by,
    }  # fmt: skip
