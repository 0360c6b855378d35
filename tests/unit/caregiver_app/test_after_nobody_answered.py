"""Nobody answered: calls and their outcomes, going again, and when it is over; on a real store without a server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caregiver_app.presenters.demo import demo_phone
from shared.protocol.event import read_event


@pytest.fixture
def app(tmp_path):
    made = demo_phone(tmp_path)
    yield made
    made.stop()


def quiet_elder(app) -> str:
    """Somebody without an alert."""
    return next(row.id for row in app.today.view().rows if row.due == "due")


def attempt(app, elder: str, reason: str = "no_answer"):
    visit = app.begin_visit(elder)
    visit.set_outcome("not_home")
    visit.set_reason(reason)
    return visit.save()


def row_of(app, elder: str):
    return next(row for row in app.today.view().rows if row.id == elder)


def told(app) -> list[dict]:
    return [row.event() for row in app.store.events.all()]


def test_the_attempt_is_on_the_list_before_any_server_heard_of_it(app):
    elder = quiet_elder(app)
    assert attempt(app, elder).next == "steps"
    assert row_of(app, elder).due == "no_answer"
    assert app.elder.view(elder).followup_text


@pytest.mark.parametrize("reason", ["in_hospital", "with_family", "travelling", "moved", "died"])
def test_a_reason_that_says_where_the_elder_is_asks_for_no_calls(app, reason):
    elder = quiet_elder(app)
    assert attempt(app, elder, reason).next == ""
    assert app.steps(elder).view() is None


def test_nobody_reached_by_phone_starts_no_search(app):
    visit = app.begin_visit(quiet_elder(app), channel="phone")
    visit.set_outcome("not_home")
    visit.set_reason("no_answer")
    assert visit.save().next == ""


def test_the_elder_is_called_first_then_the_contacts_then_the_director(app):
    elder = quiet_elder(app)
    attempt(app, elder)
    assert [line.call.whom for line in app.steps(elder).view().calls] == ["elder", "contact", "director"]


def test_a_call_that_was_dialled_is_asked_for_also_after_a_kill(tmp_path):
    first = demo_phone(tmp_path)
    elder = quiet_elder(first)
    attempt(first, elder)
    first.steps(elder).dialled("contact0")
    first.store.close()
    view = demo_phone(tmp_path).steps(elder).view()
    assert view.asked == "contact0"
    assert [choice.value for choice in view.outcomes] == ["whereabouts", "reached", "no_answer"]


def test_each_outcome_is_an_event_that_any_server_reads(app):
    elder = quiet_elder(app)
    saved = attempt(app, elder)
    steps = app.steps(elder)
    steps.dialled("elder")
    steps.outcome("elder", "no_answer")
    view = steps.outcome("contact0", "whereabouts", where="in_hospital", words="县医院")
    events = [read_event(event) for event in told(app)]
    assert [read.faults for read in events] == [(), ()]
    assert [read.event.kind for read in events] == ["ladder_call", "ladder_call"]
    assert {str(read.event.subject_id) for read in events} == {saved.visit_id}
    assert events[0].event.data == {"whom": "elder", "outcome": "no_answer", "words": ""}
    assert events[1].event.data["whom"] == "contact"
    assert events[1].event.data["words"] == "在医院 县医院（儿子李强说）"
    assert events[1].event.clock.start_uptime_ms is not None
    assert view.ended_text == "已经知道老人在哪里"
    assert row_of(app, elder).due != "no_answer"


def test_to_know_where_the_elder_is_takes_a_word_of_where(app):
    elder = quiet_elder(app)
    attempt(app, elder)
    with pytest.raises(ValueError, match="where"):
        app.steps(elder).outcome("contact0", "whereabouts", words="  ")
    assert told(app) == []


def test_the_elder_cannot_be_said_to_know_where_the_elder_is(app):
    elder = quiet_elder(app)
    attempt(app, elder)
    with pytest.raises(ValueError, match="whereabouts"):
        app.steps(elder).outcome("elder", "whereabouts", where="travelling")


def test_a_contact_who_knows_nothing_does_not_end_it_and_the_elder_on_the_phone_does(app):
    elder = quiet_elder(app)
    attempt(app, elder)
    assert not app.steps(elder).outcome("contact0", "reached").ended_text
    assert row_of(app, elder).due == "no_answer"
    assert app.steps(elder).outcome("elder", "reached").ended_text
    assert row_of(app, elder).due != "no_answer"


def test_meeting_the_elder_ends_it(app):
    elder = quiet_elder(app)
    attempt(app, elder)
    app.steps(elder).again("hour")
    visit = app.begin_visit(elder)
    visit.all_good()
    visit.save()
    assert row_of(app, elder).due == "saved"
    assert row_of(app, elder).again_text == ""
    assert app.platform.reminders.kept == {}


def test_going_again_is_kept_shown_and_reminded_of_without_a_name(app):
    elder = quiet_elder(app)
    attempt(app, elder)
    view = app.steps(elder).again("hour")
    assert [choice.chosen for choice in view.agains] == [True, False, False]
    (at, title, text), = app.platform.reminders.kept.values()
    assert at == app.platform.clock.now() + timedelta(hours=1)
    assert row_of(app, elder).name not in title + text
    assert row_of(app, elder).again_text == "今天 10:00 再去看看"
    app.platform.clock.advance(3600)
    assert row_of(app, elder).again_text == "该再去看看了"
    assert not any(choice.chosen for choice in app.steps(elder).again(None).agains)
    assert app.platform.reminders.kept == {}


def test_late_in_the_day_five_o_clock_is_not_offered(app):
    app.platform.clock.advance(7.5 * 3600)
    elder = quiet_elder(app)
    attempt(app, elder)
    assert [choice.value for choice in app.steps(elder).view().agains] == ["hour", "morning"]


def test_the_server_ends_it_by_having_the_attempt_and_no_alert(app):
    elder = quiet_elder(app)
    saved = attempt(app, elder)
    now = app.platform.clock.now().isoformat()
    app.store.answered([{"id": saved.visit_id, "status": "accepted"}], at=now)
    assert row_of(app, elder).due == "no_answer", "it was sent, and nothing was heard since"
    later = (app.platform.clock.now() + timedelta(minutes=5)).isoformat()
    app.store.cache.apply({"cursor": "2", "elders": []}, first=False, whole=False, at=later)
    assert row_of(app, elder).due != "no_answer"


def test_after_days_it_is_the_countys_and_reminds_nobody(app):
    elder = quiet_elder(app)
    attempt(app, elder)
    app.platform.clock.advance(4 * 86_400)
    assert app.steps(elder).view() is None
    assert row_of(app, elder).due != "no_answer"
