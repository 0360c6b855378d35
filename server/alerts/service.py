"""Raising, climbing and ending alerts. One of a kind per elder and period, however often the scheduler runs.

`raise_alerts`, `resolve_by_visit`, `end_no_answer` and `climb` are composed into other transactions and never commit;
each is a constant number of queries, however many alerts.
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

from server.alerts import circles
from server.alerts.circles import Circles, Place
from server.alerts.ladder import CLIMBS_WHEN_ACKNOWLEDGED, Step, ladder, next_due
from server.alerts.model import Alert, AlertEvent
from server.database import insert_into
from server.elders.model import Elder
from server.notify import service as notify
from server.notify.service import Outgoing
from server.policies import queries as policies
from server.prepared import Later, Prepared, Trip, among, trip
from server.regions.model import County
from server.visits.model import Visit
from shared.ids import uuid7
from shared.rules.months import parse_period

COUNTED_FROM_THE_VISIT = frozenset({"no_answer", "urgent"})
# A later visit ended it and was then rejected: it is missing again. What a person resolved stays resolved.
COMES_BACK = frozenset({"missing"})
BY_VISIT = "visit"
_CHUNK = 500

_EVENTS = cast(sa.Table, AlertEvent.__table__)

_ALERTS = cast(sa.Table, Alert.__table__)
# Every visit that met somebody asks this.
_STANDING = Prepared(
    sa.select(_ALERTS.c.id, _ALERTS.c.kind, _ALERTS.c.subject, _ALERTS.c.period, _ALERTS.c.since)
    .where(
        _ALERTS.c.county_id == sa.bindparam("county"), _ALERTS.c.state != "resolved",
        among(_ALERTS.c.kind, "kinds"), among(_ALERTS.c.subject, "subjects"),
    )
    .order_by(_ALERTS.c.id)
    .with_for_update()
)  # fmt: skip

_EVER = Prepared(sa.select(
    _ALERTS.c.kind, _ALERTS.c.subject, _ALERTS.c.period, _ALERTS.c.state, _ALERTS.c.resolved_by
).where(
    _ALERTS.c.county_id == sa.bindparam("county"), among(_ALERTS.c.kind, "kinds"),
    among(_ALERTS.c.subject, "subjects"),
))  # fmt: skip

Key = tuple[str, uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An alert that should be there. `subject`: the elder's id, or the visit's or caller's where no elder is known.
    `period`: "2026-11", "2026-W47", or the id of the visit or call.

    `since`: what the ladder counts from; for `no_answer` and `urgent` with a visit it is the visit's trusted start,
    else by default now. `due_at` overrides when the first step up is taken (other than for those two). `id`: given by
    the client that makes it; `by`: who opened it; `said`: what they said with it, sealed (said.py).
    """

    county_id: int
    kind: str
    subject: uuid.UUID
    period: str
    elder_id: uuid.UUID | None = None
    visit_id: uuid.UUID | None = None
    region_id: int | None = None
    due_at: dt.datetime | None = None
    since: dt.datetime | None = None
    id: uuid.UUID | None = None
    by: uuid.UUID | None = None
    said: bytes | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.subject, self.period


@dataclass(frozen=True, slots=True)
class _Firing:
    """A step of one alert whose time has come."""

    alert_id: uuid.UUID
    kind: str
    place: Place
    step: int
    tell: frozenset[str]
    opened_at: dt.datetime


def raise_alerts(session: Session, wanted: Sequence[Wanted], *, now: dt.datetime) -> list[uuid.UUID]:
    """Open those that are not there yet in any state, tell the people of the first step, and of every step whose time
    has passed already (a phone was offline for hours). → ids of those opened."""
    by_county: dict[int, list[Wanted]] = defaultdict(list)
    for one in wanted:
        by_county[one.county_id].append(one)
    opened: list[uuid.UUID] = []
    for county_id, some in sorted(by_county.items()):
        for start in range(0, len(some), _CHUNK):
            opened += _raise_some(session, county_id, some[start : start + _CHUNK], now)
    return opened


