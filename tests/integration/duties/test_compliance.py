"""GET /compliance and /compliance/missing: the figures, their sums, and who may see them."""

import pytest

from server import intake, outcomes
from server.elders.vault import Vault
from tests import factories as make
from tests.conftest import NOW, SECRET
from tests.people import CITY, COUNTY, COUNTY_B, ELSEWHERE, TOWN, VILLAGE, VILLAGE_B, VILLAGE_C
from tests.visits import sent


@pytest.fixture
def world(client, place, session):
    """Three elders in the first village, one in the second, one in another town; two are visited."""
    elders = [
        make.elder(session, place.county, place.regions[code])
        for code in (VILLAGE, VILLAGE, VILLAGE, VILLAGE_B, VILLAGE_C)
    ]
    worker = place.user(("social_worker", COUNTY), name="李社工")
    make.pairing(session, elders[2], worker)
    for county in (place.county, place.other_county):
        outcomes.open_periods(session, county.id, now=NOW)
    items = [sent(elders[0]), sent(elders[3], minutes=15) | {"channel": "phone", "form": None, "answers": {}}]
    intake.receive(session, intake.Sender(worker.id, place.county.id), items, vault=Vault(SECRET), now=NOW)
    return elders


def get(client, headers, **query):
    return client.get("/api/v1/compliance", query_string=query, headers=headers)


def test_a_director_reads_the_rate_over_all_due_with_the_parts_below(client, world, place):
    body = get(client, place.somebody(("director", COUNTY)), region=COUNTY, month="2026-11").get_json()
    assert (body["due"], body["visited"], body["visited_home"], body["missing"]) == (5, 2, 1, 3)
    assert (body["rate"], body["home_rate"], body["focused_rate"]) == (0.4, 0.2, None)
    assert body["region"] == {"code": str(COUNTY), "name": "魏都区", "level": "county"}
    assert (body["month"], body["closed"], body["on_track"]) == ("2026-11", False, False)
    towns = {c["region"]["code"]: (c["due"], c["visited"]) for c in body["children"]}
    assert towns == {str(TOWN): (4, 2), "411002002000": (1, 0)}
    for child in body["children"]:
        assert child["due"] == child["visited"] + child["missing"] + child["away"] + child["refused"]


def test_without_a_region_the_widest_of_ones_own_is_shown(client, world, place):
    body = get(client, place.somebody(("director", TOWN))).get_json()
    assert (body["region"]["code"], body["due"]) == (str(TOWN), 4)


def test_a_city_sees_the_figures_of_all_its_counties_and_nobody_by_name(client, world, place):
    city = place.somebody(("director", CITY))
    body = get(client, city, region=CITY).get_json()
    assert body["due"] == 5
    assert {c["region"]["code"] for c in body["children"]} == {str(COUNTY), str(COUNTY_B)}
    missing = client.get("/api/v1/compliance/missing", headers=city)
    assert missing.status_code == 404 or missing.get_json()["items"] == []


@pytest.mark.parametrize("code", [VILLAGE_B, TOWN, COUNTY, ELSEWHERE, 999999999999])
def test_a_region_outside_ones_scope_is_not_there(client, world, place, code):
    director = place.somebody(("director", VILLAGE))
    assert get(client, director, region=code).status_code == 404
    assert client.get(f"/api/v1/compliance/missing?region={code}", headers=director).status_code == 404


def test_a_volunteer_may_not_see_figures(client, world, place):
    assert get(client, place.somebody(("volunteer", VILLAGE))).status_code == 403


def test_a_month_that_is_none_is_a_clear_error(client, world, place):
    answer = get(client, place.somebody(("director", VILLAGE)), month="2026-13")
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"month": ["月份格式不对，如 2026-11"]}


def test_who_is_missing_is_listed_with_the_visitor_page_by_page(client, world, place):
    director = place.somebody(("director", COUNTY))
    found, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = client.get("/api/v1/compliance/missing", query_string=query, headers=director).get_json()
        found += body["items"]
        if (cursor := body["next_cursor"]) is None:
            break
    assert {i["elder"]["id"] for i in found} == {str(world[i].id) for i in (1, 2, 4)}
    assert len(found) == 3
    [paired] = [i for i in found if i["elder"]["id"] == str(world[2].id)]
    assert paired["visitor"]["name"] == "李社工"
    assert (paired["visits_needed"], paired["visits_done"], paired["period"]) == (1, 0, "month")


def test_the_queries_do_not_grow_with_the_list(client, world, place, queries):
    director = place.somebody(("director", COUNTY))
    with queries() as few:
        client.get("/api/v1/compliance/missing?limit=1", headers=director)
    with queries() as many:
        client.get("/api/v1/compliance/missing?limit=100", headers=director)
    assert len(many) <= len(few)
