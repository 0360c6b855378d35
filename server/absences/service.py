"""Asking for an absence, approving it, ending or withdrawing it. Only an approved one makes an elder `away`, and being
away never takes an elder out of the rate's denominator. What follows for duties is `settle`'s, handed in by the edge.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.absences.model import REASONS, Absence
from server.audit import service as audit
from server.auth.reach import Reach
from server.elders import queries as elders
from server.elders.service import Settle
from server.language import Text
from server.problems import problem


def ask(
    session: Session, reach: Reach, elder_id: uuid.UUID, reason: str, starts_on: dt.date, ends_on: dt.date | None, *,
    absence_id: uuid.UUID, now: dt.datetime,
) -> Absence:  # fmt: skip
    """Record that an elder is away from `starts_on` to `ends_on` (last day; None: open). It waits for a director.

    The same id again is the same absence. 404 for an elder out of reach; 422 where the days are the wrong way round.
    """
    elder = elders.find(session, reach, elder_id, now)
    if elder is None:
        raise problem("not_found")
    if reason not in REASONS:
        raise problem("validation", errors={"reason": [Text("没有这个原因", "There is no such reason")]})
    if ends_on is not None and ends_on < starts_on:
        raise problem("validation", errors={"ends_on": [Text("不能早于开始日期", "Not before it begins")]})
    known = session.get(Absence, (elder.county_id, absence_id))
    if known is not None:
        if (known.elder_id, known.reason, known.starts_on) != (elder_id, reason, starts_on):
            raise problem("id_reused")
        session.commit()
        return known
    absence = Absence(
        county_id=elder.county_id, id=absence_id, elder_id=elder_id, reason=reason, starts_on=starts_on,
        ends_on=ends_on, recorded_at=now, recorded_by=reach.user_id,
    )  # fmt: skip
    session.add(absence)
    _note(session, absence, "absence.ask", reach, now)
    session.commit()
    return absence


def approve(
    session: Session, reach: Reach, absence_id: uuid.UUID, *, now: dt.datetime, settle: Settle | None = None
) -> Absence:
    """A director's word: from now on it counts. Approved again, or withdrawn before: nothing changes."""
    absence = _held(session, reach, absence_id, now)
    if absence.approved_at is None and absence.withdrawn_at is None:
        absence.approved_at, absence.approved_by = now, reach.user_id
        _note(session, absence, "absence.approve", reach, now)
        _follow(session, absence, settle, until=absence.ends_on)
    session.commit()
    return absence


def end(
    session: Session, reach: Reach, absence_id: uuid.UUID, ends_on: dt.date, *, now: dt.datetime,
    settle: Settle | None = None,
) -> Absence:  # fmt: skip
    """The elder is back: `ends_on` was the last day away."""
    absence = _held(session, reach, absence_id, now)
    if ends_on < absence.starts_on:
        raise problem("validation", errors={"ends_on": [Text("不能早于开始日期", "Not before it begins")]})
    if absence.ends_on != ends_on:
        before, absence.ends_on = absence.ends_on, ends_on
        _note(session, absence, "absence.end", reach, now)
        _follow(session, absence, settle, until=None if before is None else max(before, ends_on))
    session.commit()
    return absence


def withdraw(
    session: Session, reach: Reach, absence_id: uuid.UUID, *, now: dt.datetime, settle: Settle | None = None
) -> Absence:
    """It was a mistake, or a director says no; it stays on record and counts no more."""
    absence = _held(session, reach, absence_id, now)
    if absence.withdrawn_at is None:
        absence.withdrawn_at = now
        _note(session, absence, "absence.withdraw", reach, now)
        _follow(session, absence, settle, until=absence.ends_on)
    session.commit()
    return absence


def _held(session: Session, reach: Reach, absence_id: uuid.UUID, now: dt.datetime) -> Absence:
    absence = session.scalar(sa.select(Absence).where(Absence.id == absence_id).with_for_update())
    if absence is None or elders.find(session, reach, absence.elder_id, now) is None:
        raise problem("not_found")
    return absence


def _follow(session: Session, absence: Absence, settle: Settle | None, *, until: dt.date | None) -> None:
    """The months that it touches (or touched until now) are worked out again, closed ones for their next revision."""
    session.flush()
    if settle is not None and absence.approved_at is not None:
        settle(session, absence.county_id, [absence.elder_id], since=absence.starts_on, until=until)


def _note(session: Session, absence: Absence, action: str, reach: Reach, now: dt.datetime) -> None:
    audit.record(
        session, action, "absence", absence.id, now=now, actor_id=reach.user_id, county_id=absence.county_id,
        details={"elder_id": str(absence.elder_id), "reason": absence.reason},
    )  # fmt: skip
