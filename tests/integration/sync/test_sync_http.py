"""The feed's addresses, as a phone uses them."""

from __future__ import annotations

import gzip
import json

from tests.integration.sync.test_events import told

CHANGES = "/api/v1/sync/changes"


def test_a_pull_is_gzipped_where_the_phone_takes_it(client, world):
    who = world.person("volunteer")
    for _ in range(5):
        world.pair(who, world.elder())
    headers = world.bearer(who)
    plain = client.get(CHANGES, headers=headers)
    packed = client.get(CHANGES, headers={**headers, "Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 2
    assert len(json.loads(gzip.decompress(packed.data))["elders"]) == 5
    assert plain.headers["Cache-Control"] == "no-store"
    assert plain.json["config"]["server_keys"]


def test_a_cursor_leads_on_and_an_unknown_one_is_410(client, world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    headers = world.bearer(who)
    first = client.get(CHANGES, headers=headers).json
    again = client.get(CHANGES, query_string={"cursor": first["cursor"]}, headers=headers)
    assert (again.json["cursor"], again.json["elders"]) == (first["cursor"], [])
    assert len(again.data) <= 1024
    anew = client.get(CHANGES, query_string={"cursor": ""}, headers=headers)  # an empty one is none
    assert len(anew.json["elders"]) == 1
    gone = client.get(CHANGES, query_string={"cursor": "x"}, headers=headers)
    assert (gone.status_code, gone.json["code"]) == (410, "cursor_unknown")


def test_a_phone_on_a_bad_line_asks_for_smaller_pages(client, world):
    who = world.person("volunteer")
    for _ in range(5):
        world.pair(who, world.elder())
    headers, got, cursor = world.bearer(who), [], ""
    for expected, more in ((2, True), (2, True), (1, False)):
        page = client.get(CHANGES, query_string={"cursor": cursor, "limit": 2}, headers=headers).json
        assert (len(page["elders"]), page["has_more"]) == (expected, more)
        got += [elder["id"] for elder in page["elders"]]
        cursor = page["cursor"]
    assert len(set(got)) == 5
    for limit in (0, 501, "x"):
        assert client.get(CHANGES, query_string={"limit": limit}, headers=headers).status_code == 422


def test_who_visits_nobody_may_not_pull(client, world):
    for role in ("family", "auditor", "admin"):
        assert client.get(CHANGES, headers=world.bearer(world.person(role))).status_code == 403
    assert client.get(CHANGES).status_code == 401


def test_events_answer_like_visits(client, world):
    headers = world.bearer(world.person("volunteer"))
    item = told()
    body = {"events": [item, {"kind": "x"}]}
    answer = client.post("/api/v1/sync/events", json=body, headers=headers)
    assert answer.status_code == 200
    assert set(answer.json) == {"server_time", "epoch", "results"}
    good, bad = answer.json["results"]
    assert good == {
        "id": item["id"], "status": "accepted", "assurance": None, "flags": [], "photos_missing": [], "error": None,
    }  # fmt: skip
    assert (bad["status"], bad["error"]["code"], list(bad["error"]["errors"])) == ("rejected", "validation", ["id"])
    packed = gzip.compress(json.dumps(body).encode())
    again = client.post("/api/v1/sync/events", data=packed, headers={**headers, "Content-Encoding": "gzip"})
    assert again.json["results"][0]["status"] == "duplicate"
    for events in ([], [told()] * 501, "x"):
        refused = client.post("/api/v1/sync/events", json={"events": events}, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (422, "batch_size")
