"""CONTRACT, HTTP: what an error looks like, in which language, and what is refused before anybody reads it."""

import gzip
import http.client
import json

import pytest

from tests.contract.client import visit

MIB = 1024 * 1024


def check_problem(answer, status, code=None):
    """RFC 9457 as the contract writes it; → the object."""
    assert answer.status == status, answer.body
    assert answer.type == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == status
    assert all(isinstance(body[k], str) and body[k] for k in ("type", "title", "detail", "code"))
    if code is not None:
        assert body["code"] == code
    for path, texts in body.get("errors", {}).items():
        assert isinstance(path, str)
        assert texts
        assert all(isinstance(t, str) for t in texts)
    return body


@pytest.mark.parametrize("path", ["/nothing", "/elders/not-a-uuid", "/t/", "/t/abc/def", "/visits/1/review"])
def test_an_address_that_does_not_exist_is_a_problem_404(demo, path):
    check_problem(demo.get("admin", path), 404, "not_found")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_a_method_that_is_not_there_is_a_problem_405_that_names_the_others(demo, method):
    answer = demo.http.call(method, "/auth/me", token=demo.token("admin"))
    check_problem(answer, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("language", "chinese"),
    [(None, True), ("zh-CN", True), ("zh", True), ("en", False), ("en-GB,en;q=0.9", False), ("fr", True),
     ("en;q=0.1, zh-CN", True), ("*", True)],
)  # fmt: skip
def test_title_and_detail_follow_accept_language_and_the_code_stays(http, language, chinese):
    headers = {"Accept-Language": language} if language else {}
    body = check_problem(http.get("/auth/me", headers=headers), 401, "token_missing")
    assert (not body["title"].isascii()) == chinese
    assert (not body["detail"].isascii()) == chinese


def test_field_errors_follow_the_language_too(http):
    zh = check_problem(http.post("/auth/login", {"username": 5}), 422, "validation")
    en = check_problem(http.post("/auth/login", {"username": 5}, headers={"Accept-Language": "en"}), 422, "validation")
    assert set(zh["errors"]) == set(en["errors"]) == {"username", "password"}
    assert not "".join(zh["errors"]["password"]).isascii()
    assert "".join(en["errors"]["password"]).isascii()


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[1,", b'{"visits": [}', b"[" * 100_000])
@pytest.mark.parametrize("path", ["/auth/login", "/sync/visits", "/sync/events", "/devices/enrol"])
def test_what_is_no_json_is_400_json_invalid(phone, path, raw):
    check_problem(phone.http.post(path, raw=raw, token=phone.token), 400, "json_invalid")


@pytest.mark.parametrize("value", [[], "x", 5, None])
def test_json_that_is_no_object_is_422_where_an_object_is_wanted(http, value):
    check_problem(http.post("/auth/login", raw=json.dumps(value).encode()), 422)


@pytest.mark.parametrize("zipped", [False, True])
def test_more_than_eight_mebibytes_are_413_and_the_limit_is_named(phone, zipped):
    raw = json.dumps({"visits": [visit(None, note="x" * (8 * MIB))]}).encode()
    headers = {"Content-Encoding": "gzip"} if zipped else {}
    answer = phone.http.post(
        "/sync/visits", raw=gzip.compress(raw) if zipped else raw, token=phone.token, headers=headers
    )
    body = check_problem(answer, 413, "body_too_large")
    assert body["limit"] == 8 * MIB
    assert str(8 * MIB) in body["detail"]


def test_a_body_in_chunks_that_is_too_large_is_413_as_well(demo, phone):
    line = http.client.HTTPConnection(demo.http.host, demo.http.port, timeout=60)
    headers = {"Authorization": f"Bearer {phone.token}", "Transfer-Encoding": "chunked"}
    line.request("POST", "/api/v1/sync/visits", (b" " * 65536 for _ in range(300)), headers, encode_chunked=True)
    answer = line.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["limit"] == 8 * MIB
    line.close()


@pytest.mark.parametrize("zipped", [False, True])
def test_just_under_eight_mebibytes_are_taken(phone, zipped):
    body = json.dumps({"visits": [{"id": "no visit"}], "padding": "%"}).encode()
    raw = body.replace(b"%", b"x" * (8 * MIB - len(body)))
    headers = {"Content-Encoding": "gzip"} if zipped else {}
    raw = gzip.compress(raw) if zipped else raw
    answer = phone.http.post("/sync/visits", raw=raw, token=phone.token, headers=headers)
    assert answer.status == 200
    assert answer.json()["results"][0]["status"] == "rejected"


def test_a_gzipped_batch_is_read(phone, elder):
    raw = gzip.compress(json.dumps({"visits": [visit(elder["id"])]}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = phone.http.post("/sync/visits", raw=raw, token=phone.token, headers=headers)
    assert answer.status == 200
    assert answer.json()["results"][0]["status"] == "accepted"


def test_gzip_that_is_none_and_unknown_encodings_are_refused_as_problems(phone):
    for encoding, status in (("gzip", 400), ("br", 415)):
        answer = phone.http.post(
            "/sync/visits", raw=b"{}", token=phone.token, headers={"Content-Encoding": encoding}
        )
        check_problem(answer, status)


def test_no_token_an_unknown_one_and_one_of_another_kind_are_401(demo, phone):
    check_problem(demo.http.get("/auth/me"), 401, "token_missing")
    for wrong in ("x", "a" * 400, phone.tokens["refresh_token"], demo.login("admin")["refresh_token"]):
        check_problem(demo.http.get("/auth/me", token=wrong), 401)


def test_health_readiness_and_metrics_answer_without_a_token(http):
    assert http.get("/healthz").status == 200
    assert http.get("/readyz").status == 200
    metrics = http.get("/metrics")
    assert metrics.status == 200
    assert metrics.type == "text/plain"
    lines = metrics.body.decode().splitlines()
    assert any(line.startswith("# TYPE ") for line in lines)
    for line in lines:
        if line and not line.startswith("#"):
            float(line.rsplit(" ", 1)[1])
