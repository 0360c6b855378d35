"""Reading proposals: which homes of a region lie elsewhere than the register says, on whose readings."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.elders.model import Elder
from server.elders.vault import Vault, VaultError
from server.homes.model import OPEN, HomeDecision, HomeProposal
from server.paging import Page, PageArgs
from server.people.model import User
from server.people.queries import names_of
from server.regions.codes import code_text
from server.regions.model import Region
from server.visits.model import Visit
from shared.geo import distance_m

PROPOSALS, DECISIONS = "home_proposals", "home_decisions"


def find(session: Session, reach: Reach, proposal_id: uuid.UUID) -> HomeProposal | None:
    return session.scalar(
        sa.select(HomeProposal)
        .join(Elder, sa.and_(Elder.county_id == HomeProposal.county_id, Elder.id == HomeProposal.elder_id))
        .join(Region, Region.id == Elder.region_id)
        .where(HomeProposal.id == proposal_id, reach.within(Region.code, HomeProposal.county_id))
    )


def listed(
    session: Session, reach: Reach, page: PageArgs, *, state: str | None = None,
    codes: tuple[int, int] | None = None, elder_id: uuid.UUID | None = None, vault: Vault,
) -> Page[dict[str, Any]]:  # fmt: skip
    """The oldest first; decided ones the newest first. Four queries a page."""
    query = _base().where(reach.within(Region.code, HomeProposal.county_id), Elder.data_key.is_not(None))
    if state is not None:
        query = query.where(HomeProposal.state == state)
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    if elder_id is not None:
        query = query.where(HomeProposal.elder_id == elder_id)
    waits = state == OPEN
    at = HomeProposal.found_at if waits else HomeProposal.changed_at
    key = sa.tuple_(at, HomeProposal.id)
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        mark = sa.tuple_(*map(sa.literal, after))
        query = query.where(key > mark if waits else key < mark)
    order = (at, HomeProposal.id) if waits else (at.desc(), HomeProposal.id.desc())
    rows = session.execute(query.order_by(*order).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda r: (getattr(r.HomeProposal, at.key), r.HomeProposal.id))
    return Page(_shown(session, cut.items, vault), cut.next_cursor)


def shown(session: Session, reach: Reach, proposal_id: uuid.UUID, *, vault: Vault) -> dict[str, Any] | None:
    rows = session.execute(
        _base().where(
            HomeProposal.id == proposal_id, reach.within(Region.code, HomeProposal.county_id),
            Elder.data_key.is_not(None),
        )
    ).all()  # fmt: skip
    return _shown(session, rows, vault)[0] if rows else None


def open_of(session: Session, reach: Reach, elder_id: uuid.UUID) -> uuid.UUID | None:
    """The proposal about this elder's home that waits."""
    return session.scalar(
        sa.select(HomeProposal.id)
        .join(Elder, sa.and_(Elder.county_id == HomeProposal.county_id, Elder.id == HomeProposal.elder_id))
        .join(Region, Region.id == Elder.region_id)
        .where(
            HomeProposal.elder_id == elder_id, HomeProposal.state == OPEN,
            reach.within(Region.code, HomeProposal.county_id),
        )
    )  # fmt: skip


def waiting(session: Session, reach: Reach, codes: tuple[int, int] | None = None) -> int:
    """How many proposals nobody decided about yet."""
    query = _base().where(HomeProposal.state == OPEN, reach.within(Region.code, HomeProposal.county_id))
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def place_of(vault: Vault, row: HomeProposal, wrapped: bytes | None) -> dict[str, Any] | None:
    """The proposed place; None where it cannot be opened any more."""
    return _opened(vault, row.county_id, row.elder_id, wrapped, PROPOSALS, "place", row.id, row.place)


