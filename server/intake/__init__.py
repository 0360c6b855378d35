"""A visit's way in: known? → readable? → judged → stored → settled, all in one transaction.

What came is kept whatever becomes of it: an accepted visit with its raw item sealed beside it, a rejected one among
the refusals. One bad item never stops the others: everything that can be wrong with an item is found before the
first row is written, and if writing a batch fails all the same, its items go in one by one.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from server import standing
from server.clock import zone
from server.elders.vault import Vault
from server.intake.items import (
    Closed,
    Item,
    Result,
    Sender,
    assign_counties,
    closed_result,
    read,
    refusal,
    tag_hash,
)
from server.intake.judging import judge_all
from server.intake.known import answer_known, asked_known, name_reused
from server.intake.storing import flag, new_visits
from server.outcomes.drawing import draw
from server.outcomes.facts import asked_facts, months_touched
from server.prepared import trip
from server.timebank.credits import asked_volunteers
from server.visits import histories
from server.visits.evidence import Surroundings, asked_tags, asked_ways
from shared.clock import trusted_times
from shared.rules.months import local_date

__all__ = ["Closed", "Result", "Sender", "closed_result", "receive"]

log = logging.getLogger("yuetan.intake")
TRIES = 4
DEADLOCKS = frozenset({"40P01", "40001"})  # PostgreSQL: deadlock_detected, serialization_failure


def receive(
    session: Session, sender: Sender, items: Sequence[Any], *, vault: Vault, now: dt.datetime
) -> list[Result]:
    """Take in a batch of items (parsed JSON values, or `Closed` ones), commit, and answer one result per item, in
    order.

    Raises only what concerns the whole batch (the database is away).
    """
    try:
        (results,) = receive_together(session, [(sender, items)], vault=vault, now=now)
        return results
    except PoolTimeout:
        raise
    except Exception as wrong:
        if isinstance(wrong, DBAPIError) and not isinstance(wrong, DataError | IntegrityError):
            raise  # the database's trouble, not the item's: the phone keeps it and tries again
        session.rollback()
        if len(items) == 1:
            return [_set_aside(session, sender, items[0], vault, now)]
        log.exception("a batch failed; its items go in one by one")
    return [receive(session, sender, [item], vault=vault, now=now)[0] for item in items]


def receive_together(
    session: Session, deliveries: Sequence[tuple[Sender, Sequence[Any]]], *, vault: Vault, now: dt.datetime
) -> list[list[Result]]:
    """Take in what several people sent at the same moment, in one transaction: all of it or nothing. → the results of
    each. Raises whatever went wrong with any."""
    batches = [(sender, [read(sender, raw) for raw in raws]) for sender, raws in deliveries]
    items = [item for _, batch in batches for item in batch]
    for attempt in range(TRIES):
        try:
            counties: set[int] = set()
            for sender, batch in batches:
                counties.update(assign_counties(session, sender, batch))
            for county_id in sorted(counties):
                _receive_in(session, county_id, [i for i in items if i.county_id == county_id], vault, now)
            session.commit()
            break
        except (IntegrityError, OperationalError) as wrong:
            session.rollback()
            if attempt == TRIES - 1 or not _passes(wrong):
                raise
            for item in items:
                item.begin_again()
    return [[item.result for item in batch] for _, batch in batches]


def _passes(wrong: IntegrityError | OperationalError) -> bool:
    """Somebody else brought one of these at the same moment, or two batches waited for each other; a database that is
    locked or away is not asked again here, where its sender waits."""
    return isinstance(wrong, IntegrityError) or getattr(wrong.orig, "sqlstate", None) in DEADLOCKS


def _receive_in(
    session: Session, county_id: int, items: Sequence[Item], vault: Vault, now: dt.datetime
) -> None:
    """Everything for the items of one county, without the commit."""
    readable = [i for i in items if i.read.visit is not None]
    rejected = [i for i in items if i.read.visit is None]
    if rejected:
        name_reused(session, county_id, [i for i in rejected if i.closed is None])
    if readable:
        rejected += _take_in(session, county_id, readable, vault, now)
    session.add_all([refusal(county_id, i, vault, now) for i in rejected])


def _take_in(
    session: Session, county_id: int, items: Sequence[Item], vault: Vault, now: dt.datetime
) -> list[Item]:
    """Take in what could be read, in four trips to the database. → the items that are rejected all the same."""
    session.flush()
    visitors = {i.sender.user_id for i in items}
    with trip(session) as out:
        asked_for_tags = asked_tags(out, county_id, {h for i in items if (h := tag_hash(i.visit))})
        asked_for_ways = asked_ways(out, county_id, visitors)
        volunteers = asked_volunteers(out, county_id, visitors)
    tags = asked_for_tags()
    ids = {i.visit.elder_id for i in items if i.visit.elder_id is not None} | {tag.elder_id for tag in tags.values()}
    times = {id(i): trusted_times(i.visit.started_at, i.visit.ended_at, i.visit.clock, now) for i in items}
    timed = [(i, times[id(i)]) for i in items]
    months = {m for _, at in timed for m in months_touched(local_date(at.start, zone()))}
    devices = {i.visit.device_id for i in items if i.visit.device_id is not None}
    with trip(session) as out:
        # Whoever sends the same visit at the same moment waits for the lock in this, and then finds it known.
        elders_later = standing.asked(out, county_id, ids)
        known = asked_known(out, county_id, timed)
        histories_later = histories.asked_histories(
            out, county_id, histories.ids_of(ids, visitors, devices, (p for i in items for p in i.visit.photos))
        )
        facts_later = asked_facts(out, county_id, ids, months)
    elders, facts = elders_later(), facts_later()
    stored, others = known()
    around = Surroundings(elders, tags, asked_for_ways())
    fresh, again = answer_known(session, county_id, items, stored, around, vault)
    if fresh:
        keys = {e.id: e.home_key for e in elders.values()}
        past = histories.Histories(county_id, vault, keys, visitors, devices)
        past.take(histories_later())
        rows, remembered = judge_all([(i, times[id(i)]) for i in fresh], others, around, past, now)
        new = new_visits(county_id, rows, around.ways, vault, now)
        for fact in new.facts:
            facts.add(fact)
        drawn = draw(
            session, county_id, elders, months, facts, visits=new.settling, volunteers=volunteers(), now=now
        )
        with trip(session) as out:
            new.store(out)
            histories.write(out, past.written(remembered, now))
            drawn.write(out)
        drawn.finish(session)
        for row in rows:
            result = row.item.result
            result.assurance = row.judged.assurance
            result.flags = [flag(f.code, f.weight, f.figures) for f in row.judged.flags]
            result.photos_missing = row.item.visit.photos
    for item, first in again:
        answer = first.result
        item.result = Result(answer.id, "duplicate", answer.assurance, answer.flags, answer.photos_missing)
    return [i for i in items if i.result.status == "rejected"]


def _set_aside(session: Session, sender: Sender, raw: Any, vault: Vault, now: dt.datetime) -> Result:
    """An item that broke our own code: kept, answered, and written to the log with its trace."""
    log.exception("an item could not be taken in")
    item = read(sender, raw)
    item.result = Result(item.result.id, "rejected", error="server_error")
    session.add(refusal(sender.county_id, item, vault, now))
    session.commit()
    return item.result
