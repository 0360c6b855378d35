"""Proposed places of homes: found by the hourly job, confirmed by a director or a call-back, judged with afterwards."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server.audit.model import AuditEntry
from server.callbacks.model import Callback
from server.elders.model import Elder, ElderCard
from server.homes.model import HomeDecision, HomeProposal
from server.visits.model import History
from shared.geo import distance_m, move
from shared.ids import uuid7
from tests.conftest import NOW
from tests.integration.console.desk import desk
from tests.integration.visits.test_histories import DAY, HERE, HOUR, World
from tests.people import COUNTY, TOWN, VILLAGE, VILLAGE_B

TRUTH = move(HERE, -500, -500)


@pytest.fixture
def world(session):
    return World(session)


def visit(world, days, user=None, at=TRUTH, elder=None):
    start = NOW - days * DAY
    world.send(world.home(elder or world.elders[0], start=start, at=at), user=user, now=start + HOUR)


def codes(world, back=-1):
    return [flag["code"] for flag in world.visits()[back].flags]


@pytest.fixture
def proposed(world, session):
    """One visitor, on four days, 700 m from where the register has the home; and the job that finds it."""
    for days in (4, 3, 2, 1):
        visit(world, days)
    world.rejudge(NOW)
    return session.scalars(sa.select(HomeProposal)).one()


def decide(client, headers, proposal, decision="accept", **body):
    path = f"/api/v1/homes/proposals/{proposal.id}/decision"
    return client.post(path, json={"decision": decision, **body}, headers=headers)


def where(world, session):
    elder = session.get_one(Elder, (world.county.id, world.elders[0].id), populate_existing=True)
    return elder.lat, elder.lon


def test_one_visitors_readings_on_three_days_are_proposed_once_and_shown_to_the_region(world, client, proposed):
    assert world.rejudge(NOW + HOUR)["revised"] == 0
    place = world.place
    for role in (("director", VILLAGE), ("director", TOWN), ("auditor", COUNTY)):
        items = client.get("/api/v1/homes/proposals?state=open", headers=place.somebody(role)).json["items"]
        assert [item["id"] for item in items] == [str(proposed.id)]
    assert client.get("/api/v1/homes/proposals", headers=place.somebody(("director", VILLAGE_B))).json["items"] == []
    (item,) = items
    assert (item["several"], item["days"], len(item["readings"])) == (False, 4, 4)
    assert [v["id"] for v in item["visitors"]] == [str(world.volunteer.id)]
    assert 600 < item["distance_m"] < 800
    assert distance_m((item["proposed"]["lat"], item["proposed"]["lon"]), TRUTH) < 20
    assert "home_unsure" in codes(world)


def test_a_director_corrects_the_register_and_visits_are_judged_by_it(world, client, session, proposed):
    before = where(world, session)
    version = sa.select(ElderCard.version).where(ElderCard.elder_id == world.elders[0].id)
    card = session.scalar(version)
    director = world.place.somebody(("director", VILLAGE))
    for _ in range(2):  # said again it is the same
        answer = decide(client, director, proposed, reason="电话核实")
        assert (answer.status_code, answer.json["state"]) == (200, "accepted")
    assert distance_m(where(world, session), TRUTH) < 25
    assert answer.json["registered"] == {"lat": before[0], "lon": before[1]}  # as it stood then
    assert session.scalar(version) == card + 1  # phones are told
    assert answer.json["decision"]["reason"] == "电话核实"
    row = session.scalars(sa.select(HomeDecision)).one()
    assert "电话核实".encode() not in row.told
    said = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject_id == world.elders[0].id)).all()
    assert {"home.accept", "elder.change"} <= set(said)
    assert world.rejudge(NOW + HOUR)["revised"] > 0
    assert all({"far", "rather_far", "home_unsure"}.isdisjoint(f["code"] for f in v.flags) for v in world.visits())
    visit(world, 0, at=TRUTH)
    assert {"far", "rather_far", "home_unsure"}.isdisjoint(codes(world))
    other = world.place.somebody(("director", COUNTY))
    assert decide(client, other, proposed, "decline", reason="不对").json["code"] == "already_reviewed"


def test_a_declined_place_excuses_that_visitor_no_longer(world, client, session, proposed):
    director = world.place.somebody(("director", VILLAGE))
    assert decide(client, director, proposed, "decline").status_code == 422
    before = where(world, session)
    assert decide(client, director, proposed, "decline", reason="老人说没有人来过").json["state"] == "declined"
    assert where(world, session) == before
    world.rejudge(NOW + HOUR)
    visit(world, 0)
    assert "home_unsure" not in codes(world)
    assert "far" in codes(world)
    world.rejudge(NOW + 2 * HOUR)
    assert session.scalars(sa.select(HomeProposal.state)).all() == ["declined"]


def test_several_visitors_are_heard_also_where_one_was_declined(world, client, session, proposed):
    decide(client, world.place.somebody(("director", VILLAGE)), proposed, "decline", reason="没有核实到")
    for days, user in ((2, world.other), (1, world.other)):
        visit(world, days, user)
    world.rejudge(NOW + HOUR)
    fresh = session.scalars(sa.select(HomeProposal).where(HomeProposal.state == "open")).one()
    assert fresh.several is True


def test_nobody_confirms_a_place_by_their_own_readings(world, client, session):
    visitor = world.place.user(("director", VILLAGE))
    for days in (4, 3, 2, 1):
        visit(world, days, visitor)
    world.rejudge(NOW)
    proposal = session.scalars(sa.select(HomeProposal)).one()
    answer = decide(client, world.place.bearer(visitor), proposal)
    assert (answer.status_code, answer.json["code"]) == (403, "own_visit")
    assert decide(client, world.place.somebody(("director", TOWN)), proposal).status_code == 200


def test_a_proposal_goes_when_the_register_is_put_right_otherwise(world, client, session, proposed):
    body = {"position": {"lat": TRUTH[0], "lon": TRUTH[1], "datum": "wgs84"}}
    headers = world.place.somebody(("director", VILLAGE))
    assert client.patch(f"/api/v1/elders/{world.elders[0].id}", json=body, headers=headers).status_code == 200
    visit(world, 0)
    world.rejudge(NOW + HOUR)
    session.refresh(proposed)
    assert proposed.state == "gone"
    assert decide(client, headers, proposed).json["code"] == "not_reviewable"


def call_back(world, session, visit_row):
    caller = world.place.user(("social_worker", VILLAGE))
    call = Callback(
        county_id=world.county.id, id=uuid7(), month=dt.date(2026, 11, 1), round=1, visit_id=visit_row.id,
        elder_id=world.elders[0].id, visitor_id=world.volunteer.id, region_id=visit_row.region_id,
        assigned_to=caller.id,
    )  # fmt: skip
    session.add(call)
    session.commit()
    return world.place.bearer(caller), f"/api/v1/callbacks/{call.id}", call


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"outcome": "confirmed", "at_home": True}, "accepted"),
        ({"outcome": "confirmed", "at_home": False}, "open"),
        ({"outcome": "confirmed"}, "open"),
        ({"outcome": "elder_unsure", "at_home": True}, "open"),
    ],
)
def test_an_elder_who_says_it_was_in_their_home_confirms_the_place(world, client, session, proposed, said, state):
    caller, path, call = call_back(world, session, world.visits()[-1])
    before = where(world, session)
    assert client.get(path, headers=caller).json["asks_home"] is True
    answer = client.post(f"{path}/outcome", json=said, headers=caller).json
    assert answer["attempts"][0]["at_home"] == (said.get("at_home") if said["outcome"] == "confirmed" else None)
    session.refresh(proposed)
    assert proposed.state == state
    assert (where(world, session) == before) == (state == "open")
    if state == "accepted":
        assert session.scalars(sa.select(HomeDecision.callback_id)).one() == call.id
        assert answer["asks_home"] is False


def test_a_call_about_a_visit_that_proposes_nothing_asks_nothing_of_the_home(world, client, session, proposed):
    visit(world, 0.5, elder=world.elders[1], at=(world.elders[1].lat, world.elders[1].lon))
    visit(world, 0.2, world.other, at=(world.elders[0].lat, world.elders[0].lon))
    world.rejudge(NOW)
    last = world.visits()[-1]
    assert last.elder_id == world.elders[0].id
    caller, path, _ = call_back(world, session, last)
    assert client.get(path, headers=caller).json["asks_home"] is False
    client.post(f"{path}/outcome", json={"outcome": "confirmed", "at_home": True}, headers=caller)
    session.refresh(proposed)
    assert proposed.state == "open"


def test_who_refused_that_positions_are_kept_has_nothing_learnt(world, client, session, proposed):
    headers = world.place.somebody(("director", VILLAGE))
    body = {"consent_position": False}
    assert client.patch(f"/api/v1/elders/{world.elders[0].id}", json=body, headers=headers).status_code == 200
    home = sa.select(sa.func.count()).select_from(History).where(History.kind == "home")
    world.rejudge(NOW + HOUR)
    assert session.scalar(home) == 0
    session.refresh(proposed)
    assert proposed.state == "gone"
    for days in (0.4, 0.3, 0.2):
        visit(world, days)
    assert session.scalar(home) == 0
    assert "home_unsure" not in codes(world)
    start = NOW + 5 * DAY  # several days at once teach nothing within their batch either
    world.send(*(world.home(world.elders[0], start=start + n * DAY, at=TRUTH) for n in range(4)), now=start + 4 * DAY)
    world.rejudge(NOW + 10 * DAY)
    assert session.scalar(home) == 0
    assert all("home_unsure" not in [f["code"] for f in v.flags] for v in world.visits()[-4:])
    assert session.scalars(sa.select(HomeProposal.state)).all() == ["gone"]


def test_the_job_asks_the_same_number_of_queries_for_one_home_and_for_five(world, session, queries):
    for days in (5, 4, 3):
        visit(world, days)
    with queries() as one:
        world.rejudge(NOW - 2 * DAY)
    for elder in world.elders[1:]:
        visitor = world.place.user(("social_worker", VILLAGE))
        for days in (3, 2, 1):
            visit(world, days, visitor, at=move((elder.lat, elder.lon), 0, 900), elder=elder)
    with queries() as five:
        world.rejudge(NOW)
    assert session.scalar(sa.select(sa.func.count()).select_from(HomeProposal)) == 5
    about = [sum("home_proposals" in statement for statement in sent) for sent in (one, five)]
    assert about[1] <= about[0] + 1


def test_the_pages_show_and_decide_it_in_both_languages(world, client, session, proposed):
    director = desk(client, world.place, ("director", VILLAGE))
    for lang, title in (("zh-CN", "住址坐标待核对"), ("en", "Home positions to look at")):
        headers = {"Accept-Language": lang}
        listed = director.get("/console/homes", headers=headers).text
        assert title in listed
        assert f"/console/homes/{proposed.id}" in listed
        assert "svg" in director.get(f"/console/homes/{proposed.id}", headers=headers).text
        month = director.get("/console/month", headers=headers).text
        assert title in month
    seen = director.get(f"/console/visits/{world.visits()[-1].id}").text
    assert f"/console/homes/{proposed.id}" in seen
    refused = director.post(f"/console/homes/{proposed.id}", {"decision": "decline"})
    assert (refused.status_code, "请写明原因" in refused.text) == (422, True)
    assert director.post(f"/console/homes/{proposed.id}", {"decision": "accept"}).status_code == 303
    session.refresh(proposed)
    assert proposed.state == "accepted"
    assert world.volunteer.name in director.get("/console/homes?state=accepted").text