def _raise_some(session: Session, county_id: int, wanted: Sequence[Wanted], now: dt.datetime) -> list[uuid.UUID]:
    known = _known(session, county_id, wanted)
    wanted = [w for w in wanted if w.key not in known]
    if not wanted:
        return []
    settings = county_settings(session, county_id)
    starts = _starts(session, county_id, wanted)
    focused = _focused(session, county_id, [w for w in wanted if w.kind == "no_answer"])
    rows: dict[Key, dict[str, Any]] = {}
    fired: dict[Key, list[tuple[int, Step]]] = {}
    for w in sorted(wanted, key=lambda w: (w.kind, w.subject, w.period)):
        if w.key in rows:
            continue
        steps = ladder(w.kind, settings, focused=w.elder_id in focused)
        since = w.since or (starts.get(w.visit_id) if w.visit_id else None) or now
        step, due_at = 0, next_due(steps, 0, since)
        if w.due_at is not None and w.kind not in COUNTED_FROM_THE_VISIT:
            due_at = w.due_at
        fired[w.key] = [(0, steps[0])]
        while due_at is not None and due_at <= now and step + 1 < len(steps):
            step += 1
            fired[w.key].append((step, steps[step]))
            due_at = next_due(steps, step, since)
        rows[w.key] = {
            "county_id": county_id, "id": w.id or uuid7(now), "kind": w.kind, "subject": w.subject,
            "elder_id": w.elder_id, "visit_id": w.visit_id, "region_id": w.region_id, "period": w.period,
            "state": "open", "step": step, "opened_at": now, "since": since,
            "due_at": due_at if step + 1 < len(steps) else None, "version": 1, "said": w.said,
        }  # fmt: skip
    insert = insert_into(session, Alert).values(list(rows.values()))
    made: dict[Key, uuid.UUID] = {
        (row.kind, row.subject, row.period): row.id
        for row in session.execute(
            insert.on_conflict_do_update(
                index_elements=["county_id", "kind", "subject", "period"],
                set_={
                    "state": "open", "step": insert.excluded.step, "opened_at": insert.excluded.opened_at,
                    "since": insert.excluded.since, "due_at": insert.excluded.due_at, "acknowledged_by": None,
                    "acknowledged_at": None, "resolved_at": None, "result": None, "version": Alert.version + 1,
                },
                where=sa.and_(
                    Alert.state == "resolved", Alert.resolved_by.is_(None), Alert.kind.in_(COMES_BACK)
                ),
            ).returning(Alert.id, Alert.kind, Alert.subject, Alert.period)
        )
    }  # fmt: skip
    if not made:
        return []
    by = {w.key: w.by for w in wanted}
    record(session, county_id, [(made[key], "opened", by.get(key), None) for key in sorted(made)], now=now)
    codes = circles.codes(session, {row["region_id"] for row in rows.values() if row["region_id"] is not None})
    _fire(
        session,
        county_id,
        [
            _Firing(
                alert_id, key[0], Place(rows[key]["elder_id"], codes.get(rows[key]["region_id"])), n, step.tell, now
            )
            for key, alert_id in sorted(made.items())
            for n, step in fired[key]
        ],
        now,
    )  # fmt: skip
    return list(made.values())


def climb(session: Session, now: dt.datetime, *, kinds: Collection[str] | None = None) -> int:
    """Take every step whose time has come, in every county. → alerts that climbed. Twice changes nothing. Never
    commits. Alerts that somebody is acting on at this moment are left for the next run."""
    due = [
        Alert.due_at <= now,
        Alert.state != "resolved",
        sa.or_(Alert.state == "open", Alert.kind.in_(CLIMBS_WHEN_ACKNOWLEDGED)),
    ]
    if kinds is not None:
        due.append(Alert.kind.in_(sorted(kinds)))
    climbed = 0
    for county_id in session.scalars(sa.select(Alert.county_id).where(*due).distinct().order_by(Alert.county_id)).all():
        settings = county_settings(session, county_id)
        while some := session.execute(
            sa.select(Alert)
            .where(Alert.county_id == county_id, *due)
            .order_by(Alert.due_at, Alert.id)
            .limit(_CHUNK)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).scalars().all():  # fmt: skip
            climbed += _climb_some(session, county_id, some, settings, now)
    return climbed


