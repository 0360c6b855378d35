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
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.absences.model import Absence
from server.alerts import service as alerts
from server.clock import zone
from server.duties import service as duties
from server.duties.model import Duty
from server.duties.service import DutyRow, Key
from server.elders.model import Elder, ElderCard
from server.policies import queries as policies
from server.timebank import service as timebank
from server.visits.model import Visit
from shared.protocol.visit import WHEREABOUTS
from shared.rules.duty import VisitFact, judge_duty, qualifies
from shared.rules.months import Month, Period, Week, is_due, is_due_week, local_date, month_of
from shared.rules.policy import UNIVERSAL, VisitPolicy

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ElderFacts:
    """What a duty needs to know of an elder. `left_on`: first day off the register."""

    id: uuid.UUID
    region_id: int
    policy_id: str
    registered_on: dt.date
    left_on: dt.date | None


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


def settle_visits(session: Session, county_id: int, visit_ids: Collection[uuid.UUID], *, now: dt.datetime) -> None:
    """Draw the consequences of visits that are stored or were decided: duties, figures, cards, credits, alerts.

    A constant number of queries, however many visits.
    """
    if not visit_ids:
        return
    tz = zone()
    found = session.execute(
        sa.select(
            Visit.id, Visit.elder_id, Visit.visitor_id, Visit.region_id, Visit.start, Visit.received_at,
            Visit.channel, Visit.outcome, Visit.reason, Visit.urgent, Visit.assurance, Visit.decision, Visit.counts,
        ).where(Visit.county_id == county_id, Visit.id.in_(list(visit_ids)))
    ).all()  # fmt: skip
    elder_ids = {v.elder_id for v in found if v.elder_id is not None}
    months = {month for v in found for month in months_touched(local_date(v.start, tz))}
    moved = refresh(session, county_id, elder_ids, months, now=now)
    pairs = moved | {(v.visitor_id, month_of(v.start, tz)) for v in found if v.counts}
    if pairs:
        timebank.settle(session, county_id, pairs, now=now)
    _raise_alerts(session, county_id, found, now=now)


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
    tz = zone()
    today = local_date(now, tz)
    _lock(session, county_id, elder_ids)
    elders = _elders(session, county_id, elder_ids)
    known = policies.current(session, county_id)
    before = duties.existing(session, county_id, elder_ids, months)
    visits = _visits(session, county_id, elder_ids, months, tz)
    absences = _absences(session, county_id, elder_ids)

    after: list[DutyRow] = []
    for elder in elders:
        policy = known.get(elder.policy_id, UNIVERSAL)
        facts = [v.fact for v in visits.get(elder.id, ())]
        for period in _owed(elder, policy, months, today, before):
            absent = any(a.touches(period) for a in absences.get(elder.id, ()))
            left = elder.left_on is not None and elder.left_on <= period.end
            state = judge_duty(period, facts, policy, absent, left)
            after.append(DutyRow.judged(elder.id, period, elder.region_id, policy, state))
    changed = duties.write(session, county_id, before, after)

    flipped: dict[uuid.UUID, bool] = {}
    moved: set[tuple[uuid.UUID, Month]] = set()
    by_id = {e.id: e for e in elders}
    for elder_id, rows in visits.items():
        policy = known.get(by_id[elder_id].policy_id, UNIVERSAL)
        for row in rows:
            if (counts := qualifies(row.fact, policy)) != row.counts:
                flipped[row.fact.id] = counts
                moved.add((row.visitor_id, Month.of(row.fact.local_date)))
    _store_counts(session, county_id, flipped)
    _renew_cards(session, county_id, visits, changed)
    _end_alerts(session, county_id, before, after, now=now)
    return moved


def _lock(session: Session, county_id: int, elder_ids: Iterable[uuid.UUID]) -> None:
    """One at a time for each elder (PostgreSQL; SQLite has one writer anyway), in order of id."""
    session.execute(
        sa.select(ElderCard.elder_id)
        .where(ElderCard.county_id == county_id, ElderCard.elder_id.in_(sorted(elder_ids)))
        .order_by(ElderCard.elder_id)
        .with_for_update()
    ).all()


def _elders(session: Session, county_id: int, elder_ids: Iterable[uuid.UUID]) -> list[ElderFacts]:
    found = session.execute(
        sa.select(Elder.id, Elder.region_id, Elder.policy_id, Elder.registered_on, Elder.left_on).where(
            Elder.county_id == county_id, Elder.id.in_(list(elder_ids))
        )
    )
    return [ElderFacts(*row) for row in found]


