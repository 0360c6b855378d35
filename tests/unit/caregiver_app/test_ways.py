"""What goes which way: calls for help first, then visits, then the rest; sealed where there is no right to speak."""

from __future__ import annotations

import json

import pytest

from caregiver_app.presenters.events import tell
from caregiver_app.store.store import ENROL_AGAIN, ENROLLED, REVOKED
from caregiver_app.store.vault import CHEAP
from tests.unit.caregiver_app.world import JPEG, World

PIN = "482915"


def call_for_help(world: World) -> str:
    return tell(world.phone._common, "sos", world.elder_ids[0], {"words": "跌倒"}, urgent=True)


def told(world: World, visit_id: str) -> str:
    data = {"whom": "neighbour", "outcome": "reached", "words": ""}
    return tell(world.phone._common, "ladder_call", visit_id, data)


def lock(world: World) -> None:
    world.phone.store.vault.set_pin(PIN, CHEAP)
    world.phone.store.vault.lock()
    world.phone.store.meta.forget()
    assert world.phone.store.locked


def event_states(world: World) -> dict[str, str]:
    return {row.id: row.state for row in world.phone.store.events.all()}


def test_a_call_for_help_goes_before_everything_and_an_event_after_the_visit_it_names(world: World):
    plain = world.visit(0, photo=JPEG[:900])
    photo = world.phone.store.photos.of(plain)[0].sha256
    event = told(world, plain)
    urgent = world.visit(1, urgent=True)
    sos = call_for_help(world)
    world.settle()
    assert world.server.arrivals == [sos, urgent, plain, event, photo]
    assert event_states(world) == {sos: "sent", event: "sent"}
    assert world.server.state.events[sos]["raw"] == world.phone.store.events.get(sos).event()


def test_a_call_for_help_does_not_wait_out_a_backoff(world: World):
    world.visit()
    world.line.down = True
    for _ in range(12):
        world.clock.advance(world.phone.engine.step() or 0)
    world.phone.engine.step()
    world.line.down = False
    call_for_help(world)
    assert not world.phone.engine.ready()
    world.phone.engine.saved(urgent=True)
    world.phone.engine.step()
    world.phone.engine.step()
    assert set(event_states(world).values()) == {"sent"}


def test_an_event_of_a_visit_has_its_clock_and_the_server_can_read_it(world: World):
    event = world.phone.store.events.get(told(world, world.visit())).event()
    assert event["clock"]["boot"] == world.clock.boot()
    assert event["clock"]["start_uptime_ms"] == world.clock.uptime_ms()
    assert set(event) == {"id", "kind", "at", "clock", "subject_id", "data"}


def test_a_refused_event_is_kept_and_the_others_go_on(world: World):
    visit = world.visit()
    bad, good = told(world, visit), told(world, visit)
    world.server.refuse.add(bad)
    world.settle()
    assert event_states(world) == {bad: "refused", good: "sent"}


def test_a_restored_server_gets_the_events_again(world: World):
    backup = world.server.backup()
    event = told(world, world.visit())
    world.settle()
    world.server.restore(backup)
    world.phone.outbox.send_now()
    world.settle()
    assert list(world.server.state.events) == [event]


def test_a_locked_phone_sends_its_visits_and_photos_sealed_and_its_calls_for_help_as_they_are(world: World):
    ids = [world.visit(n, photo=JPEG[: 900 + n]) for n in range(3)]
    sos = call_for_help(world)
    lock(world)
    before = len(world.line.sent)
    world.settle()
    assert world.states() == dict.fromkeys(ids, "sent")
    assert event_states(world) == {sos: "sent"}
    assert world.server.sealed == 3
    assert len(world.server.state.photos) == 3
    assert not any("/sync/changes" in request.path for request in world.line.sent[before:])
    assert world.phone.store.vault.unlock_pin(PIN)
    world.settle()
    assert "/sync/changes" in world.line.sent[-1].path