def _climb_some(
    session: Session, county_id: int, alerts: Sequence[Alert], settings: Mapping[str, Any], now: dt.datetime
) -> int:
    codes = circles.codes(session, {a.region_id for a in alerts if a.region_id is not None})
    firings: list[_Firing] = []
    for alert in alerts:
        steps = ladder(alert.kind, settings)
        place = Place(alert.elder_id, codes.get(alert.region_id) if alert.region_id is not None else None)
        due_at = alert.due_at
        while due_at is not None and due_at <= now:
            if alert.step + 1 >= len(steps):  # the county shortened its ladder meanwhile
                due_at = None
                break
            alert.step += 1
            firings.append(_Firing(alert.id, alert.kind, place, alert.step, steps[alert.step].tell, alert.opened_at))
            due_at = next_due(steps, alert.step, alert.since)
        alert.due_at = due_at
        alert.version += 1
    session.flush()
    _fire(session, county_id, firings, now)
    return len(alerts)


def _fire(session: Session, county_id: int, firings: Sequence[_Firing], now: dt.datetime) -> None:
    """Tell the people of these steps, each of them once for an alert even where several steps come due together."""
    people = Circles(session, county_id, {f.place for f in firings}, now)
    events: list[tuple[uuid.UUID, str, uuid.UUID | None, dict[str, Any] | None]] = []
    messages: list[Outgoing] = []
    told: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for firing in firings:
        to = [u for u in people.people(firing.place, firing.tell) if (firing.alert_id, u) not in told]
        told.update((firing.alert_id, u) for u in to)
        if firing.step:
            events.append((firing.alert_id, "climbed", None, {"step": firing.step}))
        if to:
            events.append((firing.alert_id, "told", None, {"step": firing.step, "to": [str(u) for u in to]}))
        messages += [
            Outgoing(
                key=f"alert:{firing.alert_id}:{int(firing.opened_at.timestamp())}:{firing.step}:{user_id}",
                to_user_id=user_id,
                code=f"alert_{firing.kind}",
                params={
                    "alert_id": str(firing.alert_id), "step": firing.step,
                    "elder_id": str(firing.place.elder_id) if firing.place.elder_id else None,
                },
            )
            for user_id in to
        ]  # fmt: skip
    record(session, county_id, events, now=now)
    notify.enqueue(session, county_id, messages, now=now)


def resolve_by_visit(
    session: Session,
    county_id: int,
    keys: Sequence[Key],
    *,
    visit_ids: Collection[uuid.UUID],
    now: dt.datetime,
    by: uuid.UUID | None = None,
) -> list[uuid.UUID]:
    """A visit (or what a director decided about it: `by`) put these (kind, subject, period) right. → ids resolved.
    Those that are not there, or resolved already, are passed over. Never commits."""
    session.flush()
    with trip(session) as out:
        standing = asked_standing(out, county_id, keys)
    ids = standing()
    end_by_visit(session, county_id, ids, visit_ids=visit_ids, now=now, by=by)
    return ids


def asked_standing(
    out: Trip, county_id: int, keys: Collection[Key], met: Mapping[uuid.UUID, dt.date] | None = None
) -> Later[list[uuid.UUID]]:
    """The alerts of these (kind, subject, period) that are not resolved: locked. `met`: elders of whom a visit on that
    day qualifies, which also ends `missing` of every period before."""
    wanted, met = set(keys), met or {}
    if not wanted and not met:
        return list
    kinds = sorted({k[0] for k in wanted} | ({"missing"} if met else set()))
    subjects = sorted({k[1] for k in wanted} | met.keys())
    found = out.ask(_STANDING, {"county": county_id, "kinds": kinds, "subjects": subjects})

    def ended(row: Any) -> bool:
        if (row.kind, row.subject, row.period) in wanted:
            return True
        day = met.get(row.subject)
        return row.kind == "missing" and day is not None and parse_period(row.period).end < day

    return lambda: [row.id for row in found.rows() if ended(row)]


def end_by_visit(
    session: Session, county_id: int, ids: Sequence[uuid.UUID], *, visit_ids: Collection[uuid.UUID], now: dt.datetime,
    by: uuid.UUID | None = None,
) -> None:  # fmt: skip
    """These alerts were put right by visits."""
    _end(session, county_id, ids, BY_VISIT, {"visits": sorted(str(v) for v in visit_ids)}, now, by)


