"""What else phones tell: kept once, whatever it is, and what follows from it."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts.model import Alert, AlertEvent
from server.sync import events
from server.sync.model import PhoneEvent
from server.visits.model import Refusal
from shared.ids import uuid7
from tests.conftest import NOW
from tests.databases import fresh_database
from tests.integration.sync.world import World


def told(kind="course_done", **fields):
    return {"id": str(uuid7()), "kind": kind, "at": NOW.isoformat(), "data": {}, **fields}


def send(world, who, *items, now=None):
    world.session.commit()
    return events.receive(
        world.session, who, list(items), vault=world.vault, now=now or world.now, today=world.now.date()
    )


def statuses(results):
    return [r.status for r in results]


def test_events_are_kept_once_and_sealed(world):
    who = world.person("volunteer")
    item = told(data={"course": "c1", "secret": "不要外传"})
    assert statuses(send(world, who, item, told("never_heard_of"))) == ["accepted", "accepted"]
    assert statuses(send(world, who, {**item, "extra": 1, "subject_id": None})) == ["duplicate"]
    row = world.session.get_one(PhoneEvent, (world.county.id, events.read_event(item).id))
    assert (row.user_id, row.kind, row.elder_id) == (who.user_id, "course_done", None)
    assert "不要外传".encode() not in row.raw
    clear = world.vault.county_key(world.county.id).open("phone_events", "raw", row.id, row.raw)
    assert events.raw_text(item) == clear


def test_an_id_used_for_something_else_or_by_somebody_else_is_rejected_and_discloses_nothing(world):
    a, b = world.person("volunteer"), world.person("volunteer")
    item = told()
    send(world, a, item)
    for who, again in ((a, {**item, "data": {"x": 1}}), (b, item)):
        (result,) = send(world, who, again)
        assert (result.status, result.error, list(result.flags)) == ("rejected", "id_reused", [])


def test_a_bad_event_never_stops_the_others_and_is_kept_among_the_refused(world):
    who, good = world.person("volunteer"), told()
    results = send(world, who, {"kind": "x"}, good, {"id": str(uuid7()), "kind": "No Code"}, "text", None)
    assert statuses(results) == ["rejected", "accepted", "rejected", "rejected", "rejected"]
    assert results[0].errors == {"id": ["required"]}
    assert results[2].errors == {"kind": ["not_a_code"]}
    assert len(world.session.scalars(sa.select(Refusal)).all()) == 4


def test_a_rejected_id_was_not_used(world):
    who, item = world.person("volunteer"), told()
    assert statuses(send(world, who, {**item, "kind": None})) == ["rejected"]
    assert statuses(send(world, who, item)) == ["accepted"]


def test_values_that_cannot_be_read_are_flagged(world):
    (result,) = send(world, world.person("volunteer"), told(at="yesterday", subject_id=7, data=[1], clock="x"))
    assert result.status == "accepted"
    assert result.flags[0]["code"] == "value_unknown"
    assert result.flags[0]["figures"] == {"paths": ["at", "subject_id", "clock", "data"]}


def test_the_same_item_twice_in_a_batch_is_one_event(world):
    who, item = world.person("volunteer"), told()
    assert statuses(send(world, who, item, {**item, "data": {"x": 1}}, item)) == ["accepted", "rejected", "accepted"]
    assert world.session.scalar(sa.select(sa.func.count()).select_from(PhoneEvent)) == 1


def test_too_large_an_event_is_rejected(world):
    (result,) = send(world, world.person("volunteer"), told(data={"words": "x" * 70_000}))
    assert (result.status, result.error) == ("rejected", "item_too_large")


def test_an_sos_raises_one_alert_counted_from_when_it_was_pressed(world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    item = told("sos", subject_id=str(elder.id), at=(NOW - dt.timedelta(minutes=1)).isoformat())
    assert statuses(send(world, who, item)) == ["accepted"]
    assert statuses(send(world, who, item)) == ["duplicate"]
    alert = world.session.scalars(sa.select(Alert)).one()
    assert (alert.kind, alert.elder_id, alert.period, alert.region_id) == (
        "sos", elder.id, item["id"], elder.region_id,
    )  # fmt: skip
    assert alert.since == NOW - dt.timedelta(minutes=1)


def test_an_sos_of_nobody_in_particular_is_raised_where_the_sender_works(world):
    who = world.person("volunteer", village=1)
    send(world, who, told("sos"))
    alert = world.session.scalars(sa.select(Alert)).one()
    assert (alert.kind, alert.elder_id, alert.region_id) == ("sos", None, world.villages[1].id)


@pytest.fixture
def unanswered(world):
    """(visitor, elder, their visit at a closed door, its alert)"""
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    visit = world.visit(who, elder, outcome="not_home", reason="no_answer")
    return who, elder, visit, world.alert(elder, "no_answer", visit)


def call(subject, whom, outcome, words=""):
    return told("ladder_call", subject_id=str(subject), data={"whom": whom, "outcome": outcome, "words": words})


def calls(world):
    rows = world.session.scalars(sa.select(AlertEvent).where(AlertEvent.kind == "called")).all()
    return [(row.details["whom"], row.details["outcome"], row.by) for row in rows]


def test_a_call_up_the_ladder_is_written_to_its_alert_by_the_alert_or_by_the_visit(world, unanswered):
    who, elder, visit, alert = unanswered
    item = call(alert.id, "contact", "no_answer")
    send(world, who, item, call(visit.id, "neighbour", "reached"))
    send(world, who, item)
    assert calls(world) == [("contact", "no_answer", who.user_id), ("neighbour", "reached", who.user_id)]
    world.session.refresh(alert)
    assert alert.state == "open"  # a neighbour who picks up the phone is not the elder
    row = world.session.get_one(PhoneEvent, (world.county.id, events.read_event(item).id))
    assert row.elder_id == elder.id  # its words end with the elder's key


@pytest.mark.parametrize(
    ("whom", "outcome", "words", "state"),
    [
        ("elder", "reached", "", "resolved"),
        ("contact", "whereabouts", "在女儿家，女儿说的", "resolved"),
        ("contact", "whereabouts", " ", "open"),
        ("contact", "reached", "", "open"),
        ("elder", "no_answer", "", "open"),
    ],
)
def test_nobody_answers_ends_when_the_elder_is_reached_or_somebody_knows_where_they_are(
    world, unanswered, whom, outcome, words, state
):
    who, _, _, alert = unanswered
    send(world, who, call(alert.id, whom, outcome, words))
    world.session.refresh(alert)
    assert alert.state == state


def test_a_stranger_to_the_elder_ends_nothing(world, unanswered):
    *_, alert = unanswered
    stranger = world.person("volunteer")
    assert statuses(send(world, stranger, call(alert.id, "elder", "reached"))) == ["accepted"]
    world.session.refresh(alert)
    assert (alert.state, calls(world)) == ("open", [])


def test_who_was_paired_when_they_called_is_heard_though_the_tie_ended_since(world, unanswered):
    _, elder, _, alert = unanswered
    former = world.person("volunteer")
    world.pair(former, elder, ends_at=NOW + dt.timedelta(minutes=5))
    send(world, former, call(alert.id, "elder", "reached"), now=NOW + dt.timedelta(minutes=9))
    world.session.refresh(alert)
    assert alert.state == "resolved"


def test_the_number_of_queries_does_not_grow_with_the_batch(world, unanswered, queries):
    who, elder, _, alert = unanswered

    def cost(n):
        items = [call(alert.id, "contact", "no_answer") for _ in range(n)]
        items += [told("sos", subject_id=str(elder.id)) for _ in range(n)]
        world.session.commit()
        with queries() as sent:
            assert set(statuses(send(world, who, *items))) == {"accepted"}
        return len(sent)

    assert cost(1) == cost(20)


def test_the_same_batch_sent_in_parallel_is_kept_once(database_kind, request, tmp_path):
    postgres = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    with fresh_database(database_kind, tmp_path, postgres) as url:
        engine = sa.create_engine(url, pool_size=8)
        with Session(engine) as session:
            world = World(session)
            who, elder = world.person("volunteer"), world.elder()
            world.pair(who, elder)
            session.commit()
            county_id, vault, elder_id = world.county.id, world.vault, elder.id
        batch = [told("sos", subject_id=str(elder_id)) for _ in range(5)] + [told() for _ in range(5)]
        answers, begin = [], threading.Barrier(6)

        def phone(n):
            begin.wait()
            items = batch if n % 2 else batch[::-1]
            with Session(engine) as session:
                results = events.receive(session, who, items, vault=vault, now=NOW, today=NOW.date())
            answers.append(sorted((r.id, r.status) for r in results))

        threads = [threading.Thread(target=phone, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 6
        for item in batch:
            got = [status for answer in answers for id_, status in answer if id_ == item["id"]]
            assert sorted(got) == ["accepted"] + ["duplicate"] * 5
        with Session(engine) as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(PhoneEvent)) == 10
            assert session.scalar(sa.select(sa.func.count()).select_from(Alert)) == 5
            assert county_id
        engine.dispose()
