"""The description of the API is whole: every route has words, a known right, and shapes that are there."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from server.auth.rights import RIGHTS
from server.openapi import describe
from tests.docs import reference


@pytest.fixture(scope="module")
def routes() -> list[Any]:
    return reference.app().extensions["yuetan_routes"]


@pytest.fixture(scope="module")
def spec(routes: list[Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(describe(routes)))  # plain JSON and nothing else
    return made


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_route_is_described_once_under_a_name_of_its_own(spec: dict[str, Any], routes: list[Any]) -> None:
    described = {(method.upper(), path) for path, method, _ in operations(spec)}
    assert described == {(r.method, reference.address(r.path)) for r in routes}
    names = Counter(operation["operationId"] for _, _, operation in operations(spec))
    assert [n for n, times in names.items() if times > 1] == []


def test_every_route_says_in_one_sentence_what_it_does(spec: dict[str, Any]) -> None:
    for path, method, operation in operations(spec):
        assert re.fullmatch(r"\S.{8,}[.…`]", operation["summary"]), (method, path)


def test_every_right_is_known_and_every_route_without_one_says_so(spec: dict[str, Any], routes: list[Any]) -> None:
    for path, method, operation in operations(spec):
        if (right := operation.get("x-right")) is not None:
            assert right in RIGHTS, (method, path)
            assert operation["security"] == [{"bearer": []}], (method, path)
    for route in routes:
        assert isinstance(route.right, str) or repr(route.right) in ("PUBLIC", "SIGNED_IN"), route.path


def test_every_path_declares_its_parameters_and_every_shape_is_there(spec: dict[str, Any]) -> None:
    for path, method, operation in operations(spec):
        told = {p["name"] for p in operation["parameters"] if p.get("in") == "path"}
        assert told == set(re.findall(r"{(\w+)}", path)), (method, path)
        assert operation["responses"], (method, path)
    for target in set(references(spec)):
        part: Any = spec
        for step in target.removeprefix("#/").split("/"):
            assert step in part, target
            part = part[step]


def test_what_is_written_takes_a_body_and_what_is_read_takes_none(spec: dict[str, Any]) -> None:
    for path, method, operation in operations(spec):
        if method in ("get", "head", "delete"):
            assert "requestBody" not in operation, (method, path)
