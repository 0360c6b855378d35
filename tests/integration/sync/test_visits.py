"""POST /sync/visits over HTTP: the batch's own errors, one result per item, the reader's language."""

import gzip
import json

import pytest

from server import outcomes
from tests import factories as make
from tests.conftest import NOW
from tests.people import VILLAGE
from tests.visits import sent


@pytest.fixture
def world(client, place, session):
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    volunteer = place.user(("volunteer", VILLAGE))
    make.pairing(session, elder, volunteer)
    outcomes.open_periods(session, place.county.id, now=NOW)
    session.commit()
    return elder, volunteer, place.bearer(volunteer)


def push(client, headers, items, **more):
    return client.post("/api/v1/sync/visits", data=json.dumps({"visits": items}), headers=headers, **more)


def test_each_visit_has_one_result_in_order_and_a_bad_one_stops_nobody(client, world):
    elder, _, bearer = world
    good = sent(elder)
    answer = push(client, bearer, [{"id": "x"}, good])
    assert answer.status_code == 200
    body = answer.get_json()
    assert [r["status"] for r in body["results"]] == ["rejected", "accepted"]
    assert body["results"][0]["id"] == "x"
    assert body["results"][0]["error"]["code"] == "validation"
    assert body["results"][0]["error"]["errors"]["started_at"] == ["必填"]
    assert body["results"][1]["id"] == good["id"]
    assert body["results"][1]["error"] is None
    assert {"server_time", "epoch"} <= body.keys()


def test_flags_are_said_in_the_readers_language(client, world):
    elder, _, bearer = world
    answer = push(client, {**bearer, "Accept-Language": "en"}, [sent(elder, minutes=1)])
    [flag] = [f for f in answer.get_json()["results"][0]["flags"] if f["code"] == "short_stay"]
    assert flag["message"].startswith("Stayed 60 s")


def test_a_gzipped_batch_is_read_as_the_plain_one(client, world):
    elder, _, bearer = world
    body = gzip.compress(json.dumps({"visits": [sent(elder)]}).encode())
    headers = {**bearer, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = client.post("/api/v1/sync/visits", data=body, headers=headers)
    assert answer.get_json()["results"][0]["status"] == "accepted"


@pytest.mark.parametrize("items", [[], [{}] * 501])
def test_no_visits_or_too_many_are_refused_as_a_whole(client, world, items):
    answer = push(client, world[2], items)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "batch_size")


def test_an_item_of_more_than_64_kib_is_rejected_alone(client, world):
    elder, _, bearer = world
    answer = push(client, bearer, [sent(elder, note="长" * 30_000), sent(elder)])
    first, second = answer.get_json()["results"]
    assert (first["status"], first["error"]["code"]) == ("rejected", "item_too_large")
    assert second["status"] == "accepted"


def test_what_is_not_json_is_said_to_be_so(client, world):
    answer = client.post("/api/v1/sync/visits", data=b"{", headers=world[2])
    assert (answer.status_code, answer.get_json()["code"]) == (400, "json_invalid")


def test_a_family_member_may_not_send_visits(client, world, place):
    answer = push(client, place.somebody(("family", VILLAGE)), [sent(world[0])])
    assert answer.status_code == 403


def test_the_visit_is_read_back_by_its_visitor_and_their_director_and_by_nobody_else(client, world, place):
    elder, volunteer, bearer = world
    item = sent(elder, note="水管漏水", needs=[{"kind": "meals", "note": "少盐"}])
    push(client, bearer, [item])
    [mine] = client.get("/api/v1/visits", headers=bearer).get_json()["items"]
    assert (mine["id"], mine["note"], mine["needs"]) == (item["id"], "水管漏水", [{"kind": "meals", "note": "少盐"}])
    assert mine["elder"]["id"] == str(elder.id)
    assert mine["visitor"]["id"] == str(volunteer.id)
    director = place.somebody(("director", VILLAGE))
    assert client.get(f"/api/v1/visits/{item['id']}", headers=director).status_code == 200
    foreign = place.somebody(("director", 411002001002))
    assert client.get(f"/api/v1/visits/{item['id']}", headers=foreign).status_code == 404
    assert client.get("/api/v1/visits", headers=foreign).get_json()["items"] == []
    other = place.somebody(("volunteer", VILLAGE))
    assert client.get(f"/api/v1/visits/{item['id']}", headers=other).status_code == 404


def test_a_judgement_can_be_explained(client, world):
    elder, _, bearer = world
    item = sent(elder, minutes=1)
    push(client, bearer, [item])
    told = client.get(f"/api/v1/visits/{item['id']}/explanation", headers=bearer).get_json()
    [judgement] = told["judgements"]
    assert judgement["assurance"] == "doubtful"
    assert judgement["inputs"]["times"]["stay_s"] == 60
    assert {"code", "weight", "message"} <= judgement["flags"][0].keys()
