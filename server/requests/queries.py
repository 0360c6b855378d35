"""Reading requests about elders' data, the one that is due first first; and the copy that an elder may have."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.elders import profile
from server.elders import queries as elders
from server.elders.model import Elder
from server.elders.vault import Vault
from server.paging import Page, PageArgs
from server.people.queries import names_of
from server.regions.codes import code_text
from server.regions.model import Region
from server.requests.model import DataRequest
from server.visits import queries as visits
from server.visits.sealing import Words

STATES = ("open", "done")


def find(session: Session, reach: Reach, request_id: uuid.UUID) -> DataRequest | None:
    return session.scalar(
        sa.select(DataRequest)
        .join(Elder, sa.and_(Elder.county_id == DataRequest.county_id, Elder.id == DataRequest.elder_id))
        .join(Region, Region.id == Elder.region_id)
        .where(DataRequest.id == request_id, reach.within(Region.code, DataRequest.county_id))
    )


def listed(
    session: Session, reach: Reach, page: PageArgs, *, state: str | None = None, vault: Vault, today: dt.date
) -> Page[dict[str, Any]]:
    """By the day on which they are due. Two queries a page."""
    query = _base().where(reach.within(Region.code, DataRequest.county_id))
    if state is not None:
        query = query.where(DataRequest.outcome.is_(None) if state == "open" else DataRequest.outcome.is_not(None))
    key = sa.tuple_(DataRequest.due_on, DataRequest.id)
    if (after := page.after(dt.date, uuid.UUID)) is not None:
        query = query.where(key > sa.tuple_(*map(sa.literal, after)))
    rows = session.execute(query.order_by(DataRequest.due_on, DataRequest.id).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda r: (r[0].due_on, r[0].id))
    return Page(_shown(session, cut.items, vault, today), cut.next_cursor)


def shown(
    session: Session, reach: Reach, request_id: uuid.UUID, *, vault: Vault, today: dt.date
) -> dict[str, Any] | None:
    rows = session.execute(
        _base().where(DataRequest.id == request_id, reach.within(Region.code, DataRequest.county_id))
    ).all()
    return _shown(session, rows, vault, today)[0] if rows else None


def _base() -> Any:
    return (
        sa.select(DataRequest, Elder, Region)
        .join(Elder, sa.and_(Elder.county_id == DataRequest.county_id, Elder.id == DataRequest.elder_id))
        .join(Region, Region.id == Elder.region_id)
    )


def _shown(session: Session, rows: Sequence[sa.Row[Any]], vault: Vault, today: dt.date) -> list[dict[str, Any]]:
    words = Words(vault, {row[1].id: row[1].data_key for row in rows})

    def said(request: DataRequest, column: str) -> str:
        sealed = getattr(request, column)
        return words.open(request.county_id, request.elder_id, "data_requests", column, request.id, sealed)

    names = names_of(session, [who for row in rows for who in (row[0].recorded_by, row[0].outcome_by)])
    found = []
    for request, elder, region in rows:
        there = {"code": code_text(region.code or 0), "name": region.name, "level": region.level}
        found.append({
            "id": request.id, "elder": {"id": elder.id, "name": elder.name, "region": there}, "kind": request.kind,
            "asked_by": request.asked_by, "received_on": request.received_on, "due_on": request.due_on,
            "overdue": request.outcome is None and request.due_on < today, "note": said(request, "note"),
            "recorded_by": {"id": request.recorded_by, "name": names.get(request.recorded_by, "—")},
            "erased": elder.data_key is None, "left": elder.left_on is not None,
            "outcome": None if request.outcome is None else {
                "outcome": request.outcome, "answer": said(request, "answer"), "at": request.outcome_at,
                "by": {"id": request.outcome_by, "name": names.get(request.outcome_by, "—")},
            },
        })  # fmt: skip
    return found


def copy_of(session: Session, reach: Reach, elder: Elder, *, vault: Vault, tz: dt.tzinfo) -> dict[str, Any]:
    """Everything that is kept of an elder, in clear, for them to have: particulars, what happened, every visit. Who
    gives it out has logged it (server/elders/service.reveal). Photos are named; they are given out one by one."""
    particulars = profile.opened(vault, elder)
    events = elders.statuses(session, elder)
    found: list[dict[str, Any]] = []
    page = PageArgs(500)
    while True:
        part = visits.listed(session, reach, visits.Filter(elder_id=elder.id), page, tz=tz, vault=vault)
        found += part.items
        if part.next_cursor is None:
            break
        page = PageArgs(500, part.next_cursor)
    return {
        "elder": {
            "id": str(elder.id), "name": elder.name, "sex": elder.sex, "birth_date": elder.birth_date,
            "categories": elder.categories, "lat": elder.lat, "lon": elder.lon, "registered_on": elder.registered_on,
            "status": elder.status, "left_on": elder.left_on, "legal_basis": elder.legal_basis,
            "legal_basis_version": elder.legal_basis_version, "legal_basis_on": elder.legal_basis_on,
            "consent_health": elder.consent_health, "consent_position": elder.consent_position, **asdict(particulars),
        },
        "statuses": [
            {"status": e.status, "effective_on": e.effective_on, "recorded_at": e.recorded_at} for e in events
        ],
        "visits": found,
    }  # fmt: skip
