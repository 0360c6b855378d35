"""GET /api/v1/openapi.json and /docs, made of the routes' own declarations, so that they cannot disagree."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, current_app
from marshmallow import Schema

from server.http import PUBLIC, Bytes, Route, Router
from server.problems import CATALOGUE

api = Router("openapi")
_PARAMETER = re.compile(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
_KINDS: dict[str | None, dict[str, str]] = {
    "uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}, "float": {"type": "number"},
}  # fmt: skip


@api.get("/openapi.json", right=PUBLIC, database=False)
def openapi_json() -> dict[str, Any]:
    """This description: OpenAPI 3."""
    return document()


@api.get("/docs", right=PUBLIC, database=False)
def docs() -> Response:
    """The same as a page for people."""
    return Response(_page(document()), mimetype="text/html")


def init_app(app: Flask) -> None:
    app.extensions["yuetan_openapi"] = None  # made at the first request: starting must be quick


def document() -> dict[str, Any]:
    made: dict[str, Any] | None = current_app.extensions["yuetan_openapi"]
    if made is None:
        made = describe(current_app.extensions["yuetan_routes"])
        current_app.extensions["yuetan_openapi"] = made
    return made


def describe(routes: list[Route]) -> dict[str, Any]:
    spec = APISpec(
        title="Yuetan 月探", version="1", openapi_version="3.0.3", plugins=[MarshmallowPlugin(_schema_name)],
        info={"description": "Every special-difficulty elder visited, every month. 特殊困难老年人月探访。"},
    )  # fmt: skip
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", _PROBLEM)
    spec.components.response(
        "Problem",
        {
            "description": "RFC 9457",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    )
    for route in routes:
        path = _PARAMETER.sub(lambda m: "{" + m["name"] + "}", route.path)
        spec.path(path=path, operations={route.method.lower(): _operation(route)})
    return spec.to_dict()


def _operation(route: Route) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": m["name"], "in": "path", "required": True, "schema": _KINDS.get(m["kind"], {"type": "string"})}
        for m in _PARAMETER.finditer(route.path)
    ]
    if route.query is not None:
        parameters.append({"in": "query", "schema": route.query})
    if route.paged:
        parameters += [
            {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500}},
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
        ]
    if route.creates:
        parameters.append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}})
    operation: dict[str, Any] = {
        "operationId": f"{route.router}_{route.name}",
        "summary": route.summary,
        "tags": list(route.tags),
        "parameters": parameters,
        "responses": {
            **{str(status): _good(route) for status in (route.status, *route.also)},
            "default": {"$ref": "#/components/responses/Problem"},
        },
        "security": [] if route.right is PUBLIC else [{"bearer": []}],
    }
    if isinstance(route.body, Bytes):
        schema: Any = route.body.schema or {"type": "string", "format": "binary"}
        operation["requestBody"] = {"required": True, "content": {t: {"schema": schema} for t in route.body.types}}
    elif route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    if isinstance(route.right, str):
        operation["x-right"] = route.right
    return operation


def _good(route: Route) -> dict[str, Any]:
    if route.answer is None:
        return {"description": "OK"}
    schema: Any = route.answer
    if route.paged:
        schema = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": route.answer},
                "next_cursor": {"type": "string", "nullable": True},
            },
        }
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _schema_name(schema: Schema | type[Schema]) -> str:
    made = schema if isinstance(schema, type) else type(schema)
    noun = made.__module__.removeprefix("server.").split(".")[0]
    return made.__name__ if noun == made.__name__.lower() else f"{noun}.{made.__name__}"


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": ", ".join(sorted(CATALOGUE))},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ccc;"
    "vertical-align:top}code{font-size:.95em}h2{margin-top:2rem}"
)


def _page(spec: dict[str, Any]) -> str:
    by_tag: dict[str, list[str]] = {}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            right = operation.get("x-right") or ("—" if not operation["security"] else "bearer")
            row = (
                f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
                f"<td>{escape(operation['summary'])}</td><td><code>{escape(right)}</code></td></tr>"
            )
            by_tag.setdefault(operation["tags"][0], []).append(row)
    parts = [
        f'<h2 id="{tag}">{tag}</h2><table><tr><th>method</th><th>path</th><th></th><th>right</th></tr>'
        + "".join(rows)
        + "</table>"
        for tag, rows in by_tag.items()
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Yuetan API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        '<h1>Yuetan 月探 API</h1><p><a href="openapi.json">openapi.json</a> (OpenAPI 3)</p>'
        + "".join(parts)
        + "</body></html>"
    )
