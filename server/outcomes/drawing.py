"""Drawing consequences, in three steps: worked out from the facts, written in one trip, then what needs its answers.

`draw` decides what duties, counts, cards and credits should be; `write` says so to the database together with whatever
else its caller writes; `finish` ends and raises alerts and posts the minutes that the credits come to.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts import service as alerts
from server.clock import zone
from server.duties import service as duties
from server.duties.service import Changes, DutyRow, Key
from server.elders.model import ElderCard
from server.outcomes.facts import Facts, VisitRow, absences
from server.prepared import Later, Prepared, Trip, among
from server.standing import Standing
from server.tags.model import Tag
from server.timebank import service as timebank
from server.timebank.credits import Pair, Volunteers
from server.visits.model import Visit
from shared.protocol.values import WHEREABOUTS
from shared.rules.duty import judge_duty, qualifies
from shared.rules.months import Month, Period, is_due, is_due_week, local_date, month_of
from shared.rules.policy import VisitPolicy


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
    flags: Sequence[Mapping[str, Any]]

    @property
    def tag_trouble(self) -> bool:
        return any(flag["code"] in TAG_TROUBLE for flag in self.flags)


@dataclass(slots=True)
class Drawn:
    """What follows, not written yet. `flipped`: visits whose `counts` changes. `ended`: keys of alerts that a duty's
    new state ends. `met`: elders of whom one of these visits qualifies, and its day."""

    county_id: int
    now: dt.datetime
    visits: Sequence[Settling]
    elders: Mapping[uuid.UUID, Standing]
    duties: Changes
    flipped: Mapping[uuid.UUID, bool]
    cards: Sequence[Mapping[str, Any]]
    ended: Sequence[alerts.Key]
    met: Mapping[uuid.UUID, dt.date]
    credits: timebank.Settlement
    _standing: Later[list[uuid.UUID]] = list
    _tagged: Later[set[uuid.UUID]] = set

    def write(self, out: Trip) -> None:
        """Say it to the database."""
        duties.write(out, self.duties)
        for counts in (True, False):
            if ids := [visit_id for visit_id, value in self.flipped.items() if value is counts]:
                out.run(_COUNTING, [{"b_county": self.county_id, "b_counts": counts, "ids": ids}])
        out.run(_RENEW, self.cards)
        self._standing = alerts.asked_standing(out, self.county_id, self.ended, self.met)
        self.credits.ask(out)
        troubled = sorted({v.elder_id for v in self.visits if v.elder_id is not None and v.tag_trouble})
        if troubled:
            tagged = out.ask(_TAGGED, {"county": self.county_id, "elders": troubled})
            self._tagged = lambda: {row.elder_id for row in tagged.rows()}

    def finish(self, session: Session) -> None:
        """What needs to see what was written: alerts, and the minutes."""
        alerts.end_by_visit(session, self.county_id, self._standing(), visit_ids=(), now=self.now)
        self.credits.post(session)
        _raise_alerts(session, self.county_id, self.visits, self.elders, self._tagged(), now=self.now)


# What a visit can say of the tag at the door that somebody should go and look at.
TAG_TROUBLE = frozenset({"tag_missing", "tag_unknown", "tag_revoked", "tag_other"})

_V, _CARDS, _TAGS = (cast(sa.Table, c.__table__) for c in (Visit, ElderCard, Tag))
# Where no tag ever hung none can be missing.
_TAGGED = Prepared(
    sa.select(_TAGS.c.elder_id).where(
        _TAGS.c.county_id == sa.bindparam("county"), among(_TAGS.c.elder_id, "elders"), _TAGS.c.revoked_at.is_(None)
    )
)
_COUNTING = Prepared(
    sa.update(_V)
    .where(_V.c.county_id == sa.bindparam("b_county"), among(_V.c.id, "ids"))
    .values(counts=sa.bindparam("b_counts"))
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


def draw(
    session: Session, county_id: int, elders: Mapping[uuid.UUID, Standing], months: Collection[Month], facts: Facts, *,
    visits: Sequence[Settling] = (), volunteers: Volunteers | None = None, now: dt.datetime,
) -> Drawn:  # fmt: skip
    """Work out what these facts come to for these elders in these months. `visits`: those that happened just now or
    were decided about, which may call for alerts. `volunteers`: what is known already of who earns."""
    tz = zone()
    today = local_date(now, tz)
    away = absences(session, county_id, (e.id for e in elders.values() if e.absent)) if months else {}
    after: list[DutyRow] = []
    for elder in elders.values():
        policy = elder.policy
        known = [v.fact for v in facts.visits.get(elder.id, ())]
        for period in _owed(elder, policy, months, today, facts.duties):
            absent = any(a.touches(period) for a in away.get(elder.id, ()))
            left = elder.left_on is not None and elder.left_on <= period.end
            state = judge_duty(period, known, policy, absent, left)
            after.append(DutyRow.judged(elder.id, period, elder.region_id, policy, state))
    flipped: dict[uuid.UUID, bool] = {}
    met: dict[uuid.UUID, dt.date] = {}
    pairs: set[Pair] = {(v.visitor_id, month_of(v.start, tz)) for v in visits if v.counts}
    for elder_id, rows in facts.visits.items():
        for row in rows if elder_id in elders else ():
            if (counts := qualifies(row.fact, elders[elder_id].policy)) != row.counts:
                flipped[row.fact.id] = counts
                if counts:
                    met[elder_id] = max(row.fact.local_date, met.get(elder_id, row.fact.local_date))
                pairs.add((row.visitor_id, Month.of(row.fact.local_date)))
    for v in visits:
        if v.elder_id is not None and flipped.get(v.id, v.counts):
            day = local_date(v.start, tz)
            met[v.elder_id] = max(day, met.get(v.elder_id, day))
    changes = duties.changes(county_id, facts.duties, after)
    return Drawn(
        county_id, now, visits, elders, changes, flipped,
        _renewed_cards(county_id, elders, facts.visits, changes.elder_ids),
        [*_ended(facts.duties, after), *_mended(visits, tz)],
        met,
        timebank.settlement(session, county_id, pairs, known=volunteers, now=now),
    )  # fmt: skip


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


def _renewed_cards(
    county_id: int, elders: Mapping[uuid.UUID, Standing], visits: Mapping[uuid.UUID, Sequence[VisitRow]],
    changed: Collection[uuid.UUID],
) -> list[Mapping[str, Any]]:  # fmt: skip
    """The cards whose last visit or duty is another now: phones are to know that something changed."""
    renewed: list[Mapping[str, Any]] = []
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
    return renewed


def _ended(before: Mapping[Key, DutyRow], after: Sequence[DutyRow]) -> list[alerts.Key]:
    """A duty that is met (or no longer owed) ends its own alerts."""
    keys: list[alerts.Key] = []
    for row in after:
        old = before.get(row.key)
        if row.state not in ("missing", "refused") and old is not None and old.state != row.state:
            keys += [(kind, row.elder_id, str(row.period)) for kind in ("missing", "due_soon")]
    return keys


def _mended(visits: Sequence[Settling], tz: dt.tzinfo) -> list[alerts.Key]:
    """A tag that was scanned as it should be is no problem any more, nor was it one last month."""
    keys: list[alerts.Key] = []
    for v in visits:
        if v.elder_id is not None and v.channel == "home" and v.outcome == "met" and not v.tag_trouble:
            month = month_of(v.start, tz)
            keys += [("tag_problem", v.elder_id, str(m)) for m in (month.previous(), month)]
    return keys


def _raise_alerts(
    session: Session, county_id: int, visits: Sequence[Settling], elders: Mapping[uuid.UUID, Standing],
    tagged: Collection[uuid.UUID], *, now: dt.datetime,
) -> None:  # fmt: skip
    """What a visit itself calls for: danger, nobody at the door, a doubt to look at, a tag that should be replaced."""
    tz = zone()
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
        if v.elder_id in tagged and v.tag_trouble and v.decision is None:
            assert v.elder_id is not None
            period = str(month_of(v.start, tz))
            wanted.append(
                alerts.Wanted(county_id, "tag_problem", v.elder_id, period, v.elder_id, v.id, v.region_id)
            )
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
