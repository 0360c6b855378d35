"""CONTRACT: logins, their tokens, the lock-out."""

import time

import pytest

from tests.contract.client import uuid7
from tests.contract.test_errors import check_problem

ROLES = {"volunteer", "social_worker", "neighbour", "community_worker", "grid_worker", "doctor", "director", "admin",
         "auditor", "family"}  # fmt: skip


def check_tokens(body):
    assert isinstance(body["access_token"], str)
    assert isinstance(body["refresh_token"], str)
    assert isinstance(body["expires_in"], int)
    assert body["expires_in"] > 0
    assert isinstance(body["user"]["id"], str)
    assert isinstance(body["user"]["name"], str)
    assert body["user"]["roles"]
    for held in body["user"]["roles"]:
        assert held["role"] in ROLES
        check_region(held["region"])


def check_region(region):
    assert isinstance(region["code"], str)
    assert len(region["code"]) == 12
    assert region["code"].isdigit()
    assert isinstance(region["name"], str)
    assert region["level"] in ("province", "city", "county", "town", "village")


def test_every_account_of_the_demo_can_log_in(demo):
    for account in demo.facts["accounts"]:
        check_tokens(demo.login(account))


def test_me_says_who_one_is(demo):
    me = demo.get("county_director", "/auth/me")
    assert me.status == 200
    user = demo.login("county_director")["user"]
    assert {k: me.json()[k] for k in user} == user


def test_a_wrong_password_and_an_unknown_name_answer_the_same(demo):
    known = check_problem(demo.http.post("/auth/login", {"username": "auditor", "password": "wrong"}), 401)
    unknown = check_problem(demo.http.post("/auth/login", {"username": uuid7(), "password": "wrong"}), 401)
    assert known == unknown
    assert known["code"] == "login_failed"


def test_a_login_refreshes_and_logs_out(demo):
    account = demo.facts["accounts"]["auditor"]
    first = demo.http.post("/auth/login", account).json()
    answer = demo.http.post("/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert answer.status == 200
    check_tokens(answer.json())
    second = answer.json()
    assert demo.http.get("/auth/me", token=second["access_token"]).status == 200
    assert demo.http.post("/auth/logout", token=second["access_token"]).status in (200, 204)
    check_problem(demo.http.get("/auth/me", token=second["access_token"]), 401)
    check_problem(demo.http.post("/auth/refresh", {"refresh_token": second["refresh_token"]}), 401)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", 5, None])
def test_what_is_no_refresh_token_is_refused_and_nothing_breaks(http, token):
    answer = http.post("/auth/refresh", {"refresh_token": token})
    assert answer.status in (401, 422)
    check_problem(answer, answer.status)


def test_login_tokens_refresh_as_logins_and_device_tokens_as_devices(demo, phone):
    check_problem(demo.http.post("/auth/refresh", {"refresh_token": phone.tokens["refresh_token"]}), 401)
    check_problem(phone.refresh(demo.login("volunteer")["refresh_token"]), 401)
    assert phone.pull().status == 200  # and neither harmed the other


def test_the_sixth_login_after_five_failures_is_locked_whatever_its_password(demo):
    name = "locked" + uuid7()[-8:]
    made = demo.yuetan(
        "users", "create", "--username", name, "--name", "锁", "--role", "volunteer", "--region", "411002000000",
        stdin="a long enough password\n",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    right = {"username": name, "password": "a long enough password"}
    assert demo.http.post("/auth/login", right).status == 200
    for _ in range(5):
        check_problem(demo.http.post("/auth/login", {**right, "password": "wrong"}), 401, "login_failed")
    for password in ("wrong", right["password"]):
        started = time.monotonic()
        answer = demo.http.post("/auth/login", {**right, "password": password})
        check_problem(answer, 429, "locked")
        assert answer.headers["retry-after"] == "300"
        assert time.monotonic() - started < 5


def test_a_name_that_nobody_has_is_locked_as_well(http):
    wrong = {"username": "nobody" + uuid7()[-8:], "password": "wrong"}
    assert [http.post("/auth/login", wrong).status for _ in range(6)] == [401] * 5 + [429]


def test_wechat_answers_a_problem_where_it_is_not_set_up(http):
    answer = http.post("/auth/wechat", {"code": "071aBc"})
    check_problem(answer, answer.status)
    assert 400 <= answer.status < 600
    check_problem(http.post("/auth/wechat/bind", {"bind_token": "x", "username": "a", "password": "b"}), 401)
