import uuid

import pytest

from server.tags import jobs, queries
from server.tasks.runner import Runner
from tests import codes, factories
from tests.people import CITY, COUNTY, ELSEWHERE, TOWN, VILLAGE, VILLAGE_B

assert jobs.print_tags  # the kind is known


@pytest.fixture
def elder(place):
    made = factories.elder(place.session, place.county, place.regions[VILLAGE])
    place.session.commit()
    return made


def run_tasks(app, session) -> None:
    """What the scheduler's process would do, in the test's own transaction (whose pulse must stay silent)."""
    assert Runner(app, beat_s=60).run_one()


@pytest.mark.parametrize("code", [VILLAGE, TOWN, COUNTY])
def test_a_director_has_a_sheet_printed_and_downloads_it(app, client, place, elder, code):
    headers = place.somebody(("director", code))
    body = {"id": str(uuid.uuid4()), "region": f"{code:012d}"}
    asked = client.post("/api/v1/tags/print", json=body, headers=headers)
    assert (asked.status_code, asked.get_json()["state"]) == (202, "queued")
    again = client.post("/api/v1/tags/print", json=body, headers=headers)
    assert again.get_json() == asked.get_json()
    run_tasks(app, place.session)
    task = client.get(f"/api/v1/tasks/{body['id']}", headers=headers).get_json()
    assert task["result"] == {"printed": 1, "issued": 1, "unprintable": []}
    pdf = client.get(task["file"], headers=headers).data
    [[address]] = [codes.by_zxing(page) for page in codes.pages(pdf)]
    assert address.startswith("https://yuetan.example/t/")


@pytest.mark.parametrize(
    ("role", "held", "asked", "status"),
    [
        ("director", VILLAGE, VILLAGE_B, 404),
        ("director", VILLAGE, TOWN, 404),
        ("director", ELSEWHERE, VILLAGE, 404),
        ("director", CITY, VILLAGE, 404),
        ("director", COUNTY, 999999999999, 404),
        ("volunteer", VILLAGE, VILLAGE, 403),
        ("auditor", VILLAGE, VILLAGE, 403),
        ("family", VILLAGE, VILLAGE, 403),
    ],
)
def test_nobody_prints_tags_out_of_their_scope(client, place, elder, role, held, asked, status):
    headers = place.somebody((role, held))
    answer = client.post("/api/v1/tags/print", json={"region": f"{asked:012d}"}, headers=headers)
    assert answer.status_code == status


def test_a_tag_is_shown_reissued_and_revoked(client, place, elder):
    headers = place.somebody(("director", VILLAGE))
    path = f"/api/v1/elders/{elder.id}/tag"
    assert client.get(path, headers=headers).get_json()["state"] == "none"
    first = client.post(f"{path}/reissue?replaces=0", headers=headers).get_json()
    assert (first["state"], first["generation"]) == ("active", 1)
    assert client.post(f"{path}/reissue?replaces=0", headers=headers).get_json() == first
    assert client.post(f"{path}/reissue", headers=headers, json={}).get_json()["generation"] == 2
    revoked = client.post(f"{path}/revoke", headers=headers).get_json()
    assert revoked["state"] == "revoked"
    assert client.get(path, headers=headers).get_json() == revoked
    text = client.get(path, headers=headers).get_data(as_text=True)
    assert queries.newest(place.session, elder).token_hash not in text


@pytest.mark.parametrize(
    ("role", "code", "read", "write"),
    [
        ("director", VILLAGE_B, 404, 404),
        ("director", ELSEWHERE, 404, 404),
        ("director", CITY, 404, 404),
        ("auditor", VILLAGE, 200, 403),
        ("auditor", VILLAGE_B, 404, 403),
        ("volunteer", VILLAGE, 403, 403),
        ("grid_worker", VILLAGE, 403, 403),
    ],
)
def test_tags_of_others_do_not_exist(client, place, elder, role, code, read, write):
    headers = place.somebody((role, code))
    path = f"/api/v1/elders/{elder.id}/tag"
    assert client.get(path, headers=headers).status_code == read
    assert client.post(f"{path}/reissue", headers=headers).status_code == write
    assert client.post(f"{path}/revoke", headers=headers).status_code == write
    assert queries.newest(place.session, elder) is None


def test_a_wrong_region_or_id_is_said(client, place):
    headers = place.somebody(("director", VILLAGE))
    for body, field in (({"region": "41100200100"}, "region"), ({}, "region"),
                        ({"id": "x", "region": f"{VILLAGE:012d}"}, "id"),
                        ({"region": f"{VILLAGE:012d}", "elder_ids": []}, "elder_ids")):  # fmt: skip
        answer = client.post("/api/v1/tags/print", json=body, headers=headers)
        assert answer.status_code == 422
        assert list(answer.get_json()["errors"]) == [field]
