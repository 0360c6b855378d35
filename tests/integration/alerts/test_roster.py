"""The duty roster: who is on duty is told of a call for help at once, and stands on phones with their hours."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server.alerts.model import AlertEvent
from server.notify.model import Message
from shared.ids import uuid7
from tests import factories as make
from tests.conftest import NOW
from tests.people import COUNTY, ELSEWHERE, TOWN, VILLAGE, VILLAGE_B, VILLAGE_C

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def director(place):
    return place.somebody(("director", TOWN))


def put_on(client, headers, user, code=TOWN, start=NOW - HOUR, end=NOW + 8 * HOUR, **changes):
    body = {
        "id": str(uuid7()), "user_id": str(user.id), "region": f"{code:012d}", "starts_at": start.isoformat(),
        "ends_at": end.isoformat(),
    } | changes  # fmt: skip
    return client.post("/api/v1/shifts", json=body, headers=headers)


def people(client, headers):
    return {p["id"]: p for p in client.get("/api/v1/sync/changes", headers=headers).json["people"]}


@pytest.fixture
def worker(place):
    return place.user(("community_worker", VILLAGE_B), name="值班员")


@pytest.fixture
def volunteer(session, place):
    made = place.user(("volunteer", VILLAGE))
    make.pairing(session, make.elder(session, place.county, place.regions[VILLAGE]), made)
    session.commit()
    return made


def told(session, alert_id):
    return set(session.scalars(sa.select(Message.to_user_id)))


@pytest.mark.parametrize(("code", "reached"), [(VILLAGE, True), (TOWN, True), (COUNTY, True), (VILLAGE_C, False)])
def test_a_call_for_help_reaches_who_is_on_duty_for_the_place_or_above(
    session, client, place, worker, volunteer, code, reached
):
    put_on(client, place.somebody(("director", COUNTY)), worker, code)
    call = client.post("/api/v1/sos", json={"id": str(uuid7())}, headers=place.bearer(volunteer))
    assert call.status_code == 201
    assert (worker.id in told(session, call.json["id"])) is reached


def test_who_is_off_duty_again_or_not_yet_or_was_cancelled_is_not_called(
    session, client, place, director, worker, volunteer
):
    put_on(client, director, worker, start=NOW - 9 * HOUR, end=NOW - HOUR)
    put_on(client, director, worker, start=NOW + HOUR)
    shift = put_on(client, director, worker).json
    assert client.post(f"/api/v1/shifts/{shift['id']}/cancel", headers=director).json["cancelled_at"]
    call = client.post("/api/v1/sos", json={"id": str(uuid7())}, headers=place.bearer(volunteer)).json
    assert worker.id not in told(session, call["id"])
    assert session.scalar(sa.select(sa.func.count()).select_from(AlertEvent)) > 0


def test_phones_know_the_coming_days_and_forget_who_is_off(session, client, place, director, worker, volunteer):
    bearer = place.bearer(volunteer)
    shift = put_on(client, director, worker).json
    put_on(client, director, worker, start=NOW + 24 * HOUR, end=NOW + 32 * HOUR)
    put_on(client, director, worker, start=NOW + 30 * 24 * HOUR, end=NOW + 31 * 24 * HOUR)
    first = client.get("/api/v1/sync/changes", headers=bearer).json
    [one] = [p for p in first["people"] if p["id"] == str(worker.id)]
    assert (one["name"], one["role"], len(one["on_duty"])) == ("值班员", "on_duty", 2)
    assert dt.datetime.fromisoformat(one["on_duty"][0]["to"]) == NOW + 8 * HOUR
    client.post(f"/api/v1/shifts/{shift['id']}/cancel", headers=director)
    again = client.get("/api/v1/sync/changes", query_string={"cursor": first["cursor"]}, headers=bearer).json
    [fewer] = again["people"]
    assert len(fewer["on_duty"]) == 1
    assert str(worker.id) not in people(client, place.somebody(("volunteer", VILLAGE_C)))


def test_a_director_on_duty_is_a_director_with_hours(session, client, place, director, volunteer):
    boss = place.user(("director", VILLAGE))
    put_on(client, director, boss)
    assert people(client, place.bearer(volunteer))[str(boss.id)]["role"] == "director"
    assert "on_duty" in people(client, place.bearer(volunteer))[str(boss.id)]


def test_the_same_shift_again_is_the_same_and_another_under_its_id_is_refused(client, director, worker):
    shift_id = str(uuid7())
    first = put_on(client, director, worker, id=shift_id)
    assert (first.status_code, put_on(client, director, worker, id=shift_id).json) == (201, first.json)
    other = put_on(client, director, worker, id=shift_id, end=NOW + 9 * HOUR)
    assert other.json["code"] == "id_reused"


@pytest.mark.parametrize("end", [NOW - 2 * HOUR, NOW + dt.timedelta(days=40)])
def test_a_shift_ends_after_it_begins_and_within_a_month(client, director, worker, end):
    assert put_on(client, director, worker, end=end).status_code == 422


def test_only_people_of_the_county_and_regions_of_ones_own(client, place, director, worker):
    stranger, kin = place.user(("volunteer", ELSEWHERE)), place.user(("family", VILLAGE))
    assert put_on(client, director, stranger).status_code == 404
    assert put_on(client, director, kin).status_code == 404
    assert put_on(client, director, worker, VILLAGE_C).status_code == 404
    assert put_on(client, place.somebody(("volunteer", VILLAGE)), worker).status_code == 403


def test_the_list_shows_what_is_not_over_of_my_regions(client, place, director, worker):
    put_on(client, director, worker, start=NOW - 9 * HOUR, end=NOW - HOUR)
    shift = put_on(client, director, worker, VILLAGE).json
    listed = client.get("/api/v1/shifts", headers=director).json["items"]
    assert [item["id"] for item in listed] == [shift["id"]]
    assert client.get("/api/v1/shifts", headers=place.somebody(("director", VILLAGE_C))).json["items"] == []
