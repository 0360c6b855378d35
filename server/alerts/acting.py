"""What people do about alerts: take one on, end it, call for help. These use cases commit."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts import service
from server.alerts.ladder import CLIMBS_WHEN_ACKNOWLEDGED
from server.alerts.model import Alert
from server.alerts.service import Wanted
from server.audit import service as audit
from server.problems import problem
from server.regions.model import Region


def acknowledge(
    session: Session, held: sa.ColumnElement[bool], alert_id: uuid.UUID, user_id: uuid.UUID, note: str, *,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Take it on: its ladder stops (not while nobody answered the door). Taken on already: it stays with who has it.
    409 `already_resolved`."""
    alert = _held(session, held, alert_id)
    if alert.state == "resolved":
        raise problem("already_resolved")
    if alert.state == "open":
        alert.state, alert.acknowledged_by, alert.acknowledged_at = "acknowledged", user_id, now
        if alert.kind not in CLIMBS_WHEN_ACKNOWLEDGED:
            alert.due_at = None
        alert.version += 1
        _done(session, alert, "acknowledged", user_id, note, now)
    session.commit()


def resolve(
    session: Session, held: sa.ColumnElement[bool], alert_id: uuid.UUID, user_id: uuid.UUID, note: str, *,
    now: dt.datetime,
) -> None:  # fmt: skip
    """End it; `note` says how. The same by the same person again changes nothing; by another: 409
    `already_resolved`."""
    alert = _held(session, held, alert_id)
    if alert.state == "resolved":
        if alert.resolved_by != user_id:
            raise problem("already_resolved")
    else:
        alert.state, alert.resolved_by, alert.resolved_at, alert.result = "resolved", user_id, now, note
        alert.due_at = None
        alert.version += 1
        _done(session, alert, "resolved", user_id, note, now)
    session.commit()


def press_sos(
    session: Session, county_id: int, user_id: uuid.UUID, alert_id: uuid.UUID, elder_id: uuid.UUID | None,
    region_id: int | None, *, said: bytes | None = None, now: dt.datetime,
) -> None:  # fmt: skip
    """Call for help, now. `said`: from `said.seal`."""
    raise_sos(session, county_id, user_id, alert_id, elder_id, region_id, said=said, now=now, at=now)
    session.commit()


def raise_sos(
    session: Session, county_id: int, user_id: uuid.UUID, alert_id: uuid.UUID, elder_id: uuid.UUID | None,
    region_id: int | None, *, said: bytes | None = None, now: dt.datetime, at: dt.datetime,
) -> None:  # fmt: skip
    """A call for help, for an elder or for oneself, made `at` some time (a phone may bring it later). The same id again
    is the same call, another's id 409 `id_reused`. Composed: never commits."""
    subject = elder_id or user_id
    known = session.get(Alert, (county_id, alert_id))
    if known is None:
        call = Wanted(
            county_id, "sos", subject, str(alert_id), elder_id, None, region_id, since=min(at, now), id=alert_id,
            by=user_id, said=said,
        )  # fmt: skip
        service.raise_alerts(session, [call], now=now)
    elif (known.kind, known.subject) != ("sos", subject):
        raise problem("id_reused")


def _held(session: Session, held: sa.ColumnElement[bool], alert_id: uuid.UUID) -> Alert:
    """The alert, if it is held, locked until this transaction ends; else 404."""
    found = session.scalar(
        sa.select(Alert)
        .outerjoin(Region, Region.id == Alert.region_id)
        .where(Alert.id == alert_id, held)
        .with_for_update(of=Alert)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise problem("not_found")
    return found


def _done(session: Session, alert: Alert, what: str, user_id: uuid.UUID, note: str, now: dt.datetime) -> None:
    session.flush()
    service.record(session, alert.county_id, [(alert.id, what, user_id, {"note": note} if note else None)], now=now)
    audit.record(
        session, f"alert.{what}", "alert", alert.id, now=now, actor_id=user_id, county_id=alert.county_id,
        details={"kind": alert.kind},
    )  # fmt: skip
