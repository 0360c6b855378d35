"""What every route has from the router: order of checks, limits, gzip, paging, errors in two languages, and
that nothing is served without a right."""

import errno
import gzip
import io
import json
import sqlite3

import pytest
from marshmallow import fields, validate
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from server.app import create_app
from server.errors import as_problem, constraint_name
from server.http import PUBLIC, SIGNED_IN, Bytes, PageArgs, Router
from server.people.model import User
from server.settings import Settings
from server.validation import Instant, Shape
from shared.ids import uuid7
from tests.conftest import SECRET
from tests.people import COUNTY, VILLAGE

LIMIT = 1000


class ThingIn(Shape):
    id = fields.UUID(load_default=None)
    name = fields.String(required=True, validate=validate.Length(1, 5))
    at = Instant(load_default=None)


class ThingOut(Shape):
    id = fields.UUID()
    name = fields.String()


api = Router("things", prefix="/test")


@api.post("/things", right="users.write", body=ThingIn, answer=ThingOut, status=201, creates=True, limit=LIMIT)
def make_thing(body):
    """Make a thing."""
    return body


@api.post("/open", right=PUBLIC, body=ThingIn, answer=ThingOut)
def open_thing(body):
    return body


@api.put("/raw", right=PUBLIC, body=Bytes(("image/jpeg",)), limit=LIMIT)
def raw(body):
    return {"bytes": len(body)}


@api.get("/numbers", right=SIGNED_IN, paged=True)
def numbers(page: PageArgs):
    start = page.after(int)
    rows = list(range(start[0] + 1 if start else 0, 7))[: page.limit + 1]
    return page.cut(rows, lambda number: (number,))


@api.get("/broken", right=PUBLIC)
def broken():
    raise RuntimeError("a secret in a message")


@api.get("/locked", right=PUBLIC)
def locked():
    raise OperationalError("SELECT secret", {}, sqlite3.OperationalError("database is locked"))


@api.get("/full", right=PUBLIC)
def full():
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(scope="session")
def _app(database_url, tmp_path_factory):
    """An app of this page's own, with a few routes more."""
    made = create_app(Settings(home=tmp_path_factory.mktemp("home"), database_url=database_url, secret_key=SECRET))
    api.mount(made)
    return made


@pytest.fixture
def admin(place):
    return place.somebody(("admin", COUNTY))


