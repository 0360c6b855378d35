"""Signing in to the console, staying in, and leaving."""

import datetime as dt
import re

import pytest

from server import clock
from server.auth.cookie import COOKIE, make_cookie
from server.people.passwords import hash_password
from tests.conftest import NOW
from tests.integration.console.desk import desk
from tests.people import CITY, KEYS, TOWN, VILLAGE

PASSWORD = "a quiet evening walk"


@pytest.fixture
def director(place):
    return place.user(("director", TOWN), username="wang", name="王主任", password_hash=hash_password(PASSWORD))


def token(answer):
    return re.search(r'name="csrf" value="([^"]+)"', answer.text)[1]


def sign_in(client, username="wang", password=PASSWORD, **more):
    form = client.get("/console/login", query_string=more)
    data = {"csrf": token(form), "username": username, "password": password, **more}
    return client.post("/console/login", data=data)


def test_a_director_signs_in_and_lands_on_the_month(client, director):
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/console")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" in cookie  # the tests' public address is https
    assert client.get("/console").location == "/console/month"


def test_the_root_leads_to_the_console(client):
    assert client.get("/").location == "/console"


def test_a_stranger_comes_back_to_where_they_wanted_to_go(client, director):
    door = client.get("/console/missing?month=2026-11")
    assert door.location == "/console/login?next=/console/missing%3Fmonth%3D2026-11"
    assert sign_in(client, next="/console/missing?month=2026-11").location == "/console/missing?month=2026-11"


@pytest.mark.parametrize(
    "bad", ["https://evil.example/", "//evil.example", "/\\evil", "/console\\..", "/elsewhere", "javascript:x"]
)
def test_nobody_is_led_out_of_the_console(client, director, bad):
    assert sign_in(client, next=bad).location == "/console"


def test_a_wrong_password_says_so_and_keeps_the_name(client, director):
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text
    assert 'value="wang"' in answer.text
    assert COOKIE not in str(answer.headers.getlist("Set-Cookie"))


def test_the_sixth_attempt_is_locked_out_whatever_its_password(client, director):
    for _ in range(5):
        sign_in(client, password="wrong")
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    assert "请 5 分钟后再试" in answer.text


def test_the_login_form_is_taken_from_its_own_browser_only(app, director):
    mine, theirs = app.test_client(), app.test_client()
    stolen = token(theirs.get("/console/login"))
    mine.get("/console/login")
    data = {"csrf": stolen, "username": "wang", "password": PASSWORD}
    assert mine.post("/console/login", data=data).status_code == 403


def test_leaving_ends_the_session_on_the_server(client, director):
    sign_in(client)
    page = client.get("/console/month")
    kept = client.get_cookie(COOKIE).value
    assert client.post("/console/logout", data={"csrf": token(page)}).location == "/console/login"
    client.set_cookie(COOKIE, kept)
    assert client.get("/console/month").status_code == 303


def test_a_session_ends_after_a_day(app, client, place):
    someone = desk(client, place, ("director", VILLAGE))
    assert someone.get("/console/month").status_code == 200
    clock.set_clock(app, lambda: NOW + dt.timedelta(hours=25))
    assert someone.get("/console/month").status_code == 303


def test_a_cookie_is_no_bearer_token_and_a_token_no_cookie(client, place, director):
    bearer = place.bearer(director)
    client.set_cookie(COOKIE, bearer["Authorization"].removeprefix("Bearer "))
    assert client.get("/console/month").status_code == 303
    someone = desk(client, place, user=director)
    cookie = make_cookie(KEYS, someone.session_id)
    assert client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {cookie}"}).status_code == 401
    assert client.get("/api/v1/users").status_code == 401  # the API never looks at cookies


def test_the_language_is_the_browsers_until_one_is_chosen(client):
    english = {"Accept-Language": "en-GB"}
    assert "登录" in client.get("/console/login").text
    assert "Sign in" in client.get("/console/login", headers=english).text
    chosen = client.get("/console/language", query_string={"to": "zh", "back": "/console/login"}, headers=english)
    assert (chosen.status_code, chosen.location) == (303, "/console/login")
    assert "用户名" in client.get("/console/login", headers=english).text
    assert client.get("/console/language", query_string={"to": "zh", "back": "//evil.example"}).location == "/console"


def test_a_volunteer_is_told_that_their_work_is_in_the_app(client, place):
    answer = desk(client, place, ("volunteer", VILLAGE)).get("/console")
    assert answer.status_code == 200
    assert "手机应用" in answer.text


def test_a_city_sees_figures_and_no_persons(client, place):
    answer = desk(client, place, ("director", CITY)).get("/console/month")
    assert answer.status_code == 200
    assert "许昌市" in answer.text
    assert "只看数字" in answer.text
    assert "/console/missing?" not in answer.text


def test_pages_are_not_kept_and_run_no_foreign_script(client, place):
    answer = desk(client, place, ("director", VILLAGE)).get("/console/month")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert " style=" not in answer.text
    assert "onclick" not in answer.text


def test_an_address_that_leads_nowhere_is_a_page(client, place):
    answer = desk(client, place, ("director", VILLAGE)).get("/console/nowhere")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert "回首页" in answer.text


def test_the_style_sheet_may_be_kept_for_good(client):
    page = client.get("/console/login").text
    address = re.search(r'href="([^"]+console\.css\?v=[^"]+)"', page)[1]
    answer = client.get(address)
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.mimetype == "text/css"
    assert client.get("/console/static/..%2fpages.py").status_code == 404


def test_a_form_that_is_too_large_is_refused(client, place):
    someone = desk(client, place, ("director", VILLAGE))
    assert someone.post("/console/logout", {"x": "y" * 600_000}).status_code == 413
