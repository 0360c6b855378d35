"""Signing in with a password, the lock-out, and tokens through lost answers."""

import datetime as dt

import pytest

from server import clock
from server.people.passwords import hash_password
from tests.conftest import NOW
from tests.people import VILLAGE

PASSWORD = "春风十里不如你 2026"
HASH = hash_password(PASSWORD)


@pytest.fixture
def wang(place):
    return place.user(("volunteer", VILLAGE), username="wang", password_hash=HASH)


def log_in(client, username="wang", password=PASSWORD):
    return client.post("/api/v1/auth/login", json={"username": username, "password": password})


def refresh(client, token):
    return client.post("/api/v1/auth/refresh", json={"refresh_token": token})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_password_opens_a_session_that_knows_its_person_and_roles(client, wang):
    answer = log_in(client)
    assert answer.status_code == 200
    assert answer.json["expires_in"] == 1800
    role = {"role": "volunteer", "region": {"code": "411002001001", "name": "第一社区", "level": "village"}}
    assert answer.json["user"] == {"id": str(wang.id), "name": "王建国", "roles": [role]}
    me = client.get("/api/v1/auth/me", headers=bearer(answer.json["access_token"]))
    assert me.json == {**answer.json["user"], "device_id": None}


def test_capitals_and_full_width_letters_are_the_same_name(client, wang):
    assert log_in(client, "ＷＡＮＧ ").status_code == 200


def test_an_unknown_name_and_a_wrong_password_are_told_alike(client, wang):
    unknown, wrong = log_in(client, "li"), log_in(client, password="something else")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json == wrong.json
    assert wrong.json["code"] == "login_failed"


def test_the_sixth_attempt_is_locked_whatever_its_password(client, wang):
    for _ in range(5):
        assert log_in(client, password="wrong").status_code == 401
    answer = log_in(client)
    assert (answer.status_code, answer.json["code"]) == (429, "locked")
    assert answer.headers["Retry-After"] == "300"


def test_a_name_that_nobody_has_locks_too(client, place):
    answers = [log_in(client, "nobody").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_the_lock_opens_after_300_seconds(app, client, wang):
    for _ in range(5):
        log_in(client, password="wrong")
    clock.set_clock(app, lambda: NOW + dt.timedelta(seconds=299))
    assert log_in(client).status_code == 429
    clock.set_clock(app, lambda: NOW + dt.timedelta(seconds=300))
    assert log_in(client).status_code == 200


def test_failures_spread_over_more_than_15_minutes_lock_nobody(app, client, wang):
    for minute in range(0, 24, 4):
        clock.set_clock(app, lambda minute=minute: NOW + dt.timedelta(minutes=minute))
        assert log_in(client, password="wrong").status_code == 401
    assert log_in(client).status_code == 200


def test_signing_in_forgets_the_failures_before_it(client, wang):
    for _ in range(4):
        log_in(client, password="wrong")
    assert log_in(client).status_code == 200
    for _ in range(4):
        assert log_in(client, password="wrong").status_code == 401
    assert log_in(client).status_code == 200


def test_an_expired_token_says_so_even_weeks_later(app, client, wang):
    token = log_in(client).json["access_token"]
    for later in (dt.timedelta(minutes=30), dt.timedelta(days=29)):
        clock.set_clock(app, lambda later=later: NOW + later)
        answer = client.get("/api/v1/auth/me", headers=bearer(token))
        assert (answer.status_code, answer.json["code"]) == (401, "token_expired")


def test_a_refresh_token_yields_successors_until_one_of_them_is_presented(client, wang):
    first = log_in(client).json["refresh_token"]
    lost = refresh(client, first)
    again = refresh(client, first)
    assert lost.status_code == again.status_code == 200
    newer = refresh(client, again.json["refresh_token"])
    assert newer.status_code == 200
    used = refresh(client, first)
    assert (used.status_code, used.json["code"]) == (401, "refresh_used")
    assert refresh(client, newer.json["refresh_token"]).status_code == 200


def test_logging_out_ends_every_token_of_the_session(client, wang):
    tokens = log_in(client).json
    assert client.post("/api/v1/auth/logout", headers=bearer(tokens["access_token"])).status_code == 204
    for _ in range(2):
        answer = client.get("/api/v1/auth/me", headers=bearer(tokens["access_token"]))
        assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")
    assert refresh(client, tokens["refresh_token"]).json["code"] == "token_invalid"


def test_a_disabled_person_is_out_at_the_next_request(client, session, wang):
    tokens = log_in(client).json
    wang.disabled_at = NOW
    session.commit()
    assert client.get("/api/v1/auth/me", headers=bearer(tokens["access_token"])).json["code"] == "token_invalid"
    assert refresh(client, tokens["refresh_token"]).json["code"] == "token_invalid"
    assert log_in(client).json["code"] == "login_failed"


@pytest.mark.parametrize("token", ["", "x", "中文", "A" * 48, "A" * 10_000])
def test_a_made_up_token_is_invalid(client, place, token):
    answer = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")})
    assert answer.status_code == 401
    assert answer.json["code"] in ("token_invalid", "token_missing")


def test_a_refresh_token_is_no_access_token(client, wang):
    tokens = log_in(client).json
    assert client.get("/api/v1/auth/me", headers=bearer(tokens["refresh_token"])).json["code"] == "token_invalid"
    assert refresh(client, tokens["access_token"]).json["code"] == "token_invalid"


def test_a_changed_password_ends_the_other_logins_and_needs_the_old_one(client, wang):
    other, mine = log_in(client).json["access_token"], log_in(client).json["access_token"]

    def change(old, new):
        return client.post("/api/v1/auth/password", json={"old": old, "password": new}, headers=bearer(mine))

    assert change("wrong", "another good one 9").json["code"] == "login_failed"
    assert change(PASSWORD, "12345678").json["code"] == "password_weak"
    assert change(PASSWORD, "another good one 9").status_code == 204
    assert client.get("/api/v1/auth/me", headers=bearer(mine)).status_code == 200
    assert client.get("/api/v1/auth/me", headers=bearer(other)).status_code == 401
    assert log_in(client).status_code == 401
    assert log_in(client, password="another good one 9").status_code == 200
