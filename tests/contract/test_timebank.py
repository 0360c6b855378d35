"""CONTRACT: accounts, entries and transfers of the time bank."""

import datetime as dt

import pytest

from tests.contract.client import now, uuid7, visit
from tests.contract.test_errors import check_problem

BUCKETS = ("free", "pending", "held", "debt")


def account(demo, who="volunteer"):
    answer = demo.get(who, "/timebank/account")
    assert answer.status == 200, answer.body
    return answer.json()


def entries(http, token):
    items, cursor = [], None
    while True:
        query = {"limit": 7} | ({"cursor": cursor} if cursor else {})
        page = http.get("/timebank/entries", token=token, query=query).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def test_an_account_is_four_whole_numbers_and_the_sums_of_its_entries(demo):
    figures = account(demo)
    assert set(figures) >= {f"{b}_minutes" for b in BUCKETS}
    items = entries(demo.http, demo.token("volunteer"))
    assert items
    for bucket in BUCKETS:
        assert type(figures[f"{bucket}_minutes"]) is int
        assert sum(i["minutes"] for i in items if i["bucket"] == bucket) == figures[f"{bucket}_minutes"]
    assert len({i["id"] for i in items}) == len(items)
    for item in items:
        assert {"id", "at", "minutes", "bucket", "kind", "visit_id", "order_id", "reverses", "memo"} <= set(item)
        assert dt.datetime.fromisoformat(item["at"]).utcoffset() is not None
        assert item["bucket"] in BUCKETS
        assert type(item["minutes"]) is int
        assert isinstance(item["memo"], str)


def test_a_new_member_has_an_account_of_zeros(demo):
    name = "member" + uuid7()[-8:]
    made = demo.yuetan("users", "create", "--username", name, "--name", "新", "--role", "volunteer", "--region",
                       "411002000000", stdin="a long enough password\n")  # fmt: skip
    assert made.returncode == 0, made.stderr
    token = demo.http.post("/auth/login", {"username": name, "password": "a long enough password"}).json()
    answer = demo.http.get("/timebank/account", token=token["access_token"])
    assert answer.status == 200, answer.body
    assert {answer.json()[f"{b}_minutes"] for b in BUCKETS} == {0}
    assert entries(demo.http, token["access_token"]) == []


def test_a_stay_is_credited_in_whole_minutes_pending_and_taken_back_when_the_visit_is_rejected(demo, links):
    phone = demo.phone()
    elder = phone.elders()[0]
    place = {"lat": elder["lat"], "lon": elder["lon"], "accuracy_m": 25.0, "datum": "wgs84", "mocked": False}
    item = visit(elder["id"], tag=links[elder["id"]], tag_by="camera", position=place, start_position=place,
                 started_at=now(minutes=50).isoformat(),
                 ended_at=now(minutes=50, seconds=-1259).isoformat())  # fmt: skip
    before = phone.http.get("/timebank/account", token=phone.token).json()["pending_minutes"]
    phone.push(item)
    phone.push(item)
    mine = [e for e in entries(phone.http, phone.token) if e["visit_id"] == item["id"]]
    if not mine:  # four visits to this elder were credited this month already
        pytest.fail("the visit was not credited: " + str(demo.get("county_director", f"/visits/{item['id']}").json()))
    assert [(e["bucket"], e["minutes"]) for e in mine] == [("pending", 20)]
    demo.post("county_director", f"/visits/{item['id']}/review", {"decision": "reject", "reason": "x"})
    after = [e for e in entries(phone.http, phone.token) if e["visit_id"] == item["id"] or e["reverses"]]
    assert sum(e["minutes"] for e in after if e["bucket"] == "pending" and e["visit_id"] == item["id"]) == 0
    assert phone.http.get("/timebank/account", token=phone.token).json()["pending_minutes"] == before


def test_a_transfer_moves_free_minutes_once(demo):
    before = account(demo)
    if before["free_minutes"] < 2:
        pytest.fail("the demo's volunteer has nothing to give")
    body = {"id": uuid7(), "to": "pool", "minutes": 2, "memo": "给社区"}
    answers = [demo.post("volunteer", "/timebank/transfers", body) for _ in range(3)]
    assert answers[0].status == 201
    assert all(a.status in (200, 201) for a in answers)
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert account(demo)["free_minutes"] == before["free_minutes"] - 2
    other = demo.post("volunteer", "/timebank/transfers", {**body, "minutes": 1})
    check_problem(other, 409, "id_reused")
    given = [e for e in entries(demo.http, demo.token("volunteer")) if e["memo"] == "给社区" and e["minutes"] == -2]
    assert {e["bucket"] for e in given} == {"free"}


def test_a_transfer_with_an_idempotency_key_is_made_once(demo):
    before = account(demo)["free_minutes"]
    key = {"Idempotency-Key": uuid7()}
    body = {"to": "pool", "minutes": 1, "memo": ""}
    answers = [demo.post("volunteer", "/timebank/transfers", body, headers=key) for _ in range(2)]
    assert [a.status for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert account(demo)["free_minutes"] == before - 1


def test_nobody_gives_what_they_do_not_have(demo):
    before = account(demo)
    body = {"id": uuid7(), "to": "pool", "minutes": before["free_minutes"] + 1, "memo": ""}
    answer = demo.post("volunteer", "/timebank/transfers", body)
    check_problem(answer, 409)
    assert account(demo) == before


@pytest.mark.parametrize("change", [{"minutes": 0}, {"minutes": -5}, {"minutes": 1.5}, {"minutes": "5"},
                                    {"minutes": None}, {"to": None}, {"id": "x"}])  # fmt: skip
def test_a_broken_transfer_is_422(demo, change):
    body = {"id": uuid7(), "to": "pool", "minutes": 1, "memo": "", **change}
    check_problem(demo.post("volunteer", "/timebank/transfers", body), 422)


def test_a_transfer_to_nobody_is_404_and_a_member_receives_one(demo):
    check_problem(demo.post("volunteer", "/timebank/transfers", {"id": uuid7(), "to": uuid7(), "minutes": 1,
                                                                 "memo": ""}), 404)  # fmt: skip
    phone = demo.phone()
    before = phone.http.get("/timebank/account", token=phone.token).json()["free_minutes"]
    body = {"id": uuid7(), "to": phone.user_id, "minutes": 1, "memo": ""}
    assert demo.post("volunteer", "/timebank/transfers", body).status == 201
    assert phone.http.get("/timebank/account", token=phone.token).json()["free_minutes"] == before + 1


def test_staff_family_and_auditors_have_no_account_of_their_own(demo):
    for who in ("auditor", "family", "county_director"):
        answer = demo.get(who, "/timebank/account")
        assert answer.status in (403, 404)
        check_problem(answer, answer.status)
