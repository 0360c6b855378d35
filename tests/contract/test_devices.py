"""CONTRACT: enrolling a phone, and its tokens' chain."""

import base64
import datetime as dt

import pytest

from tests.contract.client import Phone, now, uuid7
from tests.contract.test_errors import check_problem
from tests.contract.test_login import check_tokens


def fresh(demo):
    """A phone that has a code and has not used it."""
    return Phone(demo.http, **demo.code())


def test_an_enrolment_answers_tokens_time_epoch_key_and_config(demo):
    phone = fresh(demo)
    answer = phone.enrol()
    assert answer.status == 200
    body = answer.json()
    check_tokens(body)
    assert abs(dt.datetime.fromisoformat(body["server_time"]) - now()) < dt.timedelta(minutes=1)
    assert dt.datetime.fromisoformat(body["server_time"]).utcoffset() is not None
    assert body["epoch"]
    for key in (body["server_key"], body["config"]["server_keys"][0]["key"]):
        assert "=" not in key
        assert len(base64.urlsafe_b64decode(key + "=")) == 32
    assert body["server_key"] in [k["key"] for k in body["config"]["server_keys"]]
    assert all(isinstance(k["id"], str) for k in body["config"]["server_keys"])
    assert "min_app" in body["config"]
    assert phone.http.get("/auth/me", token=body["access_token"]).json()["id"] == body["user"]["id"]


def test_the_same_code_device_and_key_again_is_the_same_enrolment_with_fresh_tokens(demo):
    phone = fresh(demo)
    first = phone.enrol().json()
    again = phone.enrol()
    assert again.status == 200
    assert again.json()["user"]["id"] == first["user"]["id"]
    assert phone.pull().status == 200
    assert phone.refresh(again.json()["refresh_token"]).status == 200
    written = phone.code.lower().replace("-", " ")
    assert phone.enrol(code=written).status == 200  # typed by a person


def test_a_used_code_serves_no_other_device_and_no_other_key(demo):
    phone = fresh(demo)
    assert phone.enrol().status == 200
    other = Phone(demo.http, phone.code, phone.username)
    check_problem(other.enrol(), 409, "code_used")
    stolen = Phone(demo.http, phone.code, phone.username, id=phone.id)
    answer = stolen.enrol()
    assert answer.status in (401, 409)
    check_problem(answer, answer.status)
    assert phone.refresh(phone.tokens["refresh_token"]).status == 200


def test_a_device_id_is_never_bound_to_another_person(demo):
    mine, theirs = fresh(demo), fresh(demo)
    assert mine.enrol().status == 200
    taken = Phone(demo.http, theirs.code, theirs.username, id=mine.id, key=mine.key)
    check_problem(taken.enrol(), 409, "device_bound")
    assert mine.pull().status == 200
    assert mine.enrol().json()["user"]["id"] == mine.user_id
    assert theirs.enrol().status == 200  # and the code was not used up


def test_an_unknown_code_and_broken_bodies_are_refused(demo):
    phone = Phone(demo.http, "AAAAA-AAAAA", "nobody")
    answer = phone.enrol()
    assert 400 <= answer.status < 500
    check_problem(answer, answer.status)
    for broken in ({"public_key": "short"}, {"public_key": None}, {"id": "no uuid"}):
        body = check_problem(phone.enrol(**broken), 422, "validation")
        assert list(body["errors"]) == ["device." + next(iter(broken))]


def test_a_refresh_is_signed_and_gives_new_tokens(demo):
    phone = fresh(demo)
    first = phone.enrol().json()
    answer = phone.refresh(first["refresh_token"])
    assert answer.status == 200
    check_tokens(answer.json())
    other = Phone(demo.http, "", "")
    check_problem(phone.refresh(first["refresh_token"], key=other.key), 401, "signature_invalid")


def test_the_old_token_yields_successors_until_one_of_them_is_presented(demo):
    phone = fresh(demo)
    old = phone.enrol().json()["refresh_token"]
    successors = [phone.refresh(old) for _ in range(3)]  # two replies were lost
    assert [a.status for a in successors] == [200] * 3
    one = successors[1].json()["refresh_token"]
    after = phone.refresh(one)
    assert after.status == 200
    check_problem(phone.refresh(old), 401, "refresh_used")
    assert phone.refresh(one).status == 200  # its own successors were not presented yet
    assert phone.http.get("/auth/me", token=after.json()["access_token"]).status == 200


@pytest.mark.parametrize("minutes", [-11, 11, 60 * 24 * 400])
def test_a_clock_that_is_off_is_told_the_servers_time_and_tries_again_with_it(demo, phone, minutes):
    token = phone.tokens["refresh_token"]
    body = check_problem(phone.refresh(token, at=now(minutes=minutes)), 401, "clock_off")
    told = dt.datetime.fromisoformat(body["server_time"])
    assert told.utcoffset() is not None
    again = phone.refresh(token, at=told)
    assert again.status == 200
    phone.tokens = again.json()


def test_nine_minutes_off_are_near_enough(phone):
    for off in (-9, 9):
        answer = phone.refresh(phone.tokens["refresh_token"], at=now(minutes=off))
        assert answer.status == 200
        phone.tokens = answer.json()


def test_an_unknown_device_is_told_to_enrol_again(http):
    phone = Phone(http, "", "")
    check_problem(phone.refresh("a.b.c"), 401, "device_unknown")
    phone.id = "no uuid"
    answer = phone.refresh("a.b.c")
    assert answer.status in (401, 422)
    check_problem(answer, answer.status)


def test_a_revoked_device_is_told_so_with_either_token(demo):
    phone = fresh(demo)
    phone.enrol()
    answer = demo.post("county_director", f"/devices/{phone.id}/revoke", {"as": "lost"})
    assert answer.status == 200
    check_problem(phone.pull(), 401, "device_revoked")
    check_problem(phone.refresh(phone.tokens["refresh_token"]), 401, "device_revoked")


def test_enrolling_again_after_a_revocation_needs_a_new_code(demo):
    phone = fresh(demo)
    phone.enrol()
    assert demo.post("county_director", f"/devices/{phone.id}/revoke", {"as": "replaced"}).status == 200
    answer = phone.enrol()
    assert answer.status in (401, 409)
    new = demo.post("county_director", "/devices/codes", {"user_id": phone.user_id}, headers={"Idempotency-Key": "k"})
    assert new.status == 201
    assert phone.enrol(code=new.json()["code"]).status == 200
    assert phone.pull().status == 200


def test_a_login_token_serves_the_phones_routes_too(demo):
    assert demo.get("volunteer", "/sync/changes").status == 200
    answer = demo.post("volunteer", "/sync/visits", {"visits": [{"id": uuid7()}]})
    assert answer.json()["results"][0]["status"] == "rejected"