def _opened(
    vault: Vault, county_id: int, elder_id: uuid.UUID, wrapped: bytes | None, table: str, column: str,
    row_id: uuid.UUID, sealed: bytes,
) -> dict[str, Any] | None:  # fmt: skip
    try:
        clear = vault.elder_key(county_id, elder_id, wrapped).open_bytes(table, column, row_id, sealed)
    except VaultError:
        return None
    opened: dict[str, Any] = json.loads(clear)
    return opened


def _base() -> Any:
    return (
        sa.select(HomeProposal, HomeDecision, Elder, Region)
        .join(Elder, sa.and_(Elder.county_id == HomeProposal.county_id, Elder.id == HomeProposal.elder_id))
        .join(Region, Region.id == Elder.region_id)
        .outerjoin(
            HomeDecision,
            sa.and_(
                HomeDecision.county_id == HomeProposal.county_id, HomeDecision.proposal_id == HomeProposal.id
            ),
        )
    )  # fmt: skip


def _shown(session: Session, rows: Sequence[sa.Row[Any]], vault: Vault) -> list[dict[str, Any]]:
    opened = [(row, place_of(vault, row.HomeProposal, row.Elder.data_key)) for row in rows]
    visits = _visits(session, [uuid.UUID(r[0]) for _, place in opened if place for r in place["readings"]])
    names = names_of(session, [row.HomeDecision.by for row in rows if row.HomeDecision is not None])
    return [_one(row, place, visits, names, vault) for row, place in opened if place is not None]


def _one(
    row: sa.Row[Any], place: dict[str, Any], visits: Mapping[uuid.UUID, sa.Row[Any]], names: Mapping[uuid.UUID, str],
    vault: Vault,
) -> dict[str, Any]:  # fmt: skip
    proposed, decided, elder, region = row
    readings = []
    for visit_id, lat, lon, accuracy in place["readings"]:
        visit = visits.get(uuid.UUID(visit_id))
        if visit is not None:
            by = {"id": visit.visitor_id, "name": visit.name}
            readings.append({
                "visit_id": visit.id, "visitor": by, "at": visit.start, "lat": lat, "lon": lon, "accuracy_m": accuracy,
            })  # fmt: skip
    readings.sort(key=lambda reading: reading["at"])
    decision = None
    registered = None if elder.lat is None else [elder.lat, elder.lon]
    if decided is not None:
        told = _opened(
            vault, decided.county_id, elder.id, elder.data_key, DECISIONS, "told", decided.id, decided.told
        ) or {}  # fmt: skip
        registered = told.get("before")  # as it stood then
        decision = {
            "decision": decided.decision, "by": {"id": decided.by, "name": names.get(decided.by, "—")},
            "at": decided.at, "reason": told.get("reason", ""), "callback_id": decided.callback_id,
            "after": _point(told.get("after")),
        }  # fmt: skip
    here = (place["lat"], place["lon"])
    away = distance_m(here, tuple(registered)) if registered else math.inf
    there = {"code": code_text(region.code or 0), "name": region.name, "level": region.level}
    return {
        "id": proposed.id, "state": proposed.state, "several": proposed.several, "found_at": proposed.found_at,
        "elder": {"id": elder.id, "name": elder.name, "short_no": elder.short_no, "region": there},
        "registered": _point(registered), "proposed": _point(here), "spread_m": place["spread_m"],
        "distance_m": None if math.isinf(away) else round(away), "days": proposed.days,
        "visitors": list({r["visitor"]["id"]: r["visitor"] for r in readings}.values()), "readings": readings,
        "decision": decision,
    }  # fmt: skip


def _point(point: Sequence[float] | None) -> dict[str, float] | None:
    return None if point is None else {"lat": point[0], "lon": point[1]}


def _visits(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, sa.Row[Any]]:
    if not ids:
        return {}
    found = session.execute(
        sa.select(Visit.id, Visit.start, Visit.visitor_id, User.name)
        .join(User, User.id == Visit.visitor_id)
        .where(Visit.id.in_(ids))
    )
    return {row.id: row for row in found}
