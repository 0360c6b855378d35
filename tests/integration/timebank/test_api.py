"""/timebank over HTTP."""

import uuid

import pytest

from server.timebank import service
from shared.rules.months import Month
from tests import factories as make
from tests.integration.timebank.test_credits import at
from tests.people import COUNTY, TOWN, VILLAGE, VILLAGE_B

OCTOBER = Month(2026, 10)


@pytest.fixture
def volunteer(session, place, now):
    """A volunteer with 45 free minutes and 30 pending ones."""
    made = place.user(("volunteer", VILLAGE), username="volunteer")
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    make.visit(session, elder, made, at(3, month=10), 45)
    make.visit(session, elder, made, at(3), 30)
    service.settle(session, place.county.id, {(made.id, OCTOBER), (made.id, OCTOBER.next())}, now=now)
    service.release(session, place.county.id, OCTOBER, now=now)
    session.commit()
    return made


def account(client, headers, query="") -> dict:
    answer = client.get(f"/api/v1/timebank/account{query}", headers=headers)
    assert answer.status_code == 200, answer.json
    return {name.removesuffix("_minutes"): minutes for name, minutes in answer.json.items()}


def test_a_member_sees_figures_and_the_lines_they_are_the_sum_of(client, place, volunteer):
    headers = place.bearer(volunteer)
    figures = account(client, headers)
    assert figures == {"free": 45, "pending": 30, "held": 0, "debt": 0}
    first = client.get("/api/v1/timebank/entries?limit=2", headers=headers).json
    rest = client.get(f"/api/v1/timebank/entries?limit=2&cursor={first['next_cursor']}", headers=headers).json
    lines = first["items"] + rest["items"]
    for bucket, minutes in figures.items():
        assert sum(line["minutes"] for line in lines if line["bucket"] == bucket) == minutes
    assert {line["kind"] for line in lines} == {"earn", "release"}
    assert set(lines[0]) == {
        "id", "at", "minutes", "bucket", "kind", "visit_id", "order_id", "reverses", "memo",
    }  # fmt: skip


def test_a_director_sees_members_of_their_region_only(client, place, volunteer):
    query = f"?user={volunteer.id}"
    for code in (VILLAGE, TOWN, COUNTY):
        assert account(client, place.somebody(("director", code)), query)["free"] == 45
    for role in ("director", "volunteer"):
        foreign = client.get(f"/api/v1/timebank/account{query}", headers=place.somebody((role, VILLAGE_B)))
        assert foreign.status_code == 404
    assert client.get("/api/v1/timebank/account", headers=place.somebody(("family", VILLAGE))).status_code == 403
    assert client.get("/api/v1/timebank/entries", headers=place.somebody(("director", VILLAGE))).status_code == 404


def test_a_volunteer_who_earned_nothing_yet_has_zeros(client, place):
    assert set(account(client, place.somebody(("volunteer", VILLAGE))).values()) == {0}


def give(client, headers, to, minutes, transfer_id=None, memo="谢谢"):
    body = {"id": transfer_id or str(uuid.uuid4()), "to": to, "minutes": minutes, "memo": memo}
    return client.post("/api/v1/timebank/transfers", json=body, headers=headers)


def test_minutes_are_given_once_however_often_it_is_asked(client, place, volunteer):
    other = place.user(("volunteer", VILLAGE_B), username="other")
    headers, transfer_id = place.bearer(volunteer), str(uuid.uuid4())
    answers = [give(client, headers, str(other.id), 20, transfer_id) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert account(client, headers)["free"] == 25
    assert account(client, place.bearer(other))["free"] == 20
    reused = give(client, headers, str(other.id), 21, transfer_id)
    assert (reused.status_code, reused.json["code"]) == (409, "id_reused")
    stolen = give(client, place.bearer(other), str(volunteer.id), 20, transfer_id)
    assert (stolen.status_code, stolen.json["code"]) == (409, "id_reused")


def test_nobody_gives_more_than_is_free_and_not_owed(client, place, volunteer):
    headers = place.bearer(volunteer)
    short = give(client, headers, "pool", 46)
    assert (short.status_code, short.json["code"], short.json["free_minutes"]) == (409, "balance_short", 45)
    assert give(client, headers, "pool", 45).status_code == 201
    assert give(client, headers, "pool", 1).status_code == 409


def test_a_transfer_names_a_member_of_the_county_and_a_sensible_amount(client, place, volunteer):
    headers = place.bearer(volunteer)
    member = place.user(("neighbour", VILLAGE), username="the-neighbour")
    assert give(client, headers, "the-neighbour", 1).status_code == 201
    assert account(client, place.bearer(member))["free"] == 1
    for to in (str(uuid.uuid4()), "nobody", str(place.user(("director", VILLAGE)).id)):
        assert give(client, headers, to, 1).status_code == 404
    for to, minutes in ((str(volunteer.id), 1), ("pool", 0), ("pool", -5), ("pool", 1.5)):
        assert give(client, headers, to, minutes).status_code == 422
    assert give(client, place.somebody(("director", VILLAGE)), "pool", 1).status_code == 403