@pytest.mark.parametrize("how", ["unknown", "used", "revoked"])
def test_a_phone_without_tokens_sends_sealed_what_the_server_takes_and_waits_with_the_rest(world: World, how):
    visit_id = world.visit(photo=JPEG[:150_000])
    event = told(world, visit_id)
    device = world.server.state.devices[world.phone.store.meta.get("device_id")]
    world.server.state.tokens.clear()
    if how == "unknown":
        world.server.state.devices.clear()
    elif how == "used":
        device.generation = 9
    else:
        device.revoked = True
    world.settle()
    known = how != "unknown"
    assert world.phone.store.standing == (REVOKED if how == "revoked" else ENROL_AGAIN)
    assert world.states() == {visit_id: "sent" if known else "pending"}
    assert len(world.server.state.photos) == known
    assert event_states(world) == {event: "sent" if known else "pending"}
    device.revoked = False
    world.enrol()
    world.settle()
    assert world.phone.store.standing == ENROLLED
    assert world.states() == {visit_id: "sent"}
    assert event_states(world) == {event: "sent"}
    assert (world.server.sealed, len(world.server.state.visits)) == (int(known), 1)


def shut_out(world: World) -> None:
    device = world.server.state.devices[world.phone.store.meta.get("device_id")]
    device.revoked = True
    world.server.state.tokens.clear()


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
def test_a_phone_without_the_right_to_speak_calls_for_help_sealed_before_everything(world: World, locked):
    visit_id, event = world.visit(), None
    shut_out(world)
    if locked:
        lock(world)
    event = told(world, visit_id)
    sos = call_for_help(world)
    world.settle()
    assert event_states(world) == {sos: "sent", event: "sent"}
    assert world.server.arrivals == [sos, visit_id, event]
    assert world.server.sealed_events == 2
    assert json.loads(world.phone.store.events.get(sos).frozen) == world.server.state.events[sos]["raw"]


def test_an_older_server_is_sent_no_sealed_events_and_has_them_after_the_enrolment(world: World):
    config = dict(world.phone.store.meta.get("config"))
    del config["sealed_events"]
    world.phone.store.meta.set(config=config)
    world.server.takes_sealed_events = False
    sos = call_for_help(world)
    shut_out(world)
    world.settle()
    assert event_states(world) == {sos: "pending"}
    world.server.state.devices[world.phone.store.meta.get("device_id")].revoked = False
    world.enrol()
    world.settle()
    assert event_states(world) == {sos: "sent"}


def test_a_sealed_event_that_the_server_cannot_open_waits_for_the_other_way(world: World, monkeypatch):
    sos = call_for_help(world)
    shut_out(world)
    monkeypatch.setattr("tests.fakes.server.KEY_ID", "another")
    world.settle()
    assert event_states(world) == {sos: "pending"}
    assert world.phone.store.events.get(sos).last_error == "sealed"


def test_a_sealed_photo_goes_on_where_it_broke_off_and_a_change_of_form_begins_anew(world: World):
    visit_id = world.visit(photo=JPEG[:300_000])
    while not world.server.state.photos:
        world.phone.engine.step()
    lock(world)
    world.line.unanswered = 1.0
    for _ in range(3):
        world.clock.advance(world.phone.engine.step())
    world.line.unanswered = 0.0
    world.settle()
    ((key, data),) = world.server.state.photos.items()
    assert (key[0], data) == (visit_id, JPEG[:300_000])
    starts = [r.headers.get("Content-Range", "") for r in world.line.sent if "/sync/sealed/" in r.path]
    assert sum(start.startswith("bytes 0-") for start in starts) <= 2, starts


def test_a_sealed_visit_that_the_server_cannot_open_waits_for_the_other_way(world: World, monkeypatch):
    monkeypatch.setattr("tests.fakes.server.KEY_ID", "another")
    visit_id = world.visit()
    device = world.server.state.devices[world.phone.store.meta.get("device_id")]
    device.generation = 9
    world.server.state.tokens.clear()
    world.settle()
    assert world.states() == {visit_id: "pending"}
    assert world.phone.store.outbox.get(visit_id).last_error == "sealed"
    world.enrol()
    world.settle()
    assert world.states() == {visit_id: "sent"}
    assert world.server.state.visits[visit_id]["raw"] == json.loads(world.phone.store.outbox.get(visit_id).frozen)
    assert world.server.sealed == 0


def test_one_sealed_visit_that_cannot_be_read_does_not_hold_up_the_others(world: World):
    ids = [world.visit(n) for n in range(9)]
    world.server.poison.add(ids[3])
    lock(world)
    for _ in range(60):
        world.clock.advance(min(world.phone.engine.step() or 0, 60))
    assert {i for i, state in world.states().items() if state == "pending"} == {ids[3]}
