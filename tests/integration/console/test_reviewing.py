"""Reviews and call-backs at the console: what waits, several decisions at once, the visitor's answer, one call."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from server import closing, intake, outcomes
from server.callbacks.model import Callback
from server.elders import vault as vaults
from server.visits.model import Review, Visit
from tests import factories as make
from tests.conftest import NOW
from tests.integration.console.desk import desk
from tests.people import COUNTY, TOWN, VILLAGE
from tests.visits import sent

TZ = dt.timezone(dt.timedelta(hours=8))
HOME = (34.02, 113.82)


@pytest.fixture
def world(app, place, session):
    """Three elders of one volunteer, each visited for a minute from far away: doubtful."""
    place.volunteer = place.user(("volunteer", VILLAGE), name="李强")
    place.elders = [
        make.elder(session, place.county, place.regions[VILLAGE], name=f"王老{n}", lat=HOME[0] + n / 500, lon=HOME[1])
        for n in range(3)
    ]
    for elder in place.elders:
        make.pairing(session, elder, place.volunteer)
    outcomes.open_periods(session, place.county.id, now=NOW)
    far = {"lat": 34.10, "lon": 113.90, "accuracy_m": 10.0, "datum": "wgs84"}
    begun = NOW - dt.timedelta(hours=2)
    items = [sent(e, begun + dt.timedelta(minutes=9 * n), minutes=1, position=far, start_position=far)
             for n, e in enumerate(place.elders)]  # fmt: skip
    with app.app_context():
        intake.receive(
            session, intake.Sender(place.volunteer.id, place.county.id), items, vault=vaults.current(), now=NOW
        )
    session.commit()
    place.visits = session.scalars(sa.select(Visit).order_by(Visit.start)).all()
    return place


def of_visitor(world):
    return f"/console/review/visits?visitor={world.volunteer.id}"


def test_the_queue_leads_to_the_visits_with_sketch_pattern_and_boxes(client, world):
    director = desk(client, world, ("director", VILLAGE))
    page = director.get("/console/review")
    assert "3 次待复核" in page.text
    assert re.search(r'href="/console/review/visits\?visitor=[^"]+"[^>]*>李强', page.text)
    assert "停留太短 3" in page.text
    assert "停留太短" in director.get("/console/review?by=reason").text
    page = director.get(of_visitor(world))
    assert page.text.count('type="checkbox"') == 3
    assert page.text.count("<svg viewBox") >= 3
    assert "5000 米" in page.text or "10000 米" in page.text  # the bar of the sketch
    assert "平时的样子" in page.text
    assert "离登记住址约" in page.text
    reasons = director.get("/console/review/visits?reason=short_stay")
    assert reasons.text.count('type="checkbox"') == 3
    assert "李强" in reasons.text


def test_ticked_visits_are_decided_and_what_cannot_be_is_said(client, session, world):
    director = desk(client, world, ("director", TOWN))
    session.execute(
        sa.update(Visit).where(Visit.id == world.visits[2].id).values(companion_ids=[str(director.user.id)])
    )
    session.commit()
    form = {"visit": [str(v.id) for v in world.visits], "decision": "accept", "ground": "called", "words": ""}
    answer = director.post(of_visitor(world), form)
    assert answer.status_code == 303
    page = director.get(answer.location)
    assert "已决定 2 次探访" in page.text
    assert "1 次没有决定：不能复核自己参与的探访" in page.text
    assert page.text.count('type="checkbox"') == 1
    assert session.scalars(sa.select(Review.ground)).all() == ["called"] * 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"decision": "accept", "ground": "called"}, "请先勾选探访"),
        ({"visit": "all", "ground": "called"}, "请选择采信或驳回"),
        ({"visit": "all", "decision": "reject", "ground": "called"}, "请选择依据"),
        ({"visit": "all", "decision": "reject", "ground": "other"}, "选“其他”时请写明"),
    ],
)
def test_a_form_with_something_missing_is_shown_again_and_decides_nothing(client, session, world, form, words):
    if form.get("visit"):
        form = {**form, "visit": [str(v.id) for v in world.visits]}
    answer = desk(client, world, ("director", VILLAGE)).post(of_visitor(world), form)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Review)) == 0


def test_a_visitor_answers_at_the_console_and_another_reviewer_decides(client, world):
    first = desk(client, world, ("director", VILLAGE))
    path = f"/console/visits/{world.visits[0].id}"
    first.post(f"{path}/review", {"decision": "reject", "ground": "not_there"})
    second = desk(client, world, ("director", TOWN))
    mine = desk(client, world, user=world.volunteer)
    assert "您的答复" in mine.get(path).text
    assert mine.post(f"{path}/reply", {"words": " "}).status_code == 422
    assert mine.post(f"{path}/reply", {"words": "我在"}).status_code == 303
    assert "您的答复" not in mine.get(path).text
    assert "由另一位来复核" in first.get(path).text
    assert 'name="decision"' not in first.get(path).text
    page = second.get(of_visitor(world))
    assert "探访员有答复" in page.text
    assert "我在" in page.text
    assert second.post(f"{path}/review", {"decision": "accept", "ground": "colleague"}).status_code == 303


def test_reviewers_who_accept_everything_are_marked(client, world):
    director = desk(client, world, ("director", VILLAGE))
    for elder in world.elders:
        make.visit(world.session, elder, world.volunteer, NOW - dt.timedelta(days=3))
    world.session.commit()
    visits = world.session.scalars(sa.select(Visit.id)).all()
    form = {"visit": [str(v) for v in visits], "decision": "accept", "ground": "called"}
    director.post(of_visitor(world), form)
    page = desk(client, world, ("auditor", COUNTY)).get("/console/reviewers")
    assert "全部采信" in page.text
    assert "100%" in page.text


def test_director_and_visitor_read_the_same_record(client, world):
    theirs = desk(client, world, ("director", VILLAGE)).get(f"/console/visitors/{world.volunteer.id}")
    own = desk(client, world, user=world.volunteer).get("/console/visitors/me")
    for page in (theirs, own):
        assert "3 次探访，3 位老人" in page.text
        assert "停留太短" in page.text
    assert "您的主任看到的是同一页" in own.text


@pytest.fixture
def call(app, session, world):
    """A call-back of a closed October."""
    for number, elder in enumerate(world.elders):
        make.visit(session, elder, world.volunteer, dt.datetime(2026, 10, 5 + number, 9, tzinfo=TZ))
    closed = dt.datetime(2026, 11, 6, 0, 20, tzinfo=TZ)
    outcomes.open_periods(session, world.county.id, now=dt.datetime(2026, 10, 31, 12, tzinfo=TZ))
    closing.close_months(session, world.county.id, now=closed)
    world.caller = world.user(("social_worker", VILLAGE), name="赵社工")
    with app.app_context():
        closing.draw_callbacks(session, world.county.id, vault=vaults.current(), now=closed)
    session.commit()
    return session.scalars(sa.select(Callback)).first()


def test_a_call_is_made_recorded_and_told_beside_the_rate(client, session, world, call):
    director, worker = desk(client, world, ("director", COUNTY)), desk(client, world, user=world.caller)
    assert "2026年10月已抽 3 次，还没有回访结果" in director.get("/console/month").text
    mine = worker.get("/console/callbacks")
    assert mine.text.count("/console/callbacks/") >= 3
    path = f"/console/callbacks/{call.id}"
    page = worker.get(path)
    assert "怎么问" in page.text
    assert worker.post(f"{path}/outcome", {}).status_code == 422
    answer = worker.post(f"{path}/outcome", {"outcome": "not_confirmed", "note": "没人来过", "mine": "1"})
    assert (answer.status_code, answer.location) == (303, "/console/callbacks?state=mine")
    assert "已有结果" in director.get(path).text
    assert "2026年10月回访 1 次，1 次未证实：估计 100%" in director.get("/console/month").text
    assert "回访未证实" in director.get("/console/review?by=reason").text
    drawn = director.get("/console/callbacks/draws").text
    assert "第 1 轮" in drawn


def test_a_whole_month_called_back_leaves_no_doubt(client, session, world, call):
    worker = desk(client, world, user=world.caller)
    for one in session.scalars(sa.select(Callback.id)).all():
        worker.post(f"/console/callbacks/{one}/outcome", {"outcome": "confirmed"})
    page = desk(client, world, ("director", COUNTY)).get("/console/month")
    assert "2026年10月计入的探访全部回访 3 次，全部证实" in page.text


def test_a_call_is_handed_on(client, session, world, call):
    other = world.user(("social_worker", VILLAGE), name="钱社工")
    director = desk(client, world, ("director", COUNTY))
    path = f"/console/callbacks/{call.id}"
    assert "钱社工" in director.get(path).text
    assert director.post(f"{path}/assign", {"user_id": str(world.volunteer.id)}).status_code == 422
    director.post(f"{path}/assign", {"user_id": str(other.id)})
    session.expire_all()
    assert session.get_one(Callback, (call.county_id, call.id)).assigned_to == other.id
