"""CONTRACT, Rights: 403 where the role never may, 404 outside one's scope, also in lists."""

import pytest

from tests.contract.client import now, uuid7, visit
from tests.contract.test_errors import check_problem


@pytest.fixture(scope="module")
def elsewhere(demo):
    """Things of a village that is not the village director's: an elder, a visit, an alert, a tie."""
    own = demo.login("village_director")["user"]["roles"][0]["region"]["code"]

    def first(path, where, **query):
        items = demo.get("county_director", path, limit=500, **query).json()["items"]
        return next(i for i in items if where(i))

    def far(item):
        return item["elder"] is not None and item["elder"]["region"]["code"] != own

    ties = {t["elder"]["id"] for t in demo.get("volunteer", "/pairings", limit=500).json()["items"]}
    return {
        "own": own,
        "elder": first("/elders", lambda e: e["region"]["code"] != own and e["id"] not in ties),
        "visit": first("/visits", lambda v: far(v) and v["elder"]["id"] not in ties),
        "alert": first("/alerts", lambda a: far(a) and a["elder"]["id"] not in ties),
        "tie": first("/pairings", lambda t: far(t) and t["elder"]["id"] not in ties),
    }


PATHS = [
    ("GET", "/elders/{elder}"), ("GET", "/elders/{elder}/status"), ("POST", "/elders/{elder}/reveal"),
    ("GET", "/elders/{elder}/tag"), ("POST", "/elders/{elder}/tag/reissue"), ("GET", "/visits/{visit}"),
    ("GET", "/visits/{visit}/explanation"), ("GET", "/alerts/{alert}"), ("POST", "/alerts/{alert}/acknowledge"),
    ("POST", "/alerts/{alert}/resolve"), ("GET", "/pairings/{tie}"), ("POST", "/pairings/{tie}/end"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("account", ["village_director", "volunteer"])
def test_an_object_out_of_ones_scope_is_404_or_403_where_the_role_never_may(demo, elsewhere, account, method, path):
    where = path.format(**{k: v["id"] for k, v in elsewhere.items() if k != "own"})
    body = {} if method == "POST" else None
    answer = demo.http.call(method, where, body, token=demo.token(account))
    if account == "village_director":
        check_problem(answer, 404)
    else:
        assert answer.status in (403, 404)
        check_problem(answer, answer.status)


@pytest.mark.parametrize("path", ["/elders", "/visits", "/alerts", "/users", "/compliance"])
def test_a_region_out_of_ones_scope_is_404_in_lists_too(demo, path, elsewhere):
    month = {"month": f"{now():%Y-%m}"} if path == "/compliance" else {}
    check_problem(demo.get("village_director", path, region=elsewhere["elder"]["region"]["code"], **month), 404)
    check_problem(demo.get("village_director", path, region=demo.region, **month), 404)
    check_problem(demo.get("county_director", path, region="110101001001", **month), 404)
    assert demo.get("village_director", path, region=elsewhere["own"], **month).status == 200


def test_lists_of_a_village_director_hold_only_their_village(demo, elsewhere):
    for path in ("/elders", "/visits", "/alerts", "/pairings"):
        items = demo.get("village_director", path, limit=500).json()["items"]
        for item in items:
            region = item["region"] if path == "/elders" else (item["elder"] or {}).get("region")
            assert region is None or region["code"] == elsewhere["own"], path


def test_volunteers_see_their_own_visits_in_visits(demo):
    me = demo.login("volunteer")["user"]["id"]
    region = demo.login("volunteer")["user"]["roles"][0]["region"]["code"]
    for query in ({}, {"region": region}):
        items = demo.get("volunteer", "/visits", limit=500, **query).json()["items"]
        assert items
        assert {v["visitor"]["id"] for v in items} == {me}
        assert demo.get("volunteer", "/alerts", **query).status == 200


def test_an_auditor_reads_and_never_writes(demo, elsewhere):
    for path in ("/elders", "/visits", "/alerts"):
        assert demo.get("auditor", path).status == 200
    assert demo.get("auditor", "/compliance", region=demo.region, month=f"{now():%Y-%m}").status == 200
    for path in (f"/visits/{elsewhere['visit']['id']}/review", f"/alerts/{elsewhere['alert']['id']}/resolve",
                 f"/elders/{elsewhere['elder']['id']}/tag/reissue", "/elders", "/users", "/pairings",
                 "/timebank/transfers", "/sync/visits", "/sync/events"):  # fmt: skip
        check_problem(demo.post("auditor", path, {}), 403, "forbidden")


def test_family_sees_nobody_elses_life(demo, elsewhere):
    for path in ("/elders", "/visits", "/users", "/pairings", "/devices", f"/elders/{elsewhere['elder']['id']}"):
        answer = demo.get("family", path)
        assert answer.status in (403, 404), path
        check_problem(answer, answer.status)


def test_a_reading_role_is_refused_before_its_body_is_read(demo):
    check_problem(demo.http.post("/timebank/transfers", raw=b"{", token=demo.token("auditor")), 403, "forbidden")


def test_a_visit_of_a_login_token_is_taken_as_the_h5_page_sends_it(demo):
    elder = demo.get("volunteer", "/sync/changes").json()["elders"][0]
    answer = demo.post("volunteer", "/sync/visits", {"visits": [visit(elder["id"], device_id=None, clock=None)]})
    assert answer.json()["results"][0]["status"] == "accepted"
    assert demo.get("volunteer", f"/visits/{uuid7()}").status == 404
