"""Reading alerts: the lists of directors and visitors, one alert with its story, and a phone's own."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.alerts.model import Alert, AlertEvent
from server.auth.reach import Reach
from server.elders.model import Elder
from server.paging import Page, PageArgs
from server.pairings.model import Pairing
from server.pairings.queries import region_wire
from server.people.model import User
from server.regions.model import Region
from server.visits.model import Visit

STATES = ("open", "acknowledged", "resolved")
# That a visit is doubted is its visitor's and the directors' affair, not that of others who visit the same elder.
OWN_ONLY = frozenset({"doubtful_visit"})


def within(reach: Reach, counties: frozenset[int], now: dt.datetime) -> sa.ColumnElement[bool]:
    """The alerts that a reach holds: those of its regions; for visitors those of elders tied to them now, and those of
    their own visits and calls."""
    held = sa.and_(Alert.region_id == Region.id, reach.within(Region.code, Alert.county_id))
    if not reach.own:
        return held
    mine = sa.and_(Alert.county_id.in_(sorted(counties)), own(reach.user_id, now))
    return sa.or_(held, mine)


def own(user_id: uuid.UUID, now: dt.datetime) -> sa.ColumnElement[bool]:
    """Alerts of elders tied to this person now, of visits they made, and calls of their own."""
    tied = sa.select(Pairing.elder_id).where(
        Pairing.user_id == user_id, Pairing.county_id == Alert.county_id, Pairing.role != "family",
        Pairing.starts_at <= now, sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > now),
    )  # fmt: skip
    made = sa.exists().where(
        Visit.county_id == Alert.county_id, Visit.id == Alert.visit_id, Visit.visitor_id == user_id
    )
    theirs = sa.and_(Alert.elder_id.in_(tied), Alert.kind.not_in(OWN_ONLY))
    return sa.or_(theirs, made, Alert.subject == user_id)


def listed(
    session: Session,
    held: sa.ColumnElement[bool],
    page: PageArgs,
    *,
    codes: tuple[int, int] | None = None,
    state: str | None = None,
    kind: str | None = None,
) -> Page[dict[str, Any]]:
    """Newest first. `held`: from `within`; `codes`: only of regions from, to."""
    query = _shown().where(held)
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    if state is not None:
        query = query.where(Alert.state == state)
    if kind is not None:
        query = query.where(Alert.kind == kind)
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        query = query.where(
            sa.or_(Alert.opened_at < after[0], sa.and_(Alert.opened_at == after[0], Alert.id < after[1]))
        )
    rows = session.execute(query.order_by(Alert.opened_at.desc(), Alert.id.desc()).limit(page.limit + 1)).all()
    return page.cut(rows, lambda row: (row.Alert.opened_at, row.Alert.id)).map(_wire)


def changed_since(
    session: Session, held: sa.ColumnElement[bool], counties: frozenset[int], since: dt.datetime, *, limit: int = 200
) -> list[dict[str, Any]]:
    """Alerts to which something happened at or after `since`, as they stand now; oldest first. Found by the ids of
    their events, which begin with the time."""
    first = uuid.UUID(int=int(since.timestamp() * 1000) << 80)
    touched = sa.select(AlertEvent.alert_id).where(AlertEvent.county_id == Alert.county_id, AlertEvent.id >= first)
    rows = session.execute(
        _shown()
        .where(Alert.county_id.in_(sorted(counties)), Alert.id.in_(touched), held)
        .order_by(Alert.opened_at, Alert.id)
        .limit(limit)
    )
    return [_wire(row) for row in rows]


def one(session: Session, held: sa.ColumnElement[bool], alert_id: uuid.UUID) -> dict[str, Any] | None:
    """One alert as the list shows it, if it is held."""
    row = session.execute(_shown().where(Alert.id == alert_id, held)).first()
    return _wire(row) if row is not None else None


def story(session: Session, county_id: int, alert_id: uuid.UUID) -> list[dict[str, Any]]:
    """What happened to an alert, in order: kind, at, by, details (`to`: who was told)."""
    found = session.execute(
        sa.select(AlertEvent, User.name)
        .outerjoin(User, User.id == AlertEvent.by)
        .where(AlertEvent.county_id == county_id, AlertEvent.alert_id == alert_id)
    )
    order = {kind: n for n, kind in enumerate(("opened", "climbed", "told", "acknowledged", "resolved"))}
    in_order = sorted(found, key=lambda row: (row[0].at, order.get(row[0].kind, 9), row[0].id))
    return [
        {
            "at": event.at, "kind": event.kind, "details": event.details,
            "by": {"id": event.by, "name": name} if event.by is not None else None,
        }
        for event, name in in_order
    ]  # fmt: skip


def by_ids(session: Session, county_id: int, alert_ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """These alerts in the list's shape, without asking whose they are: for feeds that asked already."""
    rows = session.execute(_shown().where(Alert.county_id == county_id, Alert.id.in_(alert_ids)).order_by(Alert.id))
    return [_wire(row) for row in rows]


def _shown() -> Any:
    taker, ender = aliased(User), aliased(User)
    return (
        sa.select(
            Alert, Elder.name.label("elder_name"), Region.code, Region.name, Region.level,
            taker.name.label("taker_name"), ender.name.label("ender_name"),
        )
        .outerjoin(Elder, sa.and_(Elder.county_id == Alert.county_id, Elder.id == Alert.elder_id))
        .outerjoin(Region, Region.id == Alert.region_id)
        .outerjoin(taker, taker.id == Alert.acknowledged_by)
        .outerjoin(ender, ender.id == Alert.resolved_by)
        .execution_options(populate_existing=True)
    )  # fmt: skip


def _wire(row: sa.Row[Any]) -> dict[str, Any]:
    alert: Alert = row.Alert
    region = region_wire(row)
    taken = alert.acknowledged_by
    by = {"id": alert.resolved_by, "name": row.ender_name} if alert.resolved_by is not None else None
    ended = {"by": by, "at": alert.resolved_at, "result": alert.result} if alert.state == "resolved" else None
    return {
        "id": alert.id,
        "kind": alert.kind,
        "elder": {"id": alert.elder_id, "name": row.elder_name, "region": region} if alert.elder_id else None,
        "region": region,
        "visit_id": alert.visit_id,
        "period": alert.period,
        "state": alert.state,
        "step": alert.step,
        "opened_at": alert.opened_at,
        "due_at": alert.due_at,
        "acknowledged_by": {"id": taken, "name": row.taker_name} if taken is not None else None,
        "acknowledged_at": alert.acknowledged_at,
        "resolved": ended,
        "version": alert.version,
        "county_id": alert.county_id,
    }
