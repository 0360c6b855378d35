"""An emergency, what may be asked about a visit, and what changed since the last one."""

from __future__ import annotations

import json

import pytest

from caregiver_app.platform.protocols import Reading
from caregiver_app.presenters.demo import demo_phone, tag_text
from shared.protocol.event import read_event


@pytest.fixture
def app(tmp_path):
    made = demo_phone(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def elder(app) -> dict:
    return app.store.cache.all("elders")[3]


def test_in_an_emergency_120_and_110_stand_first_then_the_director(app, elder):
    view = app.sos(elder["id"]).view()
    assert [call.number for call in view.first] == ["120", "110"]
    assert [call.whom for call in view.duty] == ["director", "other"]
    assert [call.whom for call in view.family] == ["elder", "contact"]
    assert elder["address"] in view.where


def test_an_alert_is_kept_at_once_urgent_and_not_called_sent(app, elder):
    app.platform.position.here = Reading(34.03, 113.79, 12.0)
    view = app.sos(elder["id"]).raise_alert()
    assert view.state == "pending"
    (row,) = app.store.events.pending(10)
    assert (row.kind, row.urgent) == ("sos", True)
    read = read_event(row.event())
    assert (read.faults, str(read.event.subject_id)) == ((), elder["id"])
    app.store.events.settle(row.id, "sent", {"status": "accepted"}, error=None, at="2026-11-03T09:00:00+08:00")
    assert app.sos(elder["id"]).view().state == "sent"


def test_pressing_twice_is_one_call_and_another_elder_is_another(app, elder):
    app.sos(elder["id"]).raise_alert()
    app.sos(elder["id"]).raise_alert()
    assert len(app.store.events.all()) == 1
    assert app.sos(None).view().state == ""
    app.sos(None).raise_alert()
    assert len(app.store.events.all()) == 2
    app.platform.clock.advance(3 * 3600)
    assert app.sos(None).view().state == ""


def test_a_locked_phone_shows_the_numbers_that_everybody_knows_and_calls_for_help(app, elder):
    app.lock.set_pin("314159")
    app.lock.lock()
    view = app.sos(elder["id"]).view()
    assert [call.number for call in view.first] == ["120", "110"]
    assert (view.name, view.where, view.duty, view.family) == ("", "", (), ())
    assert app.sos(None).raise_alert().state == "pending"
    assert app.store.events.pending(1)[0].urgent


def test_an_alert_about_nobody_in_particular_names_nobody(app):
    app.sos(None).raise_alert()
    assert app.store.events.all()[0].event()["subject_id"] is None


def graded(app, elder: dict, **begin):
    visit = app.begin_visit(elder["id"], **begin)
    visit.all_good()
    return visit


def test_a_minute_is_said_to_be_a_minute_and_can_be_saved(app, elder):
    visit = graded(app, elder)
    assert visit.view().doubts == ("您刚到不到 1 分钟，不急就再坐坐；照样可以保存。",)
    app.platform.clock.advance(70)
    assert visit.view().doubts == ("您到这里 1 分钟，不急就再坐坐；照样可以保存。",)
    assert visit.view().can_save
    visit.save()


def test_nothing_is_said_of_an_ordinary_visit(app, elder):
    app.platform.position.here = Reading(elder["lat"] + 0.0002, elder["lon"], 20.0)
    visit = graded(app, elder, tag=tag_text(3), tag_by="camera")
    app.platform.clock.advance(900)
    assert visit.view().doubts == ()


def test_nothing_is_said_before_it_can_be_saved(app, elder):
    assert app.begin_visit(elder["id"]).view().doubts == ()


def test_a_position_elsewhere_and_a_strange_tag_are_said_kindly(app, elder):
    app.platform.position.here = Reading(elder["lat"] + 0.02, elder["lon"], 20.0)
    visit = graded(app, elder, tag=tag_text(4), tag_by="camera")
    app.platform.clock.advance(900)
    said = visit.view().doubts
    assert said[0].startswith("扫到的是另一位老人的牌")
    assert "2.2 公里" in said[1]
    assert "保存" in said[1]


def test_the_policys_own_shortest_stay_is_kept(app, elder):
    with app.store.database.transaction():
        page = {"cursor": "2", "policies": [{"id": elder["policy_id"], "version": 2, "stay_min_s": 1200}]}
        app.store.cache.apply(page, first=False, whole=False, at="2026-11-03T09:00:00+08:00")
    visit = graded(app, elder)
    app.platform.clock.advance(600)
    assert "10 分钟" in visit.view().doubts[0]


def test_a_visit_whose_elder_is_not_known_here_is_not_judged(app):
    visit = app.begin_visit(None, tag=tag_text(900), tag_by="camera")
    assert visit.all_good().doubts == ()


def change(app, elder: dict, **values) -> None:
    page = {"cursor": "2", "elders": [{**elder, **values}]}
    app.store.cache.apply(page, first=False, whole=False, at="2026-11-03T09:00:00+08:00")


def test_what_changed_on_the_card_since_the_visitor_was_there_is_named(app, elder):
    assert app.elder.view(elder["id"]).changed_lines == ()
    graded(app, elder).save()
    assert app.elder.view(elder["id"]).changed_lines == ()
    change(app, elder, phone="13512345678", notes="装了心脏起搏器")
    assert app.elder.view(elder["id"]).changed_lines == ("有更新：电话、要留意的事",)


def test_what_presses_nobody_is_told_apart_from_what_does(app, elder):
    for number, kind in enumerate(("due_soon", "missing", "tag_problem")):
        alert = {
            "id": f"alert-{number}", "kind": kind, "state": "open", "elder": {"id": elder["id"]},
            "opened_at": "2026-11-03T08:00:00+08:00",
        }  # fmt: skip
        app.store.cache._put("cache", "alerts", alert["id"], alert)
    app.store.cache.version += 1
    view = app.elder.view(elder["id"])
    assert [line.split("，")[0] for line in view.alert_lines] == ["未按期探访"]
    assert [line.split("，")[0] for line in view.mild_lines] == ["二维码牌有问题"]


def test_somebody_elses_visit_since_is_named(app, elder):
    graded(app, elder).save()
    change(app, elder, last_visit={"at": "2026-11-05T10:00:00+08:00", "outcome": "met", "summary": ""})
    assert app.elder.view(elder["id"]).changed_lines == ("11月5日 10:00 有别人来看过",)


def test_no_number_can_be_read_back_from_what_is_kept_of_the_card(app, elder):
    graded(app, elder).save()
    kept = json.dumps(app.store.meta.get(f"seen.{elder['id']}"))
    assert elder["phone"] not in kept
    assert all(len(mark) == 4 for name, mark in json.loads(kept).items() if name != "at")


def test_the_summary_of_the_last_visit_is_told_apart(app, elder):
    last = {"at": "2026-10-20T10:00:00+08:00", "outcome": "met", "summary": "行动能力 差；压力 中；需要：助餐、助医"}
    change(app, elder, last_visit=last)
    view = app.elder.view(elder["id"])
    assert view.found_lines == ("行动能力 差", "压力 中")
    assert view.needs_text == "助餐、助医"


def test_what_exactly_was_needed_last_time_stands_on_the_card(app, elder):
    summary = "情绪 中；需要：助餐（要软的， 少盐）、助医"
    change(app, elder, last_visit={"at": "2026-11-05T10:00:00+08:00", "outcome": "met", "summary": summary})
    view = app.elder.view(elder["id"])
    assert view.needs_text == "助餐（要软的， 少盐）、助医"
    assert view.found_lines == ("情绪 中",)


def test_a_card_of_almost_nothing_can_be_shown(app, elder):
    page = {"cursor": "2", "elders": [{"id": elder["id"]}]}
    app.store.cache.apply(page, first=False, whole=False, at="2026-11-03T09:00:00+08:00")
    view = app.elder.view(elder["id"])
    assert (view.calls, view.notes, view.found_lines, view.needs_text) == ((), "", (), "")
    assert app.today.view().rows


def test_words_that_were_spoken_follow_what_was_typed(app, elder):
    app.platform.dictation.words.extend(["想吃面条", None])
    visit = app.begin_visit(elder["id"])
    visit.set_note("腿疼")
    heard: list = []
    assert visit.dictate(heard.append)
    assert visit.dictate(heard.append)
    assert heard == ["腿疼\n想吃面条", None]
    assert visit.view().note == "腿疼\n想吃面条"


def test_a_call_offers_the_number_and_reasons_that_fit_a_call(app, elder):
    visit = app.begin_visit(elder["id"], channel="phone")
    view = visit.set_outcome("not_home")
    assert view.call.number == elder["phone"]
    assert "door_unsafe" not in [reason.value for reason in view.reasons]
    visit.set_reason("no_answer")
    assert visit.set_channel("home").reason == "no_answer"
    visit.set_reason("door_unsafe")
    assert visit.set_channel("phone").reason is None


def test_only_what_the_policy_allows_is_offered(app, elder):
    page = {"cursor": "2", "policies": [{"id": elder["policy_id"], "version": 2, "channels": ["home", "phone"]}]}
    app.store.cache.apply(page, first=False, whole=False, at="2026-11-03T09:00:00+08:00")
    assert [choice.value for choice in app.elder.view(elder["id"]).channels] == ["home", "phone"]
    assert [choice.value for choice in app.begin_visit(elder["id"]).view().channels] == ["home", "phone"]
