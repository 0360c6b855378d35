"""What follows from a fact: the one place that joins visits, reviews, deaths and policies with duties, credits, alerts.

Nothing is counted up or down on a guess. Whatever happened (a visit came in, a director decided, an elder died, a
policy changed), the duties of the elders concerned are worked out again from all of their visits, and the differences
are written. So the order in which things arrive does not matter, and doing it twice changes nothing. Everything here
is composed into somebody's transaction and never commits.

Locks are taken in one order: elders' cards (by id), village counts (by village), accounts (by member).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import standing
from server.absences.model import Absence
from server.alerts import service as alerts
from server.clock import zone
from server.duties import service as duties
from server.duties.model import Duty
from server.outcomes.drawing import Settling, doubt_visits, draw
from server.outcomes.facts import asked_facts, months_touched
from server.policies import queries as policies
from server.prepared import trip
from server.visits.model import Visit
from shared.rules.months import Month, Period, local_date, month_of

REVISED_MONTHS = 12  # how far back what comes late still makes a revision

__all__ = ["doubt_visits", "flag_missing", "open_periods", "refresh", "settle_elders", "settle_visits"]


def settle_visits(session: Session, county_id: int, visit_ids: Collection[uuid.UUID], *, now: dt.datetime) -> None:
    """Draw the consequences of visits that were decided about (a review, a judgement revised): duties, figures, cards,
    credits, alerts. A constant number of queries, however many visits."""
    if not visit_ids:
        return
    session.flush()
    columns = [getattr(Visit, name) for name in Settling.__slots__]
    found = session.execute(sa.select(*columns).where(Visit.county_id == county_id, Visit.id.in_(list(visit_ids))))
    visits = [Settling(*row) for row in found]
    tz = zone()
    months = {month for v in visits for month in months_touched(local_date(v.start, tz))}
    _settle(session, county_id, {v.elder_id for v in visits if v.elder_id is not None}, months, visits, now=now)


def refresh(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], months: Collection[Month], *, now: dt.datetime
) -> Mapping[uuid.UUID, bool]:
    """Work the duties of these elders in these months out again, make those that are owed and lack a row, and keep
    village counts, cards, `visits.counts` and credits true. → the visits that count now and did not, or the contrary.

    Periods that have not begun get no row. A constant number of queries.
    """
    if not elder_ids or not months:
        return {}
    return _settle(session, county_id, elder_ids, months, (), now=now)


def _settle(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], months: Collection[Month],
    visits: Sequence[Settling], *, now: dt.datetime,
) -> Mapping[uuid.UUID, bool]:  # fmt: skip
    session.flush()
    with trip(session) as out:
        asked_elders = standing.asked(out, county_id, elder_ids)
        facts = asked_facts(out, county_id, elder_ids, months)
    elders = asked_elders()
    drawn = draw(session, county_id, elders, months, facts(), visits=visits, now=now)
    with trip(session) as out:
        drawn.write(out)
    drawn.finish(session)
    return drawn.flipped


# --- what happens to elders, and what the calendar brings -------------------------------------------------------------


def settle_elders(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], *, now: dt.datetime,
    months: Collection[Month] | None = None, since: dt.date | None = None, until: dt.date | None = None,
) -> None:  # fmt: skip
    """Something about these elders changed (registered, moved, died, away, another policy): their duties follow, of
    the months that are still open and, where it was so `since` a day (`until` a day), of those that it touches: a
    closed figure stays, and the next closing revises it. `months`: these instead."""
    tz = zone()
    current = month_of(now, tz)
    if months is None:
        months = {current} if now >= current.previous().deadline(tz) else {current.previous(), current}
        if since is not None:
            months |= _touched(since, until, current)
    refresh(session, county_id, elder_ids, sorted(months), now=now)


def _touched(since: dt.date, until: dt.date | None, current: Month) -> set[Month]:
    """The months up to the running one that these days lie in; not farther back than closed ones are revised."""
    month = current if until is None else min(current, Month.of(until))
    found: set[Month] = set()
    for _ in range(REVISED_MONTHS + 1):
        if month < Month.of(since):
            break
        found.add(month)
        month = month.previous()
    return found


def open_periods(session: Session, county_id: int, *, now: dt.datetime) -> int:
    """Make the duties of the month and the week in which `now` stands. → rows made. Twice changes nothing."""
    tz = zone()
    today = local_date(now, tz)
    known = policies.current(session, county_id)
    made = 0
    for period in duties.periods_open_on(today):
        fresh = duties.open_period(session, county_id, period, known)
        made += fresh
        if fresh:
            early = _already_touched(session, county_id, period, tz)
            for start in range(0, len(early), 1000):
                refresh(session, county_id, early[start : start + 1000], [period.month], now=now)
    return made


def _already_touched(session: Session, county_id: int, period: Period, tz: dt.tzinfo) -> list[uuid.UUID]:
    """Elders with a visit or an approved absence in `period`: their fresh rows do not begin as missing."""
    visited = sa.select(Visit.elder_id).where(
        Visit.county_id == county_id, Visit.elder_id.is_not(None), Visit.start >= period.starts(tz),
        Visit.start < period.ends(tz),
    )  # fmt: skip
    away = sa.select(Absence.elder_id).where(
        Absence.county_id == county_id, Absence.approved_at.is_not(None), Absence.withdrawn_at.is_(None),
        Absence.starts_on <= period.end, sa.or_(Absence.ends_on.is_(None), Absence.ends_on >= period.start),
    )  # fmt: skip
    return list(session.scalars(visited.union(away)))




def flag_missing(session: Session, county_id: int, *, now: dt.datetime) -> int:
    """Raise `missing` for every duty whose period is over without a qualifying visit. → alerts raised.

    Twice changes nothing: one alert of a kind per elder and period. Looks back over the months that can still change.
    Who was visited since is missed no more, although the figures of that period stay what they are.
    """
    tz = zone()
    today = local_date(now, tz)
    first = month_of(now, tz).previous().first
    overdue = session.execute(
        sa.select(Duty.elder_id, Duty.kind, Duty.starts_on, Duty.ends_on, Duty.region_id)
        .where(
            Duty.county_id == county_id, Duty.state == "missing", Duty.month >= first, Duty.ends_on < today,
        )
        .order_by(Duty.elder_id)
    ).all()  # fmt: skip
    raised = 0
    for start in range(0, len(overdue), 1000):
        some = overdue[start : start + 1000]
        seen = _last_counted(session, county_id, {row.elder_id for row in some}, tz)
        wanted = [
            alerts.Wanted(
                county_id, "missing", row.elder_id, str(Period(row.kind, row.starts_on, row.ends_on)), row.elder_id,
                None, row.region_id,
            )
            for row in some
            if row.elder_id not in seen or seen[row.elder_id] <= row.ends_on
        ]  # fmt: skip
        raised += len(alerts.raise_alerts(session, wanted, now=now))
    return raised


def _last_counted(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], tz: dt.tzinfo
) -> dict[uuid.UUID, dt.date]:
    """The day of each elder's newest visit that qualifies."""
    rows = session.execute(
        sa.select(Visit.elder_id, sa.func.max(Visit.start))
        .where(Visit.county_id == county_id, Visit.elder_id.in_(sorted(elder_ids)), Visit.counts)
        .group_by(Visit.elder_id)
    )
    return {elder_id: local_date(start, tz) for elder_id, start in rows if elder_id is not None}
