"""POST /sync/events: what else phones tell, taken in like visits: one result each, in order, once for good.

Every readable event is kept, also of a kind that nobody here knows yet. What follows from it is done in the same
transaction: a call up the ladder is written to its alert, and ends it when somebody was reached or knows where the
elder is; an SOS raises an alert.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from server.auth.reach import Actor
from server.database import insert_into
from server.elders.vault import Erased, Vault
from server.intake import Result
from server.sync.consequences import Subject, follow, happened, subjects_of
from server.sync.model import PhoneEvent
from server.visits.model import Refusal
from shared.ids import uuid7
from shared.protocol.event import Event, ReadEvent, event_content, read_event
from shared.protocol.jsontext import raw_text, size
from shared.protocol.limits import MAX_ITEM
from shared.protocol.reading import clean_text
from shared.protocol.values import SOS

log = logging.getLogger("yuetan.sync")
TRIES = 3


@dataclass(slots=True)
class _Item:
    raw: Any
    read: ReadEvent
    result: Result

    @property
    def event(self) -> Event:
        assert self.read.event is not None
        return self.read.event


def receive(
    session: Session, who: Actor, items: Sequence[Any], *, vault: Vault, now: dt.datetime, today: dt.date,
    heard_until: dt.datetime | None = None,
) -> list[Result]:  # fmt: skip
    """Take in a batch, commit, and answer one result per item, in order. Raises only what concerns all of it.

    `heard_until`: of what a phone tells of later than this only calls for help have consequences (None: of all).
    """
    for attempt in range(TRIES):
        try:
            return _receive(session, who, items, vault, now, today, heard_until)
        except (IntegrityError, OperationalError):
            # two batches brought the same, or waited for each other: the one that lost looks again
            session.rollback()
            if attempt == TRIES - 1 and len(items) == 1:
                raise
        except Exception:
            session.rollback()
            if len(items) == 1:
                raise
            log.exception("a batch of events failed; they go in one by one")
            break
    return [
        receive(session, who, [item], vault=vault, now=now, today=today, heard_until=heard_until)[0] for item in items
    ]


def _receive(
    session: Session, who: Actor, raws: Sequence[Any], vault: Vault, now: dt.datetime, today: dt.date,
    heard_until: dt.datetime | None,
) -> list[Result]:  # fmt: skip
    items = [_read(raw) for raw in raws]
    counties = _counties(who)
    readable = [i for i in items if i.result.status != "rejected"]
    if not counties:
        for item in readable:
            item.result = Result(item.result.id, "rejected", error="forbidden")
        readable = []
    fresh = _drop_known(session, who, counties, readable)
    about: dict[uuid.UUID, Subject] = {}
    county_of: dict[uuid.UUID | None, int] = {}
    for county_id in counties:
        left = {i.event.subject_id for i in fresh if i.event.subject_id is not None} - about.keys()
        found = subjects_of(session, who, county_id, left)
        about |= found
        county_of |= dict.fromkeys(found, county_id)
    for county_id in counties:
        here = [i for i in fresh if county_of.get(i.event.subject_id, counties[0]) == county_id]
        if here:
            stored = _store(session, who, county_id, here, about, vault, now)
            heard = [i.event for i in stored if _heard(i.event, heard_until, now)]
            follow(session, who, county_id, heard, about, now, today, vault)
    refused = [i for i in items if i.result.status == "rejected"]
    session.add_all([_refusal(who, counties, i, vault, now) for i in refused if counties])
    session.commit()
    return [i.result for i in items]


def _heard(event: Event, until: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether anything follows from it: a call for help is always heard."""
    return until is None or event.kind == SOS or happened(event, now) <= until


def _counties(who: Actor) -> list[int]:
    """Where the sender's events belong: the enrolment's county, else those in which they hold a role."""
    if who.county_id is not None:
        return [who.county_id]
    return sorted({g.county_id for g in who.grants if g.county_id is not None})


