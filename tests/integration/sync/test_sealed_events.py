"""POST /sync/sealed with `kind: event`: a call for help of a phone that has no right to speak any more is heard."""

# ruff: noqa: F811 - fixtures of the tests of sealed visits are asked for by their names
import datetime as dt

import pytest
import sqlalchemy as sa

from server import clock
from server.alerts.model import Alert, AlertEvent
from server.devices import service as devices
from server.sync.model import PhoneEvent
from server.visits.model import Refusal, Visit
from shared.ids import uuid7
from tests.conftest import NOW
from tests.integration.sync.test_sealed import elder, enrol, phone, results, volunteer  # noqa: F401 - fixtures
from tests.phones import FakePhone
from tests.visits import sent

MINUTE = dt.timedelta(minutes=1)


def told(kind, at=NOW, **fields):
    return {"id": str(uuid7(at)), "kind": kind, "at": at.isoformat(), "data": {}, **fields}


def put(phone, *events):
    return results(phone.send_sealed(*[phone.sealed(event, kind="event") for event in events]))


def alerts(session):
    return session.scalars(sa.select(Alert).where(Alert.kind == "sos")).all()


def test_a_sealed_call_for_help_raises_its_alert_once_whichever_way_it_comes(session, phone, elder, volunteer):
    event = told("sos", subject_id=str(elder.id))
    [result] = put(phone, event)
    assert (result["id"], result["status"]) == (event["id"], "accepted")
    bearer = {"Authorization": f"Bearer {phone.tokens['access_token']}"}
    again = phone.client.post("/api/v1/sync/events", json={"events": [event]}, headers=bearer)
    assert results(again)[0]["status"] == "duplicate"
    assert put(phone, event)[0]["status"] == "duplicate"
    (alert,) = alerts(session)
    assert (alert.elder_id, alert.state) == (elder.id, "open")
    (row,) = session.scalars(sa.select(PhoneEvent)).all()
    assert (row.user_id, row.device_id) == (volunteer.id, phone.id)


def test_events_and_visits_in_one_batch_answer_in_their_order(session, phone, elder):
    visit, event = sent(elder), told("sos")
    stranger = FakePhone(phone.client, id=phone.id)
    found = results(phone.send_sealed(
        phone.sealed(event, kind="event"), phone.sealed(visit), stranger.sealed(told("sos"), kind="event"),
        phone.sealed(told("never_heard_of"), kind="event"),
    ))  # fmt: skip
    assert [one["status"] for one in found] == ["accepted", "accepted", "rejected", "accepted"]
    assert found[2]["error"]["code"] == "signature_invalid"
    assert len(alerts(session)) == 1


def test_what_is_not_what_it_says_is_refused_and_uses_no_id_up(session, phone, elder):
    visit, event = sent(elder), told("sos")
    found = results(phone.send_sealed(phone.sealed(visit, kind="event"), phone.sealed(event)))
    assert [one["error"]["code"] for one in found] == ["validation", "validation"]
    assert not session.scalars(sa.select(Visit)).all()
    assert len(session.scalars(sa.select(Refusal)).all()) == 2
    assert results(phone.send_sealed(phone.sealed(visit)))[0]["status"] == "accepted"
    assert put(phone, event)[0]["status"] == "accepted"


@pytest.mark.parametrize("how", ["left", "replaced", "lost"])
def test_a_revoked_phone_calls_for_help_all_the_same(session, phone, elder, how):
    devices.revoke(session, phone.id, how, now=NOW, actor_id=None)
    session.commit()
    [result] = put(phone, told("sos", NOW + MINUTE, subject_id=str(elder.id)))
    assert result["status"] == "accepted"
    assert len(alerts(session)) == 1


@pytest.mark.parametrize(("how", "at", "heard"), [
    ("left", NOW - MINUTE, True), ("left", NOW + MINUTE, False), ("lost", NOW - MINUTE, False),
])  # fmt: skip
def test_a_revoked_phones_word_on_calls_ends_nothing_unless_it_was_in_use_then(
    session, phone, elder, monkeypatch, how, at, heard
):
    missed = sent(elder, NOW - 2 * MINUTE, minutes=0, outcome="not_home", reason="no_answer", answers={})
    assert results(phone.send_sealed(phone.sealed(missed)))[0]["status"] == "accepted"
    devices.revoke(session, phone.id, how, now=NOW, actor_id=None)
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: NOW + 3 * MINUTE)
    call = told("ladder_call", at, subject_id=missed["id"], data={"whom": "elder", "outcome": "reached"})
    assert put(phone, call)[0]["status"] == "accepted"
    called = session.scalars(sa.select(AlertEvent).where(AlertEvent.kind == "called")).all()
    (alert,) = session.scalars(sa.select(Alert).where(Alert.kind == "no_answer")).all()
    session.refresh(alert)
    assert (len(called), alert.state == "resolved") == ((1, True) if heard else (0, False))


def test_the_server_says_that_it_takes_them(phone):
    assert phone.tokens["config"]["sealed_events"] is True
