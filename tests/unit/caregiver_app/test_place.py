"""Where the phone is: asked for when a home visit begins, listened for while the app is in front, and never else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caregiver_app.platform.protocols import Reading
from caregiver_app.presenters.demo import demo_phone
from caregiver_app.store.vault import CHEAP

HERE = Reading(34.03, 113.79, 12.5)


@pytest.fixture
def app(tmp_path):
    made = demo_phone(tmp_path)
    made.platform.position.here = HERE
    made.runner.start = lambda: None
    yield made
    made.stop()


def somebody(app) -> str:
    return app.today.view().rows[0].id


def saved(app, visit) -> dict:
    return app.store.outbox.get(visit.save().visit_id).visit()


def test_the_owner_is_asked_when_the_first_home_visit_begins_and_not_again(app):
    permissions = app.platform.permissions
    permissions.given.clear()
    permissions.refused.add("position")
    app.start()
    assert permissions.asked == []
    app.begin_visit(somebody(app), channel="phone")
    assert permissions.asked == []
    visit = app.begin_visit(app.today.view().rows[1].id)
    visit.all_good()
    assert saved(app, visit)["position"] is None
    app.begin_visit(app.today.view().rows[2].id)
    assert permissions.asked == ["position"]


def test_once_allowed_a_visit_says_where_it_began_and_ended(app):
    app.platform.permissions.given.clear()
    visit = app.begin_visit(somebody(app))
    app.platform.position.here = Reading(34.031, 113.79, 20.0)
    visit.all_good()
    told = saved(app, visit)
    assert (told["start_position"]["lat"], told["position"]["lat"]) == (34.03, 34.031)


def test_a_receiver_that_needs_a_while_still_says_where_a_visit_began(app):
    app.platform.position.here = None
    slow, slower, by_phone = (
        app.begin_visit(row.id, channel=channel)
        for row, channel in zip(app.today.view().rows, ("home", "home", "phone"), strict=False)
    )
    clock = app.platform.clock
    clock.advance(timedelta(minutes=2).total_seconds())
    app.platform.position.here = HERE
    slow.all_good()
    by_phone.answer("call.spoken_to", "elder")
    clock.advance(timedelta(minutes=2).total_seconds())
    slower.all_good()
    app.platform.position.here = Reading(34.5, 113.5, 5.0)
    slow.set_note("以后的位置不算开始的位置")
    assert saved(app, slow)["start_position"]["lat"] == 34.03
    told = saved(app, slower)
    assert (told["start_position"], told["position"]["lat"]) == (None, 34.5)
    assert app.store.drafts.get(by_phone.draft_id)["start_position"] is None


def test_nobody_is_followed_while_the_app_is_away(app):
    position = app.platform.position
    app.start()
    assert position.running
    app.away()
    assert not position.running
    app.back()
    assert position.running
    app.stop()
    assert not position.running


def test_the_first_position_brings_near_ones_first_and_later_ones_move_nothing_under_a_finger(app):
    app.platform.position.here = None
    app.start()
    due = [row.id for row in app.today.view().rows if row.due == "due"]
    homes = {elder["id"]: (elder["lat"], elder["lon"]) for elder in app.store.cache.all("elders")}
    told = []
    app.subscribe(lambda: told.append(next(row.id for row in app.today.view().rows if row.due == "due")))
    app.platform.position.arrive(Reading(*homes[due[-1]], 12.5))
    app.platform.position.arrive(Reading(*homes[due[0]], 12.5))
    assert told == [due[-1]]
    assert homes[due[-1]] != homes[due[0]]


def test_what_was_not_allowed_is_not_listened_for(app):
    app.platform.permissions.given.clear()
    app.start()
    app.away()
    app.back()
    assert not app.platform.position.running
    assert app.platform.permissions.asked == []


def attempted(app) -> str:
    elder = next(row.id for row in app.today.view().rows if row.due == "due")
    visit = app.begin_visit(elder)
    visit.set_outcome("not_home")
    visit.set_reason("no_answer")
    visit.save()
    return elder


def test_to_be_reminded_the_owner_is_asked_and_a_refusal_leaves_the_list(app):
    app.platform.permissions.given.discard("notifications")
    app.platform.permissions.refused.add("notifications")
    elder = attempted(app)
    view = app.steps(elder).again("morning")
    assert app.platform.permissions.asked == ["notifications"]
    assert app.platform.reminders.kept == {}
    assert view.again_text
    app.platform.permissions.refused.clear()
    app.steps(elder).again("morning")
    assert len(app.platform.reminders.kept) == 1


def test_a_phone_that_was_switched_off_is_told_again_what_to_remind_of(app):
    elder = attempted(app)
    app.steps(elder).again("morning")
    kept = dict(app.platform.reminders.kept)
    app.platform.reminders.kept.clear()
    app.start()
    assert app.platform.reminders.kept == kept
    app.platform.clock.advance(timedelta(days=2).total_seconds())
    app.platform.reminders.kept.clear()
    app.start()
    assert app.platform.reminders.kept == {}, "its time is over"


def test_a_locked_phone_is_told_once_it_is_unlocked(app):
    app.store.set_pin("314159", CHEAP)
    app.steps(attempted(app)).again("morning")
    app.platform.reminders.kept.clear()
    app.lock.lock()
    app.start()
    assert app.platform.reminders.kept == {}
    app.lock.unlock("314159")
    assert len(app.platform.reminders.kept) == 1