def _read(raw: Any) -> _Item:
    if size(raw) > MAX_ITEM:
        named = raw.get("id") if isinstance(raw, dict) else None
        read = ReadEvent(None, None, (), {"": ["item_too_large"]})
        return _Item(raw, read, Result(_text_id(named), "rejected", error="item_too_large"))
    read = read_event(raw)
    if read.event is None:
        named = str(read.id) if read.id else _text_id(raw.get("id") if isinstance(raw, dict) else None)
        return _Item(raw, read, Result(named, "rejected", error="validation", errors=read.errors))
    flags = [{"code": "value_unknown", "weight": 0.0, "figures": {"paths": list(read.faults)}}] if read.faults else []
    return _Item(raw, read, Result(str(read.event.id), flags=flags))


def _text_id(value: object) -> str | None:
    return clean_text(value)[:64] if isinstance(value, str) else None


def _drop_known(session: Session, who: Actor, counties: Sequence[int], items: Sequence[_Item]) -> list[_Item]:
    """Answer those whose id is known or stands twice in the batch; give back the others."""
    known = _stored(session, counties, {i.event.id for i in items})
    fresh: dict[uuid.UUID, _Item] = {}
    for item in items:
        event = item.event
        if event.id in known:
            _answer_known(who, item, known[event.id])
        elif (first := fresh.get(event.id)) is not None:
            if event_content(first.event) == event_content(event):
                item.result = first.result
            else:
                item.result = Result(str(event.id), "rejected", error="id_reused")
        else:
            fresh[event.id] = item
    return list(fresh.values())


def _stored(
    session: Session, counties: Sequence[int], ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, tuple[uuid.UUID, bytes]]:
    if not ids:
        return {}
    rows = session.execute(
        sa.select(PhoneEvent.id, PhoneEvent.user_id, PhoneEvent.content).where(
            PhoneEvent.county_id.in_(counties), PhoneEvent.id.in_(list(ids))
        )
    )
    return {row.id: (row.user_id, row.content) for row in rows}


def _answer_known(who: Actor, item: _Item, stored: tuple[uuid.UUID, bytes]) -> None:
    if stored == (who.user_id, event_content(item.event)):
        item.result.status = "duplicate"
    else:  # in place: the same item further down the batch has the same answer
        item.result.status, item.result.error, item.result.flags = "rejected", "id_reused", ()


def _store(
    session: Session, who: Actor, county_id: int, items: Sequence[_Item], about: dict[uuid.UUID, Subject],
    vault: Vault, now: dt.datetime,
) -> list[_Item]:  # fmt: skip
    """Write the rows; whoever brings the same event at the same moment waits, and is answered as a duplicate."""
    rows = []
    for item in sorted(items, key=lambda i: i.event.id):
        event = item.event
        subject = about.get(event.subject_id) if event.subject_id else None
        elder_id, key = None, vault.county_key(county_id)
        if subject is not None and subject.elder_id is not None:
            # of an elder who was erased it is nobody's any more, and stays the county's
            with contextlib.suppress(Erased):
                key, elder_id = vault.elder_key(county_id, subject.elder_id, subject.wrapped), subject.elder_id
        rows.append(
            {
                "county_id": county_id, "id": event.id, "user_id": who.user_id, "device_id": who.device_id,
                "kind": event.kind, "at": event.at, "received_at": now, "subject_id": event.subject_id,
                "elder_id": elder_id, "content": event_content(event),
                "raw": key.seal("phone_events", "raw", event.id, raw_text(item.raw)),
            }
        )  # fmt: skip
    insert = insert_into(session, PhoneEvent).values(rows)
    made = set(
        session.scalars(
            insert.on_conflict_do_nothing(index_elements=["county_id", "id"]).returning(PhoneEvent.id)
        )
    )
    late = [i for i in items if i.event.id not in made]
    if late:
        known = _stored(session, [county_id], {i.event.id for i in late})
        for item in late:
            _answer_known(who, item, known[item.event.id])
    return [i for i in items if i.event.id in made]


def _refusal(who: Actor, counties: Sequence[int], item: _Item, vault: Vault, now: dt.datetime) -> Refusal:
    refusal_id, county_id = uuid7(now), counties[0]
    clear = raw_text(item.raw)
    return Refusal(
        id=refusal_id, county_id=county_id, user_id=who.user_id, device_id=who.device_id, item_id=item.result.id,
        code=item.result.error or "validation", received_at=now,
        raw=vault.county_key(county_id).seal("refused_items", "raw", refusal_id, clear),
    )  # fmt: skip
