"""CONTRACT: the OpenAPI document describes every route, and every list is a list."""

import re

import pytest

from tests.contract.client import now, uuid7
from tests.contract.test_errors import check_problem

METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
CALLS = """
POST /auth/login · POST /auth/refresh · POST /auth/logout · POST /auth/wechat · POST /auth/wechat/bind · GET /auth/me
POST /devices/enrol · POST /devices/refresh · GET /sync/changes · POST /sync/visits · POST /sync/events
PUT /sync/visits/{}/photos/{} · HEAD /sync/visits/{}/photos/{} · GET /pairings · GET /policies · GET /absences
GET /months · GET /tasks · POST /sos · GET /alerts/stream · GET /visits/{}/explanation · GET /compliance
GET /compliance/missing · GET /alerts · POST /alerts/{}/acknowledge · POST /alerts/{}/resolve · GET /visits
POST /visits/{}/review · POST /visits/{}/reply · POST /visits/{}/reopen · GET /timebank/account
GET /timebank/entries · POST /timebank/transfers
"""
LISTS = ("/regions", "/users", "/devices", "/elders", "/tasks", "/absences", "/pairings", "/policies", "/visits",
         "/compliance/missing", "/months", "/alerts")  # fmt: skip


@pytest.fixture(scope="module")
def document(http):
    answer = http.get("/api/v1/openapi.json")
    assert answer.status == 200
    assert answer.type == "application/json"
    return answer.json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def test_the_document_is_openapi_3(document):
    assert re.fullmatch(r"3\.[01]\.\d+", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"]
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        assert path.startswith("/"), path
        assert operation["responses"], (path, method)
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d|default", status)
            assert "$ref" in response or response["description"]
        named = [p for p in operation.get("parameters", ()) if p["in"] == "path"]
        assert {p["name"] for p in named} == set(re.findall(r"{(\w+)}", path))
        assert all(p["required"] for p in named)
        assert all("schema" in p for p in operation.get("parameters", ()))
        assert len({(p["in"], p["name"]) for p in operation.get("parameters", ())}) == len(operation["parameters"])


def test_every_reference_leads_somewhere(document):
    def walk(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                target = document
                assert value["$ref"].startswith("#/")
                for step in value["$ref"][2:].split("/"):
                    target = target[step.replace("~1", "/").replace("~0", "~")]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)


@pytest.mark.parametrize("call", re.split(r" · |\n", CALLS.strip()))
def test_every_call_of_the_contract_is_described(document, call):
    method, path = call.split(" ")
    wanted = re.escape("/api/v1" + path).replace(r"\{\}", r"{\w+}")
    found = [p for p in document["paths"] if re.fullmatch(wanted, p)]
    assert found
    assert method.lower() in document["paths"][found[0]]


@pytest.mark.parametrize("path", ["/t/{token}", "/healthz", "/readyz", "/metrics"])
def test_the_addresses_outside_are_described_as_well(document, path):
    assert "get" in document["paths"][path]


def test_what_answers_is_described_with_its_status(document):
    paths = document["paths"]
    photo = next(p for p in paths if p.endswith("/photos/{sha256}"))
    assert {"200", "201", "202"} <= set(paths[photo]["put"]["responses"])
    for path, method in (("/sync/changes", "get"), ("/sync/visits", "post"), ("/compliance", "get"),
                         ("/auth/login", "post"), ("/devices/enrol", "post"), ("/visits", "get")):  # fmt: skip
        assert "schema" in paths["/api/v1" + path][method]["responses"]["200"]["content"]["application/json"]


def test_the_docs_are_a_page(http):
    answer = http.get("/api/v1/docs", headers={"Accept": "text/html"})
    assert answer.status == 200
    assert answer.type == "text/html"
    assert b"/sync/visits" in answer.body


KNOWN = {"code": "411002000000", "county_id": "1"}  # parts of addresses that are no ids


def test_no_route_but_the_public_ones_answers_without_a_token(document, http):
    """Default deny, asked of every route that the document has."""
    for path, method, operation in operations(document):
        if not operation.get("security"):
            continue
        where = re.sub(r"{(\w+)}", lambda m: KNOWN.get(m[1]) or uuid7(), path)
        answer = http.call(method.upper(), where, {} if method in ("post", "put", "patch") else None)
        assert answer.status in (401, 404), (method, path, answer.status)
        if method != "head" and path.startswith("/api/v1"):
            check_problem(answer, 401, "token_missing")


# Lists.


def ask(demo, path, **query):
    if path.startswith("/compliance"):
        query |= {"region": demo.region, "month": f"{now():%Y-%m}"}
    return demo.get("county_director", path, **query)


@pytest.mark.parametrize("path", LISTS)
def test_every_list_takes_limit_and_cursor_and_pages_give_each_item_once(demo, path):
    whole = ask(demo, path, limit=500)
    assert whole.status == 200, whole.body
    body = whole.json()
    assert set(body) == {"items", "next_cursor"}
    assert isinstance(body["items"], list)
    one = ask(demo, path, limit=1).json()
    assert one["items"] == body["items"][:1]
    if len(body["items"]) < 2:
        assert one["next_cursor"] is None
        return
    assert isinstance(one["next_cursor"], str)
    two = ask(demo, path, limit=1, cursor=one["next_cursor"]).json()
    assert two["items"] == body["items"][1:2]


@pytest.mark.parametrize("path", LISTS)
def test_a_limit_or_cursor_that_makes_no_sense_is_a_problem(demo, path):
    for query in ({"limit": "0"}, {"limit": "x"}, {"limit": "-1"}, {"limit": "1.5"}):
        check_problem(ask(demo, path, **query), 422)
    for cursor in ("x", "W10", "bnVsbA", "e30", "a" * 300):
        answer = ask(demo, path, cursor=cursor)
        check_problem(answer, 400, "cursor_invalid")


@pytest.mark.parametrize("limit", ["501", "100000"])
def test_a_limit_beyond_the_largest_is_the_largest(demo, limit):
    assert ask(demo, "/elders", limit=limit).status == 200


def test_an_empty_cursor_is_none(demo):
    for path in LISTS:
        assert ask(demo, path, cursor="", limit=1).json() == ask(demo, path, limit=1).json()


def test_no_answer_is_a_bare_array(document):
    for path, method, operation in operations(document):
        for response in operation["responses"].values():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            assert schema.get("type") != "array", (method, path)


def test_what_happened_to_an_elder_is_a_list_too(demo):
    elder = demo.get("county_director", "/elders", limit=1).json()["items"][0]["id"]
    answer = demo.get("county_director", f"/elders/{elder}/status").json()
    assert set(answer) == {"items", "next_cursor"}
    assert answer["items"]


def test_the_entries_of_an_account_are_a_list_too(demo):
    one = demo.get("volunteer", "/timebank/entries", limit=1).json()
    assert set(one) == {"items", "next_cursor"}
    assert len(one["items"]) == 1
    check_problem(demo.get("volunteer", "/timebank/entries", cursor="x"), 400, "cursor_invalid")
    check_problem(demo.get("volunteer", "/timebank/entries", limit="0"), 422)
