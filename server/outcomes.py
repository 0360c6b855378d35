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
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import standing
from server.absences.model import Absence
from server.alerts import service as alerts
from server.clock import zone
from server.database import UtcDateTime
from server.duties import service as duties
from server.duties.model import Duty
from server.duties.service import DutyRow, Key
from server.elders.model import ElderCard
from server.policies import queries as policies
from server.prepared import Prepared, among
from server.standing import Standing
from server.timebank import service as timebank
from server.visits.model import Visit
from shared.protocol.visit import WHEREABOUTS
from shared.rules.duty import VisitFact, judge_duty, qualifies
from shared.rules.months import Month, Period, Week, is_due, is_due_week, local_date, month_of
from shared.rules.policy import VisitPolicy

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Away:
    starts_on: dt.date
    ends_on: dt.date | None

    def touches(self, period: Period) -> bool:
        return self.starts_on <= period.end and (self.ends_on is None or self.ends_on >= period.start)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as the consequences need it."""

    fact: VisitFact
    elder_id: uuid.UUID
    visitor_id: uuid.UUID
    counts: bool


@dataclass(frozen=True, slots=True)
class Settling:
    """A stored visit whose consequences are to be drawn."""

    id: uuid.UUID
    elder_id: uuid.UUID | None
    visitor_id: uuid.UUID
    region_id: int | None
    start: dt.datetime
    channel: str
    outcome: str
    reason: str | None
    urgent: str | None
    assurance: str
    decision: str | None
    counts: bool


def settle_visits(session: Session, county_id: int, visit_ids: Collection[uuid.UUID], *, now: dt.datetime) -> None:
    """Draw the consequences of visits that were decided about (a review, a judgement revised): duties, figures, cards,
    credits, alerts. A constant number of queries, however many visits."""
    if not visit_ids:
        return
    session.flush()
    columns = [getattr(Visit, name) for name in Settling.__slots__]
    found = session.execute(sa.select(*columns).where(Visit.county_id == county_id, Visit.id.in_(list(visit_ids))))
    visits = [Settling(*row) for row in found]
    elders = standing.locked(session, county_id, {v.elder_id for v in visits if v.elder_id is not None})
    settle_new(session, county_id, visits, elders, now=now)


def settle_new(
    session: Session, county_id: int, visits: Sequence[Settling], elders: Mapping[uuid.UUID, Standing], *,
    now: dt.datetime,
) -> None:  # fmt: skip
    """The same for visits that were stored just now, by whoever locked their `elders`."""
    tz = zone()
    months = {month for v in visits for month in months_touched(local_date(v.start, tz))}
    concerned = {v.elder_id: elders[v.elder_id] for v in visits if v.elder_id is not None and v.elder_id in elders}
    moved = _refresh(session, county_id, concerned, months, now=now)
    pairs = moved | {(v.visitor_id, month_of(v.start, tz)) for v in visits if v.counts}
    if pairs:
        timebank.settle(session, county_id, pairs, now=now)
    _raise_alerts(session, county_id, visits, elders, now=now)


def months_touched(day: dt.date) -> set[Month]:
    """The months whose duties a visit of `day` may meet: the day's own, and that of its week's Thursday."""
    return {Month.of(day), Week.of(day).month}


def refresh(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], months: Collection[Month], *, now: dt.datetime
) -> set[tuple[uuid.UUID, Month]]:
    """Work the duties of these elders in these months out again, make those that are owed and lack a row, and keep
    village counts, cards and `visits.counts` true. → (visitor, month) pairs whose counting visits changed.

    Periods that have not begun get no row. A constant number of queries.
    """
    if not elder_ids or not months:
        return set()
    elders = standing.locked(session, county_id, elder_ids)
    return _refresh(session, county_id, elders, months, now=now)


def _refresh(
    session: Session, county_id: int, elders: Mapping[uuid.UUID, Standing], months: Collection[Month], *,
    now: dt.datetime,
) -> set[tuple[uuid.UUID, Month]]:  # fmt: skip
    if not elders or not months:
        return set()
    tz = zone()
    today = local_date(now, tz)
    before = duties.existing(session, county_id, elders, months)
    visits = _visits(session, county_id, elders, months, tz)
    absences = _absences(session, county_id, [e.id for e in elders.values() if e.absent])

    after: list[DutyRow] = []
    for elder in elders.values():
        policy = elder.policy
        facts = [v.fact for v in visits.get(elder.id, ())]
        for period in _owed(elder, policy, months, today, before):
            absent = any(a.touches(period) for a in absences.get(elder.id, ()))
            left = elder.left_on is not None and elder.left_on <= period.end
            state = judge_duty(period, facts, policy, absent, left)
            after.append(DutyRow.judged(elder.id, period, elder.region_id, policy, state))
    flipped: dict[uuid.UUID, bool] = {}
    moved: set[tuple[uuid.UUID, Month]] = set()
    for elder_id, rows in visits.items():
        policy = elders[elder_id].policy
        for row in rows:
            if (counts := qualifies(row.fact, policy)) != row.counts:
                flipped[row.fact.id] = counts
                moved.add((row.visitor_id, Month.of(row.fact.local_date)))
    changed = duties.write(session, county_id, before, after)
    _store_counts(session, county_id, flipped)
    _renew_cards(session, county_id, elders, visits, changed)
    _end_alerts(session, county_id, before, after, now=now)
    return moved


# Every visit's way in runs these.
_V, _B, _CARDS = (cast(sa.Table, c.__table__) for c in (Visit, Absence, ElderCard))
_COUNTY = sa.bindparam("county", type_=sa.Integer())
_VISITS = Prepared(sa.select(
    _V.c.id, _V.c.start, _V.c.channel, _V.c.outcome, _V.c.assurance, _V.c.decision, _V.c.late, _V.c.spoken_to,
    _V.c.elder_id, _V.c.visitor_id, _V.c.counts,
).where(
    _V.c.county_id == _COUNTY, among(_V.c.elder_id, "ids"), _V.c.start >= sa.bindparam("first", type_=UtcDateTime()),
    _V.c.start < sa.bindparam("end", type_=UtcDateTime()),
))  # fmt: skip
_ABSENCES = Prepared(sa.select(_B.c.elder_id, _B.c.starts_on, _B.c.ends_on).where(
    _B.c.county_id == _COUNTY, among(_B.c.elder_id, "ids"), _B.c.approved_at.is_not(None),
    _B.c.withdrawn_at.is_(None),
))  # fmt: skip


def _visits(
    session: Session, county_id: int, elder_ids: Iterable[uuid.UUID], months: Collection[Month], tz: dt.tzinfo
) -> Mapping[uuid.UUID, Sequence[VisitRow]]:
    """Every visit of these elders that can count in these months (a week reaches over a month's edge)."""
    window = {"first": min(months).starts(tz) - WEEK, "end": max(months).ends(tz) + WEEK}
    found = _VISITS.rows(session, {"county": county_id, "ids": list(elder_ids), **window})
    rows: dict[uuid.UUID, list[VisitRow]] = defaultdict(list)
    for v in found:
        fact = VisitFact(
            v.id, v.start, local_date(v.start, tz), v.channel, v.outcome, v.assurance, v.decision, not v.late,
            v.spoken_to,
        )  # fmt: skip
        rows[v.elder_id].append(VisitRow(fact, v.elder_id, v.visitor_id, v.counts))
    return rows


def _absences(session: Session, county_id: int, elder_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[Away]]:
    """Approved absences: only a director's word makes an elder `away`."""
    if not elder_ids:
        return {}
    found = _ABSENCES.rows(session, {"county": county_id, "ids": list(elder_ids)})
    rows: dict[uuid.UUID, list[Away]] = defaultdict(list)
    for elder_id, starts_on, ends_on in found:
        rows[elder_id].append(Away(starts_on, ends_on))
    return rows


def _owed(
    elder: Standing, policy: VisitPolicy, months: Iterable[Month], today: dt.date, before: Mapping[Key, DutyRow]
) -> list[Period]:
    """The periods, begun by `today`, that this elder is owed a visit in, and those that already have a row."""
    periods = {row.period for row in before.values() if row.elder_id == elder.id}
    for month in months:
        if month.first <= today and is_due(elder.registered_on, elder.left_on, month):
            periods.add(Period.of(month))
        if policy.per_week:
            periods |= {
                Period.of(week)
                for week in month.weeks()
                if week.first <= today and is_due_week(elder.registered_on, elder.left_on, week)
            }
    return sorted(periods)


def _store_counts(session: Session, county_id: int, flipped: Mapping[uuid.UUID, bool]) -> None:
    for counts in (True, False):
        ids = [visit_id for visit_id, value in flipped.items() if value is counts]
        if ids:
            session.execute(
                sa.update(Visit).where(Visit.county_id == county_id, Visit.id.in_(ids)).values(counts=counts)
            )


_RENEW = Prepared(
    sa.update(_CARDS)
    .where(_CARDS.c.county_id == sa.bindparam("b_county"), _CARDS.c.elder_id == sa.bindparam("b_elder"))
    .values(
        version=_CARDS.c.version + 1,
        last_visit_id=sa.bindparam("last_visit_id"),
        last_visit_at=sa.bindparam("last_visit_at"),
        last_outcome=sa.bindparam("last_outcome"),
    )
)


def _renew_cards(
    session: Session, county_id: int, elders: Mapping[uuid.UUID, Standing],
    visits: Mapping[uuid.UUID, Sequence[VisitRow]], changed: Collection[uuid.UUID],
) -> None:  # fmt: skip
    """Bring the cards' last visit up to date and let phones know that something changed."""
    renewed = []
    for elder in elders.values():
        newest = (elder.last_visit_at, elder.last_visit_id, elder.last_outcome)
        for row in visits.get(elder.id, ()):
            if newest[0] is None or (row.fact.start, row.fact.id) > newest[:2]:
                newest = (row.fact.start, row.fact.id, row.fact.outcome)
        if elder.id in changed or newest[1] != elder.last_visit_id:
            renewed.append({
                "b_county": county_id, "b_elder": elder.id, "last_visit_at": newest[0], "last_visit_id": newest[1],
                "last_outcome": newest[2],
            })  # fmt: skip
    if renewed:
        _RENEW.run(session, renewed)


def _end_alerts(
    session: Session, county_id: int, before: Mapping[Key, DutyRow], after: Sequence[DutyRow], *, now: dt.datetime
) -> None:
    """A duty that is met (or no longer owed) ends its own alerts."""
    keys = []
    for row in after:
        old = before.get(row.key)
        if row.state not in ("missing", "refused") and old is not None and old.state != row.state:
            keys += [(kind, row.elder_id, str(row.period)) for kind in ("missing", "due_soon")]
    if keys:
        alerts.resolve_by_visit(session, county_id, keys, visit_ids=(), now=now)


def _raise_alerts(
    session: Session, county_id: int, visits: Sequence[Settling], elders: Mapping[uuid.UUID, Standing], *,
    now: dt.datetime,
) -> None:  # fmt: skip
    """What a visit itself calls for: danger, nobody at the door, a doubt to look at."""
    wanted: list[alerts.Wanted] = []
    answered: list[tuple[uuid.UUID, dt.datetime]] = []
    decided: list[tuple[str, uuid.UUID, str]] = []
    for v in visits:
        kinds = []
        if v.decision is not None:
            decided.append(("doubtful_visit", v.elder_id or v.id, str(v.id)))
        if v.decision == "reject":
            continue
        if v.urgent is not None:
            kinds.append("urgent")
        if v.assurance == "doubtful" and v.decision is None:
            kinds.append("doubtful_visit")
        if v.elder_id is not None and v.channel == "home" and v.outcome == "not_home" and v.reason not in WHEREABOUTS:
            kinds.append("no_answer")
        if v.elder_id is not None and (v.outcome == "met" or v.reason in WHEREABOUTS):
            answered.append((v.elder_id, v.start))
        wanted += [
            alerts.Wanted(county_id, kind, v.elder_id or v.id, str(v.id), v.elder_id, v.id, v.region_id)
            for kind in kinds
        ]
    if wanted:
        alerts.raise_alerts(session, wanted, now=now)
    waiting = {v.elder_id for v in visits if "no_answer" in {w.kind for w in wanted if w.visit_id == v.id}}
    answered = [(e, at) for e, at in answered if e in waiting or (e in elders and elders[e].unanswered)]
    if answered:
        alerts.end_no_answer(session, county_id, answered, now=now)
    if decided:
        alerts.resolve_by_visit(session, county_id, decided, visit_ids=(), now=now)


def doubt_visits(session: Session, county_id: int, visit_ids: Collection[uuid.UUID], *, now: dt.datetime) -> None:
    """Something other than the visit itself speaks against it (a call-back): a director looks at it. It keeps what it
    is worth until one decides."""
    rows = session.execute(
        sa.select(Visit.id, Visit.elder_id, Visit.region_id).where(
            Visit.county_id == county_id, Visit.id.in_(list(visit_ids)), Visit.decision.is_(None)
        )
    )
    wanted = [
        alerts.Wanted(county_id, "doubtful_visit", elder_id or visit_id, str(visit_id), elder_id, visit_id, region_id)
        for visit_id, elder_id, region_id in rows
    ]
    if wanted:
        alerts.raise_alerts(session, wanted, now=now)


# --- what happens to elders, and what the calendar brings -------------------------------------------------------------


def settle_elders(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], *, now: dt.datetime,
    months: Collection[Month] | None = None,
) -> None:  # fmt: skip
    """Something about these elders changed (registered, moved, died, away, another policy): their duties of the months
    that are still open follow. `months`: which; by default every month not yet past its deadline."""
    tz = zone()
    current = month_of(now, tz)
    if months is None:
        months = [current] if now >= current.previous().deadline(tz) else [current.previous(), current]
    moved = refresh(session, county_id, elder_ids, months, now=now)
    if moved:
        timebank.settle(session, county_id, moved, now=now)


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
        wanted = [
            alerts.Wanted(
                county_id, "missing", row.elder_id, str(Period(row.kind, row.starts_on, row.ends_on)), row.elder_id,
                None, row.region_id,
            )
            for row in overdue[start : start + 1000]
        ]  # fmt: skip
        raised += len(alerts.raise_alerts(session, wanted, now=now))
    return raised
