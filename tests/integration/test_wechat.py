"""Signing in through WeChat, against a server that speaks its HTTP."""

import datetime as dt

import pytest

from server import clock
from server.people.passwords import hash_password
from server.problems import Problem
from server.wechat.client import WechatClient, WechatError
from tests.conftest import NOW
from tests.fakes.wechat import PNG, FakeWechat
from tests.people import VILLAGE

PASSWORD = "春风十里不如你 2026"
HASH = hash_password(PASSWORD)


@pytest.fixture
def wechat():
    with FakeWechat() as fake:
        yield fake


@pytest.fixture
def phone(app, client, place, wechat):
    """The mini program of somebody with a WeChat account: `phone("openid")` signs in, `bind` ties it."""
    place.user(("volunteer", VILLAGE), username="wang", password_hash=HASH)
    app.extensions["yuetan_wechat"] = made = WechatClient(wechat.appid, wechat.secret, wechat.url)
    yield lambda openid: client.post("/api/v1/auth/wechat", json={"code": wechat.code_for(openid)})
    made.close()
    del app.extensions["yuetan_wechat"]


def bind(client, token, username="wang", password=PASSWORD):
    body = {"bind_token": token, "username": username, "password": password}
    return client.post("/api/v1/auth/wechat/bind", json=body)


def test_an_unbound_account_is_bound_once_by_password_and_then_signs_in(client, phone):
    first = phone("o1")
    assert (first.status_code, first.json["code"]) == (401, "wechat_unbound")
    bound = bind(client, first.json["bind_token"])
    assert bound.status_code == 200
    again = phone("o1")
    assert again.status_code == 200
    assert again.json["user"] == bound.json["user"]


def test_the_bind_token_tells_nothing_and_lives_ten_minutes(app, client, phone):
    token = phone("o1").json["bind_token"]
    assert "o1" not in token
    clock.set_clock(app, lambda: NOW + dt.timedelta(minutes=10))
    assert bind(client, token).json["code"] == "bind_token_invalid"


@pytest.mark.parametrize("token", ["x", "中", "A" * 60])
def test_a_made_up_bind_token_is_refused(client, phone, token):
    assert bind(client, token).json["code"] == "bind_token_invalid"


def test_binding_counts_wrong_passwords_like_any_login(client, phone):
    token = phone("o1").json["bind_token"]
    codes = [bind(client, token, password="wrong").json["code"] for _ in range(6)]
    assert codes == ["login_failed"] * 5 + ["locked"]


def test_one_wechat_account_belongs_to_one_person(client, phone, place):
    bind(client, phone("o1").json["bind_token"])
    stale = phone("o2").json["bind_token"]
    bind(client, stale)  # wang changed the phone: the new account takes the old one's place
    assert phone("o2").status_code == 200
    place.user(("volunteer", VILLAGE), username="li", password_hash=HASH)
    assert bind(client, stale, username="li").json["code"] == "wechat_bound"


def test_a_used_or_wrong_code_is_refused(client, phone, wechat):
    code = wechat.code_for("o1")
    codes = [client.post("/api/v1/auth/wechat", json={"code": c}).json["code"] for c in (code, code, "made up")]
    assert codes == ["wechat_unbound", "wechat_code_invalid", "wechat_code_invalid"]


@pytest.mark.parametrize(("errcode", "status"), [(45011, 429), (40226, 401), (-1, 503)])
def test_what_wechat_refuses_is_said_in_our_codes(phone, wechat, errcode, status):
    wechat.answers["/sns/jscode2session"] = {"errcode": errcode, "errmsg": "…"}
    assert phone("o1").status_code == status


def test_a_wechat_that_does_not_answer_is_unavailable_for_now(client, place):
    answer = client.post("/api/v1/auth/wechat", json={"code": "x"})
    assert (answer.status_code, answer.json["code"]) == (503, "wechat_unavailable")
    assert answer.headers["Retry-After"]


def test_an_access_token_is_kept_and_renewed_when_wechat_drops_it(wechat):
    with WechatClient(wechat.appid, wechat.secret, wechat.url) as client:
        wechat.allow("o1", "t1")
        wechat.allow("o1", "t1")
        client.send_subscribed("o1", "t1", {"thing1": "探访"})
        assert client.mini_program_code("t=abc", "pages/visit") == PNG
        assert wechat.asked.count("/cgi-bin/stable_token") == 1
        wechat.expire_tokens()
        client.send_subscribed("o1", "t1", {"thing1": "探访"})
        assert len(wechat.sent) == 2
        with pytest.raises(WechatError, match="43101"):
            client.send_subscribed("o1", "t1", {"thing1": "探访"})


def test_a_wechat_that_talks_nonsense_is_unavailable(wechat):
    wechat.answers["/sns/jscode2session"] = ["nonsense"]
    with WechatClient(wechat.appid, wechat.secret, wechat.url) as client, pytest.raises(Problem) as wrong:
        client.openid_of("x")
    assert wrong.value.code == "wechat_unavailable"