def end_no_answer(
    session: Session, county_id: int, answered: Sequence[tuple[uuid.UUID, dt.datetime]], *, now: dt.datetime
) -> list[uuid.UUID]:
    """Somebody met these elders, or learnt where they are, at these times: attempts from before are answered. → ids
    resolved. Never commits."""
    latest: dict[uuid.UUID, dt.datetime] = {}
    for elder_id, at in answered:
        latest[elder_id] = max(at, latest.get(elder_id, at))
    if not latest:
        return []
    session.flush()
    found = _STANDING.rows(session, {"county": county_id, "kinds": ["no_answer"], "subjects": sorted(latest)})
    ids = [row.id for row in found if row.since <= latest[row.subject]]
    _end(session, county_id, ids, BY_VISIT, None, now)
    return ids


def end_periods(
    session: Session, county_id: int, kind: str, *, before: str, result: str, now: dt.datetime
) -> int:
    """Alerts of this kind about months (or weeks) before the given one end: their time is over. → how many. Never
    commits."""
    ids = session.scalars(
        sa.select(Alert.id)
        .where(
            Alert.county_id == county_id, Alert.state != "resolved", Alert.kind == kind, Alert.period < before
        )
        .order_by(Alert.id)
        .with_for_update()
    ).all()  # fmt: skip
    for start in range(0, len(ids), _CHUNK):
        _end(session, county_id, ids[start : start + _CHUNK], result, None, now)
    return len(ids)


def _end(
    session: Session,
    county_id: int,
    ids: Sequence[uuid.UUID],
    result: str,
    details: dict[str, Any] | None,
    now: dt.datetime,
    by: uuid.UUID | None = None,
) -> None:
    if not ids:
        return
    session.execute(
        sa.update(Alert)
        .where(Alert.county_id == county_id, Alert.id.in_(ids))
        .values(
            state="resolved", resolved_at=now, resolved_by=by, result=result, due_at=None, version=Alert.version + 1
        )
        .execution_options(synchronize_session=False)
    )
    record(session, county_id, [(alert_id, "resolved", by, details) for alert_id in ids], now=now)


def record(
    session: Session,
    county_id: int,
    events: Iterable[tuple[uuid.UUID, str, uuid.UUID | None, dict[str, Any] | None]],
    *,
    now: dt.datetime,
) -> None:
    """Keep what happened to alerts: (alert, kind, by whom, details)."""
    rows = [
        {
            "county_id": county_id, "id": uuid7(now), "alert_id": alert_id, "at": now, "kind": kind, "by": by,
            "details": details,
        }
        for alert_id, kind, by, details in events
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(_EVENTS), rows)


def county_settings(session: Session, county_id: int) -> Mapping[str, Any]:
    return session.scalar(sa.select(County.settings).where(County.id == county_id)) or {}


def _known(session: Session, county_id: int, wanted: Sequence[Wanted]) -> set[Key]:
    """Those of these that are there and stay as they are: a scheduler that asks every day writes nothing. What is
    raised by two at once is caught by the key."""
    session.flush()
    kinds, subjects = sorted({w.kind for w in wanted}), [w.subject for w in wanted]
    found = _EVER.rows(session, {"county": county_id, "kinds": kinds, "subjects": subjects})
    return {
        (row.kind, row.subject, row.period)
        for row in found
        if row.state != "resolved" or row.resolved_by is not None or row.kind not in COMES_BACK
    }


def _starts(session: Session, county_id: int, wanted: Sequence[Wanted]) -> dict[uuid.UUID, dt.datetime]:
    """Trusted starts of the visits from which ladders count."""
    ids = {w.visit_id for w in wanted if w.kind in COUNTED_FROM_THE_VISIT and w.since is None and w.visit_id}
    if not ids:
        return {}
    found = session.execute(
        sa.select(Visit.id, Visit.start).where(Visit.county_id == county_id, Visit.id.in_(sorted(ids)))
    )
    return {row.id: row.start for row in found}


def _focused(session: Session, county_id: int, wanted: Sequence[Wanted]) -> set[uuid.UUID | None]:
    """Elders among these who are visited more often, and are missed sooner."""
    ids = {w.elder_id for w in wanted if w.elder_id}
    if not ids:
        return set()
    codes = [p.id for p in policies.current(session, county_id).values() if p.focused]
    return set(
        session.scalars(
            sa.select(Elder.id).where(
                Elder.county_id == county_id, Elder.id.in_(sorted(ids)), Elder.policy_id.in_(codes)
            )
        )
    )
