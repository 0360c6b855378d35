"""/alerts and /sos over HTTP."""

import datetime as dt
import json
import uuid

import pytest
import sqlalchemy as sa

from server.alerts import service
from server.alerts.model import Alert
from server.alerts.service import Wanted
from server.auth import service as auth
from server.auth.cookie import COOKIE, make_cookie
from tests import factories as make
from tests.people import CITY, COUNTY, KEYS, TOWN, VILLAGE, VILLAGE_B

EARLIER = dt.timedelta(days=1)


@pytest.fixture
def alerts(session, place, now):
    """One missing elder in each of two villages: (elder, alert id) by village."""
    found = {}
    for code in (VILLAGE, VILLAGE_B):
        elder = make.elder(session, place.county, place.regions[code])
        wanted = Wanted(elder.county_id, "missing", elder.id, "2026-10", elder.id, None, elder.region_id)
        (alert_id,) = service.raise_alerts(session, [wanted], now=now - EARLIER)
        found[code] = elder, str(alert_id)
    session.commit()
    return found


def listed(client, headers, query="") -> list[str]:
    answer = client.get(f"/api/v1/alerts{query}", headers=headers)
    assert answer.status_code == 200, answer.json
    return [item["id"] for item in answer.json["items"]]


def test_directors_see_their_region_and_visitors_their_own_elders(client, session, place, alerts):
    elder, alert_id = alerts[VILLAGE]
    paired, kin = place.user(("volunteer", VILLAGE)), place.user(("volunteer", VILLAGE))
    make.pairing(session, elder, paired)
    make.pairing(session, elder, kin, "family")
    session.commit()
    everyone = {a for _, a in alerts.values()}
    assert listed(client, place.somebody(("director", VILLAGE))) == [alert_id]
    assert set(listed(client, place.somebody(("director", TOWN)))) == everyone
    assert listed(client, place.somebody(("director", TOWN)), f"?region={VILLAGE}") == [alert_id]
    assert listed(client, place.bearer(paired)) == [alert_id]
    assert listed(client, place.bearer(kin)) == []
    assert listed(client, place.somebody(("director", CITY))) == []
    assert client.get("/api/v1/alerts", headers=place.somebody(("family", VILLAGE))).status_code == 403
    foreign = client.get(f"/api/v1/alerts?region={COUNTY}", headers=place.somebody(("director", VILLAGE)))
    assert foreign.status_code == 404


def test_a_doubted_visit_is_shown_to_its_visitor_and_not_to_others_who_visit_the_elder(
    client, session, place, alerts, now
):
    elder, _ = alerts[VILLAGE]
    visitor, other = place.user(("volunteer", VILLAGE)), place.user(("volunteer", VILLAGE))
    for user in (visitor, other):
        make.pairing(session, elder, user)
    visit = make.visit(session, elder, visitor, now - EARLIER, assurance="doubtful", counts=False)
    doubt = Wanted(
        elder.county_id, "doubtful_visit", elder.id, str(visit.id), elder.id, visit.id, elder.region_id
    )
    (alert_id,) = service.raise_alerts(session, [doubt], now=now)
    session.commit()
    assert listed(client, place.bearer(visitor), "?kind=doubtful_visit") == [str(alert_id)]
    assert listed(client, place.bearer(other), "?kind=doubtful_visit") == []


def test_an_alert_has_the_contracts_shape_and_its_story(client, place, alerts, now):
    elder, alert_id = alerts[VILLAGE]
    item = client.get("/api/v1/alerts?state=open", headers=place.somebody(("director", VILLAGE))).json["items"][0]
    region = {"code": str(VILLAGE), "name": "第一社区", "level": "village"}
    assert item["elder"] == {"id": str(elder.id), "name": elder.name, "region": region}
    assert (item["kind"], item["period"], item["state"], item["step"]) == ("missing", "2026-10", "open", 0)
    assert item["acknowledged_by"] is None
    assert item["resolved"] is None
    assert dt.datetime.fromisoformat(item["due_at"]) == now
    story = client.get(f"/api/v1/alerts/{alert_id}", headers=place.somebody(("director", VILLAGE))).json
    assert [event["kind"] for event in story["events"]] == ["opened"]


def test_taking_on_and_ending_are_idempotent_and_what_is_ended_stays_so(client, place, alerts):
    _, alert_id = alerts[VILLAGE]
    one, other = place.user(("director", VILLAGE)), place.user(("director", TOWN))
    mine, theirs = place.bearer(one), place.bearer(other)
    url = f"/api/v1/alerts/{alert_id}"
    taken = [client.post(f"{url}/acknowledge", json={}, headers=h) for h in (mine, mine, theirs)]
    assert [(a.status_code, a.json["acknowledged_by"]["id"]) for a in taken] == [(200, str(one.id))] * 3
    assert taken[0].json["due_at"] is None
    ended = [client.post(f"{url}/resolve", json={"note": "在女儿家，已通电话"}, headers=mine) for _ in range(2)]
    assert ended[0].json == ended[1].json
    assert ended[0].json["state"] == "resolved"
    assert ended[0].json["resolved"]["result"] == "在女儿家，已通电话"
    assert ended[0].json["resolved"]["by"]["id"] == str(one.id)
    for what in ("resolve", "acknowledge"):
        late = client.post(f"{url}/{what}", json={"note": ""}, headers=theirs)
        assert (late.status_code, late.json["code"]) == (409, "already_resolved")
    assert listed(client, mine, "?state=open") == []
    story = client.get(url, headers=mine).json["events"]
    assert [event["kind"] for event in story] == ["opened", "acknowledged", "resolved"]