def test_nobody_gets_in_without_a_token_and_nothing_is_parsed_for_them(client):
    answer = client.post("/test/things", data=b"{not json")
    assert (answer.status_code, answer.json["code"]) == (401, "token_missing")
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_role_without_the_right_is_refused_before_its_body_is_looked_at(client, place):
    answer = client.post("/test/things", data=b"{not json", headers=place.somebody(("volunteer", VILLAGE)))
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[1,]", b'{"name": NaN}', b"[" * 900])
def test_what_is_no_json_is_said_so(client, admin, text):
    answer = client.post("/test/things", data=text, headers=admin)
    assert (answer.status_code, answer.json["code"]) == (400, "json_invalid")


def test_field_errors_are_told_by_path_in_the_readers_language(client, admin):
    body = {"name": "too long a name", "at": "2026-11-03T09:12:31", "id": "x"}
    chinese = client.post("/test/things", json=body, headers=admin)
    assert chinese.status_code == 422
    assert chinese.json["errors"]["name"] == ["长度应为 1 到 5"]
    assert set(chinese.json["errors"]) == {"name", "at", "id"}
    english = client.post("/test/things", json=body, headers={**admin, "Accept-Language": "en-GB,en;q=0.9"})
    assert english.json["errors"]["name"] == ["Length must be 1 to 5."]
    assert english.json["title"] == "Some fields are wrong"
    assert client.post("/test/things", json=[], headers=admin).json["code"] == "validation"


def test_a_body_over_the_limit_is_refused_with_the_limit(client, admin):
    for data, headers in (b"x" * (LIMIT + 1), {}), (gzip.compress(b" " * 9_000_000), {"Content-Encoding": "gzip"}):
        answer = client.post("/test/things", data=data, headers={**admin, **headers})
        assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")
        assert answer.json["limit"] == LIMIT
        assert str(LIMIT) in answer.json["detail"]


def test_a_gzipped_body_is_unpacked(client, admin):
    data = gzip.compress(json.dumps({"name": "火"}).encode())
    answer = client.post("/test/things", data=data, headers={**admin, "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["name"]) == (201, "火")


@pytest.mark.parametrize(
    ("data", "encoding", "code"),
    [
        (b"no gzip", "gzip", "gzip_invalid"),
        (gzip.compress(b"{}")[:-4], "gzip", "body_cut_short"),
        (b"{}", "br", "encoding_unknown"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(client, data, encoding, code):
    assert client.post("/test/open", data=data, headers={"Content-Encoding": encoding}).json["code"] == code


def test_a_body_that_ends_early_never_reaches_the_handler(app):
    sent = EnvironBuilder("/test/open", method="POST", data=b'{"name": "a"}').get_environ()
    body, status, _ = run_wsgi_app(app, {**sent, "CONTENT_LENGTH": "500"}, buffered=True)
    assert (status[:3], json.loads(b"".join(body))["code"]) == ("400", "body_cut_short")


class SilentLine(io.RawIOBase):
    """A line on which nothing comes for longer than the server waits."""

    def read(self, size=-1):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    def readinto(self, into):
        return self.read()


def test_an_upload_that_falls_silent_may_be_sent_again(app):
    sent = EnvironBuilder("/test/open", method="POST", data=b"").get_environ()
    sent |= {"CONTENT_LENGTH": "500", "wsgi.input": SilentLine()}
    body, status, _ = run_wsgi_app(app, sent, buffered=True)
    # 408: phones refuse what a 400 blames
    assert (status[:3], json.loads(b"".join(body))["code"]) == ("408", "upload_stalled")


def test_bytes_come_as_they_are(client):
    assert client.put("/test/raw", data=b"\xff\xd8").json == {"bytes": 2}


def test_what_no_database_takes_becomes_a_replacement_character(client, admin):
    answer = client.post("/test/things", data=b'{"name": "a\\u0000\\ud800b"}', headers=admin)
    assert answer.json["name"] == "a\ufffd\ufffdb"
    assert client.post("/test/things", data='{"name": "\\ud83d\\ude00"}', headers=admin).json["name"] == "\U0001f600"


def test_an_idempotency_key_names_the_same_thing_for_the_same_person(client, admin, place):
    def made(headers, key="k1", **body):
        headers = {**headers, "Idempotency-Key": key}
        return client.post("/test/things", json={"name": "a", **body}, headers=headers).json["id"]

    first = made(admin)
    assert made(admin) == first
    assert made(admin, "k2") != first
    assert made(place.somebody(("admin", COUNTY))) != first
    own = "01a20072-ee78-738d-a667-c6e94d179dce"
    assert made(admin, id=own) == own


def test_a_list_is_walked_by_its_cursor_and_ends_with_null(client, admin):
    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get("/test/numbers", query_string=query, headers=admin).json
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(7))


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"limit": "-1"}])
def test_a_limit_that_is_none_is_named(client, admin, query):
    assert "limit" in client.get("/test/numbers", query_string=query, headers=admin).json["errors"]


@pytest.mark.parametrize("cursor", ["x", "中", "W10", "WyJhIl0", "bnVsbA"])
def test_a_made_up_cursor_is_refused(client, admin, cursor):
    answer = client.get("/test/numbers", query_string={"cursor": cursor}, headers=admin)
    assert (answer.status_code, answer.json["code"]) == (400, "cursor_invalid")


def test_a_mistake_of_ours_is_told_without_its_words(client):
    answer = client.get("/test/broken")
    assert (answer.status_code, answer.json["code"]) == (500, "server_error")
    assert "secret" not in answer.text


def test_a_locked_database_asks_to_come_back(client):
    answer = client.get("/test/locked")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/nope", 404), ("GET", "/auth/login", 405), ("TRACE", "/auth/me", 405)],
)
def test_unknown_addresses_and_methods_are_problems_too(client, method, path, code):
    answer = client.open("/api/v1" + path, method=method)
    assert answer.status_code == code
    assert answer.json["status"] == code
    assert answer.json["type"].startswith("urn:yuetan:problem:")


def test_a_browser_gets_a_page_and_a_program_json(client):
    page = client.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.mimetype == "text/html"
    assert client.get("/nowhere").mimetype == "application/problem+json"


def test_a_request_id_is_taken_if_it_is_sane_and_always_given(client):
    assert client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    for odd in "a b", "x" * 65, '"}':
        assert client.get("/healthz", headers={"X-Request-Id": odd}).headers["X-Request-Id"] not in (odd, "")


def test_a_route_without_a_right_does_not_start():
    with pytest.raises(TypeError):
        Router("x").get("/x")
    with pytest.raises(LookupError):
        Router("x").get("/x", right="elders.reed")


def test_every_route_of_the_house_declares_a_right_and_words(app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    under_api = {(rule.rule, method) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}}
    declared = {(route.path, route.method) for route in app.extensions["yuetan_routes"]}
    assert under_api <= declared
    for route in app.extensions["yuetan_routes"]:
        assert route.summary or route.router == "things", route.path


def test_the_description_names_every_route_of_the_router(client, app):
    spec = client.get("/api/v1/openapi.json").json
    assert spec["openapi"].startswith("3.")
    documented = {(path, method.upper()) for path, methods in spec["paths"].items() for method in methods}
    for route in app.extensions["yuetan_routes"]:
        path = route.path
        for kind in "uuid", "string", "int", "path":
            path = path.replace(f"<{kind}:", "<")
        assert (path.replace("<", "{").replace(">", "}"), route.method) in documented
    assert client.get("/api/v1/docs").mimetype == "text/html"


def test_a_server_with_a_missing_or_default_secret_does_not_start(tmp_path):
    for secret in "", "changeme", "short", "yuetan-demo-secret-never-for-real-people":
        with pytest.raises(Exception, match="YUETAN_SECRET_KEY"):
            create_app(Settings(home=tmp_path, secret_key=secret))
    assert create_app(Settings(home=tmp_path, demo=True))


def test_a_violated_constraint_is_known_by_its_name_and_answered_in_its_words(session, place):
    user = place.user(username="wang")
    twin = insert(User).values(
        id=uuid7(), username="wang", name="x", language="zh-CN", created_at=user.created_at
    )
    with pytest.raises(IntegrityError) as wrong:
        session.execute(twin)
    assert constraint_name(wrong.value) == "uq_users_username"
    told = as_problem(wrong.value)
    assert told is not None
    assert told.body("en")["errors"] == {"username": ["The user name is taken"]}


def test_a_full_disk_is_nobody_s_fault_and_asks_to_come_back_when_there_is_room(client):
    answer = client.get("/test/full")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 60
