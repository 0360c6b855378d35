"""What follows from what phones tell: an SOS raises its alert, a call up the ladder is written to the alert it was for,
a course that was finished is put down to whoever finished it.

A phone that was offline cannot know the alert's id, so the subject of an event may also be the visit or the SOS that
raised it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts import said as saying
from server.alerts import service as alerts
from server.alerts.model import Alert, AlertEvent
from server.auth.reach import Actor
from server.courses import service as courses
from server.elders.model import Elder
from server.elders.vault import Vault
from server.pairings import queries as pairings
from server.sync import scope
from server.sync.model import PhoneEvent
from server.visits.model import Visit
from shared.clock import trusted_times
from shared.ids import uuid7
from shared.protocol.event import Event
from shared.protocol.values import COURSE_DONE, LADDER_CALL, SOS

FROM_VISITS = ("no_answer", "urgent")
Subjects = Mapping[uuid.UUID, "Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an event is about, found through whatever its subject is."""

    elder_id: uuid.UUID | None
    region_id: int | None = None
    wrapped: bytes | None = None
    positions: bool = True  # the elder did not refuse that positions are kept
    own: bool = False  # the subject is the sender's own visit or event
    key: tuple[tuple[str, ...], uuid.UUID, str] | None = None  # kinds, subject and period of the alert it raised


def subjects_of(
    session: Session, who: Actor, county_id: int, ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Subject]:
    """What these subjects are: alerts, visits, earlier events or elders of the county. Five queries."""
    if not ids:
        return {}
    wanted = list(ids)
    found: dict[uuid.UUID, tuple[uuid.UUID | None, bool, Any]] = {}
    alert_rows = session.execute(
        sa.select(Alert.id, Alert.elder_id, Alert.kind, Alert.subject, Alert.period).where(
            Alert.county_id == county_id, Alert.id.in_(wanted)
        )
    )
    for row in alert_rows:
        found[row.id] = (row.elder_id, False, ((row.kind,), row.subject, row.period))
    visit_rows = session.execute(
        sa.select(Visit.id, Visit.elder_id, Visit.visitor_id).where(Visit.county_id == county_id, Visit.id.in_(wanted))
    )
    for visit_id, elder_id, visitor_id in visit_rows:
        found[visit_id] = (elder_id, visitor_id == who.user_id, (FROM_VISITS, elder_id or visit_id, str(visit_id)))
    event_rows = session.execute(
        sa.select(PhoneEvent.id, PhoneEvent.elder_id, PhoneEvent.user_id).where(
            PhoneEvent.county_id == county_id, PhoneEvent.id.in_(wanted), PhoneEvent.kind == SOS
        )
    )
    for event_id, elder_id, user_id in event_rows:
        found[event_id] = (elder_id, user_id == who.user_id, ((SOS,), elder_id or user_id, str(event_id)))
    elder_ids = {e for e, *_ in found.values() if e is not None} | (set(wanted) - found.keys())
    elders = {
        row.id: row
        for row in session.execute(
            sa.select(Elder.id, Elder.region_id, Elder.data_key, Elder.consent_position).where(
                Elder.county_id == county_id, Elder.id.in_(list(elder_ids))
            )
        )
    }
    found |= {named: (named, False, None) for named in elders if named not in found and named in ids}
    about = {}
    for subject_id, (elder_id, own, key) in found.items():
        elder = elders.get(elder_id) if elder_id is not None else None
        about[subject_id] = Subject(
            elder_id, elder.region_id if elder else None, elder.data_key if elder else None,
            elder is None or elder.consent_position is not False, own, key,
        )  # fmt: skip
    return about


def follow(
    session: Session, who: Actor, county_id: int, events: Sequence[Event], about: Subjects,
    now: dt.datetime, today: dt.date, vault: Vault,
) -> None:  # fmt: skip
    """What follows from events that are new."""
    emergencies = [e for e in events if e.kind == SOS]
    if emergencies:
        alerts.raise_alerts(session, [_wanted(who, county_id, e, about, now, vault) for e in emergencies], now=now)
    learnt = [r for e in events if e.kind == COURSE_DONE and (r := _result(e, now)) is not None]
    if learnt:
        courses.record(session, county_id, who.user_id, learnt)
    calls = [e for e in events if e.kind == LADDER_CALL and e.subject_id in about]
    if calls:
        _write_calls(session, who, county_id, calls, about, now, today)