@pytest.mark.parametrize("what", ["acknowledge", "resolve"])
def test_nobody_acts_on_an_alert_out_of_scope(client, place, alerts, what):
    _, alert_id = alerts[VILLAGE_B]
    for role in ("director", "volunteer", "social_worker"):
        answer = client.post(
            f"/api/v1/alerts/{alert_id}/{what}", json={"note": "x"}, headers=place.somebody((role, VILLAGE))
        )
        assert answer.status_code == 404
    for role in ("auditor", "family"):
        answer = client.post(
            f"/api/v1/alerts/{alert_id}/{what}", json={"note": "x"}, headers=place.somebody((role, VILLAGE))
        )
        assert answer.status_code == 403


def test_the_list_pages_and_keeps_its_query_count(client, session, place, alerts, now, queries):
    headers = place.somebody(("director", TOWN))
    first = client.get("/api/v1/alerts?limit=1", headers=headers).json
    rest = client.get(f"/api/v1/alerts?limit=1&cursor={first['next_cursor']}", headers=headers).json
    assert {first["items"][0]["id"], rest["items"][0]["id"]} == {a for _, a in alerts.values()}
    with queries() as few:
        listed(client, headers)
    more = [make.elder(session, place.county, place.regions[VILLAGE]) for _ in range(5)]
    service.raise_alerts(
        session, [Wanted(e.county_id, "missing", e.id, "2026-10", e.id, None, e.region_id) for e in more], now=now
    )
    session.commit()
    with queries() as many:
        assert len(listed(client, headers)) == 7
    assert len(many) == len(few)


def test_kin_call_for_help_once_and_the_director_hears_of_it(client, session, place):
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    kin, director = place.user(("family", VILLAGE)), place.user(("director", VILLAGE))
    make.pairing(session, elder, kin, "family")
    session.commit()
    call = {"id": str(uuid.uuid4()), "elder_id": str(elder.id)}
    answers = [client.post("/api/v1/sos", json=call, headers=place.bearer(kin)) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert answers[0].json["call_first"] == ["120", "110"]
    assert listed(client, place.bearer(director), "?kind=sos") == [call["id"]]
    assert session.scalar(sa.select(sa.func.count()).select_from(Alert)) == 1
    stranger = client.post(
        "/api/v1/sos", json={**call, "id": str(uuid.uuid4())}, headers=place.somebody(("family", VILLAGE))
    )
    assert stranger.status_code == 404
    reused = client.post("/api/v1/sos", json={"id": call["id"]}, headers=place.bearer(kin))
    assert (reused.status_code, reused.json["code"]) == (409, "id_reused")


def streamed(client, headers, last=None) -> list[str]:
    """The alerts that a stream tells of."""
    headers = headers | ({"Last-Event-ID": last.isoformat()} if last else {})
    answer = client.get("/api/v1/alerts/stream", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.text.startswith("retry: 5000\nid: ")
    return [json.loads(line[6:])["id"] for line in answer.text.splitlines() if line.startswith("data: ")]


def test_the_stream_tells_of_what_changed_in_ones_region_and_ends(client, place, alerts, now):
    _, alert_id = alerts[VILLAGE]
    director, next_door = place.somebody(("director", VILLAGE)), place.somebody(("director", VILLAGE_B))
    assert streamed(client, director) == []
    assert streamed(client, director, now - EARLIER) == [alert_id]
    assert streamed(client, director, now - dt.timedelta(hours=1)) == []
    client.post(f"/api/v1/alerts/{alert_id}/acknowledge", json={"note": ""}, headers=director)
    assert streamed(client, director, now) == [alert_id]
    assert streamed(client, next_door, now) == []
    assert client.get("/api/v1/alerts/stream").status_code == 401
    assert client.get("/api/v1/alerts/stream", headers=place.somebody(("family", VILLAGE))).status_code == 403


def test_the_stream_takes_the_consoles_cookie_and_nothing_else_does(client, session, place, alerts, now):
    director = place.user(("director", VILLAGE))
    held = auth.open_session(session, director.id, now, kind="console")
    session.commit()
    client.set_cookie(COOKIE, make_cookie(KEYS, held.id))
    assert streamed(client, {}, now - EARLIER) == [alerts[VILLAGE][1]]
    assert client.get("/api/v1/alerts").status_code == 401
    client.set_cookie(COOKIE, "forged")
    assert client.get("/api/v1/alerts/stream").status_code == 401