def _visits(
    session: Session, county_id: int, elder_ids: Iterable[uuid.UUID], months: Collection[Month], tz: dt.tzinfo
) -> Mapping[uuid.UUID, Sequence[VisitRow]]:
    """Every visit of these elders that can count in these months (a week reaches over a month's edge)."""
    found = session.execute(
        sa.select(
            Visit.id, Visit.start, Visit.channel, Visit.outcome, Visit.assurance, Visit.decision, Visit.late,
            Visit.spoken_to, Visit.elder_id, Visit.visitor_id, Visit.counts,
        ).where(
            Visit.county_id == county_id, Visit.elder_id.in_(list(elder_ids)),
            Visit.start >= min(months).starts(tz) - WEEK, Visit.start < max(months).ends(tz) + WEEK,
        )
    )  # fmt: skip
    rows: dict[uuid.UUID, list[VisitRow]] = defaultdict(list)
    for v in found:
        fact = VisitFact(
            v.id, v.start, local_date(v.start, tz), v.channel, v.outcome, v.assurance, v.decision, not v.late,
            v.spoken_to,
        )  # fmt: skip
        rows[v.elder_id].append(VisitRow(fact, v.elder_id, v.visitor_id, v.counts))
    return rows


def _absences(session: Session, county_id: int, elder_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[Away]]:
    """Approved absences: only a director's word makes an elder `away`."""
    found = session.execute(
        sa.select(Absence.elder_id, Absence.starts_on, Absence.ends_on).where(
            Absence.county_id == county_id, Absence.elder_id.in_(list(elder_ids)),
            Absence.approved_at.is_not(None), Absence.withdrawn_at.is_(None),
        )
    )  # fmt: skip
    rows: dict[uuid.UUID, list[Away]] = defaultdict(list)
    for elder_id, starts_on, ends_on in found:
        rows[elder_id].append(Away(starts_on, ends_on))
    return rows


def _owed(
    elder: ElderFacts, policy: VisitPolicy, months: Iterable[Month], today: dt.date, before: Mapping[Key, DutyRow]
) -> list[Period]:
    """The periods, begun by `today`, that this elder is owed a visit in, and those that already have a row."""
    periods = {period for elder_id, kind, start in before if elder_id == elder.id
               for period in (before[elder_id, kind, start].period,)}  # fmt: skip
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


_CARDS = cast(sa.Table, ElderCard.__table__)
_RENEW = (
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
    session: Session, county_id: int, visits: Mapping[uuid.UUID, Sequence[VisitRow]], changed: Collection[uuid.UUID]
) -> None:
    """Bring the cards' last visit up to date and let phones know that something changed."""
    wanted = set(visits) | set(changed)
    if not wanted:
        return
    cards = session.execute(
        sa.select(
            ElderCard.elder_id, ElderCard.last_visit_id, ElderCard.last_visit_at, ElderCard.last_outcome
        ).where(ElderCard.county_id == county_id, ElderCard.elder_id.in_(list(wanted)))
    )  # fmt: skip
    renewed = []
    for card in cards:
        newest = (card.last_visit_at, card.last_visit_id, card.last_outcome)
        for row in visits.get(card.elder_id, ()):
            if newest[0] is None or (row.fact.start, row.fact.id) > newest[:2]:
                newest = (row.fact.start, row.fact.id, row.fact.outcome)
        if card.elder_id in changed or newest[1] != card.last_visit_id:
            renewed.append({
                "b_county": county_id, "b_elder": card.elder_id, "last_visit_at": newest[0],
                "last_visit_id": newest[1], "last_outcome": newest[2],
            })  # fmt: skip
    if renewed:
        session.execute(_RENEW, renewed)


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
    session: Session, county_id: int, found: Sequence[Any], *, now: dt.datetime
) -> None:
    """What a visit itself calls for: danger, nobody at the door, a doubt to look at."""
    wanted: list[alerts.Wanted] = []
    answered: list[tuple[uuid.UUID, dt.datetime]] = []
    decided: list[tuple[str, uuid.UUID, str]] = []
    for v in found:
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
    if answered:
        alerts.end_no_answer(session, county_id, answered, now=now)
    if decided:
        alerts.resolve_by_visit(session, county_id, decided, visit_ids=(), now=now)


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