def _result(event: Event, now: dt.datetime) -> courses.Result | None:
    """What a phone says of a quiz; None: too little to be one (the event is kept all the same)."""
    version, correct, of = (event.number(name) for name in ("version", "correct", "of"))
    if event.subject_id is None or version is None or correct is None or of is None or correct > of:
        return None
    passed = event.data.get("passed")
    return courses.Result(
        event.id, event.subject_id, version, correct, of, passed if isinstance(passed, bool) else correct == of,
        min(happened(event, now), now),
    )  # fmt: skip


def _wanted(
    who: Actor, county_id: int, event: Event, about: Subjects, now: dt.datetime, vault: Vault
) -> alerts.Wanted:
    subject = about.get(event.subject_id) if event.subject_id else None
    elder_id = subject.elder_id if subject is not None else None
    region_id = subject.region_id if subject is not None else None
    whom = saying.About(elder_id, subject.wrapped, subject.positions) if subject is not None else saying.About()
    if region_id is None:  # an emergency of nobody in particular: where the sender works
        region_id = next((g.region_id for g in who.grants if g.county_id == county_id), None)
    return alerts.Wanted(
        county_id, SOS, elder_id or who.user_id, str(event.id), elder_id, None, region_id, since=happened(event, now),
        id=event.id, by=who.user_id,
        said=saying.seal(vault, county_id, whom, event.id, event.word("words", saying.WORDS_MAX), event.position()),
    )  # fmt: skip


def happened(event: Event, now: dt.datetime) -> dt.datetime:
    """When it happened, by its trusted time where it says one."""
    return trusted_times(event.at, None, event.clock, now).start if event.at is not None else now


def _write_calls(
    session: Session, who: Actor, county_id: int, calls: Sequence[Event], about: Subjects,
    now: dt.datetime, today: dt.date,
) -> None:  # fmt: skip
    """Outcomes recorded on their alerts. A call about an elder who was never the sender's is kept and does nothing."""
    ties = pairings.ties(session, county_id, who.user_id)
    mine = {s.id for s in scope.elders(session, scope.mine(who, now, today))}
    keyed: list[tuple[Event, dt.datetime, Subject]] = []
    for event in calls:
        assert event.subject_id is not None
        subject, at = about[event.subject_id], happened(event, now)
        tied = any(t.elder_id == subject.elder_id and t.role != "family" and t.at(at) for t in ties)
        if subject.key is not None and (subject.own or tied or subject.elder_id in mine):
            keyed.append((event, at, subject))
    if not keyed:
        return
    found = _alerts_of(session, county_id, [s for _, _, s in keyed])
    answered = []
    for event, at, subject in keyed:
        assert subject.key is not None
        kinds, of, period = subject.key
        whom, outcome = event.word("whom", 40), event.word("outcome", 40)
        for kind in kinds:
            if (alert_id := found.get((kind, of, period))) is not None:
                details = {"whom": whom, "outcome": outcome, "event": str(event.id)}
                session.add(
                    AlertEvent(
                        county_id=county_id, id=uuid7(now), alert_id=alert_id, at=at, kind="called", by=who.user_id,
                        details=details,
                    )
                )  # fmt: skip
        if subject.elder_id is not None and ends(event):
            answered.append((subject.elder_id, at))
    session.flush()
    if answered:
        alerts.end_no_answer(session, county_id, answered, now=now)


def ends(event: Event) -> bool:
    """Whether this call ends "nobody answers": the elder was reached, or somebody said where they are and how they
    know (DOMAIN, Alerts)."""
    outcome = event.word("outcome", 40)
    if outcome == "reached":
        return event.word("whom", 40) == "elder"
    return outcome == "whereabouts" and bool(event.word("words").strip())


def _alerts_of(
    session: Session, county_id: int, subjects: Sequence[Subject]
) -> dict[tuple[str, uuid.UUID, str], uuid.UUID]:
    keys = {(kind, s.key[1], s.key[2]) for s in subjects if s.key is not None for kind in s.key[0]}
    rows = session.execute(
        sa.select(Alert.id, Alert.kind, Alert.subject, Alert.period).where(
            Alert.county_id == county_id, Alert.kind.in_({k[0] for k in keys}),
            Alert.subject.in_({k[1] for k in keys}), Alert.period.in_({k[2] for k in keys}),
        )
    )  # fmt: skip
    return {(r.kind, r.subject, r.period): r.id for r in rows if (r.kind, r.subject, r.period) in keys}
