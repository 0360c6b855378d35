"""The scheduler's work on alerts: climbing ladders, and reminding before a month ends. Composed: never commits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts import service
from server.alerts.model import Alert
from server.alerts.service import Wanted
from server.clock import zone
from server.duties.model import Duty
from server.regions.model import County
from shared.rules.months import Month, month_of

REMIND_BEFORE = dt.timedelta(days=10)  # and again 3 days before: the second step of its ladder
MONTH_OVER = "month_over"
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Reminded:
    opened: int = 0
    again: int = 0
    ended: int = 0


def climb(session: Session, now: dt.datetime) -> int:
    """`climb-alerts`: every step whose time has come. → alerts that climbed."""
    return service.climb(session, now)


def remind(session: Session, now: dt.datetime) -> Reminded:
    """`remind`: ten days before the month ends, tell the visitors of every elder who has not been visited in it; again
    three days before. Reminders of months that are over end. Twice changes nothing."""
    month = month_of(now, zone())
    opened = ended = 0
    for county_id in session.scalars(sa.select(County.id).order_by(County.id)).all():
        ended += service.end_periods(session, county_id, "due_soon", before=str(month), result=MONTH_OVER, now=now)
        opened += _open(session, county_id, month, now)
    return Reminded(opened, service.climb(session, now, kinds={"due_soon"}), ended)


def _open(session: Session, county_id: int, month: Month, now: dt.datetime) -> int:
    since = month.ends(zone()) - REMIND_BEFORE
    if now < since:
        return 0
    known = sa.exists().where(
        Alert.county_id == Duty.county_id, Alert.kind == "due_soon", Alert.subject == Duty.elder_id,
        Alert.period == str(month),
    )  # fmt: skip
    opened = 0
    missing = (
        sa.select(Duty.elder_id, Duty.region_id)
        .where(
            Duty.county_id == county_id, Duty.kind == "month", Duty.month == month.first, Duty.state == "missing",
            ~known,
        )
        .order_by(Duty.elder_id)
        .limit(_CHUNK)
    )  # fmt: skip
    while rows := session.execute(missing).all():
        made = service.raise_alerts(
            session,
            [
                Wanted(county_id, "due_soon", row.elder_id, str(month), row.elder_id, None, row.region_id, since=since)
                for row in rows
            ],
            now=now,
        )
        opened += len(made)
        if not made:
            break
    return opened
