"""The way in: one declaration per route says its address, right, shapes and words, and nothing is served without.

    api = Router("visits")

    @api.post("/visits/<uuid:visit_id>/review", right="visits.review", body=ReviewIn, answer=VisitOut)
    def review_visit(visit_id, body): ...

Every request goes the same way, in this order: read the whole body (a phone on a bad line must not hold a
transaction open while it sends, and a body that was cut short never begins one), find out who asks (one query),
authorise, parse, validate, call the handler, dump. Handlers get `body`, `query` and `page` as keywords where declared.
"""

from __future__ import annotations

import contextlib
import json
import re
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, g, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import ClientDisconnected

from server import clock, database, keys
from server.auth.cookie import COOKIE, cookie_actor
from server.auth.current import actor, reach, set_actor
from server.auth.reach import Actor
from server.auth.rights import PUBLIC, RIGHTS, SIGNED_IN, _Open
from server.language import Text, language
from server.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, PageArgs
from server.problems import problem
from server.validation import field_errors
from shared.ids import uuid7

__all__ = ["PUBLIC", "SIGNED_IN", "Bytes", "Page", "PageArgs", "Router", "actor", "reach"]

BODY_LIMIT = 1024 * 1024  # of a JSON body, unzipped, where a route says nothing else
DRAIN_LIMIT, DRAIN_STEP = 64 * 1024 * 1024, 256 * 1024
API = "/api/v1"
READS = ("GET", "HEAD")

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Bytes:
    """A body that the handler takes as it came (unzipped): photos, files, batches with a reader of their own."""

    types: tuple[str, ...] = ("application/octet-stream",)
    schema: type[Schema] | Schema | None = None  # for the description only


@dataclass(frozen=True, slots=True)
class Route:
    router: str
    name: str
    method: str
    path: str
    right: str | _Open
    handler: Handler
    body: Schema | Bytes | None
    query: Schema | None
    answer: Schema | None
    status: int
    paged: bool
    creates: bool
    database: bool
    cookie: bool
    limit: int
    summary: str
    tags: tuple[str, ...]
    also: tuple[int, ...] = ()  # other statuses of success, for the description


class Router:
    """The routes of one noun. `prefix=""` for the few addresses outside /api/v1."""

    def __init__(self, name: str, prefix: str = API) -> None:
        self.name = name
        self.prefix = prefix
        self.routes: list[Route] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        right: str | _Open,
        body: type[Schema] | Schema | Bytes | None = None,
        query: type[Schema] | Schema | None = None,
        answer: type[Schema] | Schema | None = None,
        status: int = 200,
        also: tuple[int, ...] = (),
        paged: bool = False,
        creates: bool = False,
        database: bool = True,
        cookie: bool = False,
        limit: int = BODY_LIMIT,
        summary: str = "",
    ) -> Callable[[Handler], Handler]:
        """`paged`: the handler gets `page: PageArgs` and returns a `Page` whose items `answer` dumps.
        `creates`: `body["id"]` is always there: the client's, or made of its Idempotency-Key, or new.
        `also`: other statuses that say that it went well.
        `database=False`: the route answers while the database is down.
        `cookie`: a console page may ask too, by its session cookie; for routes that only read."""
        if not isinstance(right, _Open) and right not in RIGHTS:
            raise LookupError(f"{method} {path}: no such right: {right}")

        def declare(handler: Handler) -> Handler:
            words = summary or (handler.__doc__ or "").strip().split("\n")[0]
            self.routes.append(
                Route(
                    self.name, handler.__name__, method, self.prefix + path, right, handler,
                    body if isinstance(body, Bytes) else _schema(body), _schema(query), _schema(answer),
                    status, paged, creates, database, cookie and method in READS, limit, words,
                    (self.name,), also,
                )
            )  # fmt: skip
            return handler

        return declare

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("GET", path, **options)

    def head(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("HEAD", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("DELETE", path, **options)

    def mount(self, app: Flask) -> None:
        for route in self.routes:
            app.add_url_rule(
                route.path, f"{route.router}.{route.name}", _view(route), methods=[route.method],
                provide_automatic_options=False,
            )  # fmt: skip
            app.extensions.setdefault("yuetan_routes", []).append(route)


def _schema(schema: type[Schema] | Schema | None) -> Schema | None:
    # built once: a Schema made per request costs more than the validation itself
    return schema() if isinstance(schema, type) else schema


def _view(route: Route) -> Callable[..., Response]:
    reads = route.method in READS

    def view(**path: Any) -> Response:
        raw = read_body(route.limit) if not reads else b""
        session = database.session()
        if route.database and (reads or route.right is not PUBLIC):
            database.begin_reading(session)
        who = None
        if route.right is not PUBLIC:
            who = authenticate(cookie=route.cookie)
            if not isinstance(route.right, _Open):
                g.right = route.right
                if not who.may(route.right):
                    raise problem("forbidden")
        if not reads and who is not None and session.get_bind().dialect.name == "sqlite":
            # what was looked up is plain data; there the handler's own transaction begins as one that writes
            session.rollback()
        arguments: dict[str, Any] = dict(path)
        if route.query is not None:
            arguments["query"] = load(route.query, request.args.to_dict())
        if route.paged:
            arguments["page"] = _page_args()
        if isinstance(route.body, Bytes):
            arguments["body"] = raw
        elif route.body is not None:
            data = parse_json(raw)
            if route.creates and isinstance(data, dict) and data.get("id") is None:
                data["id"] = str(_made_id(route, who))
            arguments["body"] = load(route.body, data)
        return _answer(route, route.handler(**arguments))

    view.__name__ = route.name
    return view


def authenticate(*, cookie: bool = False) -> Actor:
    """The actor of the running request by its bearer token (or the console's cookie, where that will do), or 401."""
    if cookie and "Authorization" not in request.headers and COOKIE in request.cookies:
        now = clock.now()
        today = now.astimezone(clock.zone()).date()
        visitor = cookie_actor(database.session(), keys.ring(), request.cookies[COOKIE], now, today)
        set_actor(visitor)
        return visitor
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise problem("token_missing")
    who: Actor = current_app.extensions["yuetan_authenticate"](database.session(), token.strip())
    set_actor(who)
    return who


def read_body(limit: int) -> bytes:
    """The whole body, unzipped, at most `limit` bytes; nothing else of the request has begun yet."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip"):
        raise problem("encoding_unknown")
    announced = request.content_length
    try:
        if announced is not None and announced > limit:
            _drain(announced)
            raise problem("body_too_large", limit=limit)
        raw = request.stream.read(limit + 1)
    except (ClientDisconnected, OSError) as wrong:
        raise problem("upload_stalled" if _fell_silent(wrong) else "body_cut_short") from None
    if announced is not None and len(raw) < announced:
        raise problem("body_cut_short")
    if len(raw) > limit:
        with contextlib.suppress(ClientDisconnected, OSError):
            _drain(DRAIN_LIMIT)  # sent in chunks, it announced nothing
        raise problem("body_too_large", limit=limit)
    return _unzip(raw, limit) if encoding == "gzip" else raw


def _fell_silent(wrong: BaseException) -> bool:
    """Whether the line is there and nothing came for too long (server/gunicorn.py says how long): that is no fault of
    what is sent, and a phone sends it again."""
    return any(isinstance(one, (BlockingIOError, TimeoutError)) for one in (wrong, wrong.__cause__, wrong.__context__))


def _drain(announced: int) -> None:
    """Let a client finish sending what is refused: closing on it would show it a broken line, not the answer."""
    for _ in range(min(announced, DRAIN_LIMIT) // DRAIN_STEP + 1):
        if not request.stream.read(DRAIN_STEP):
            return


def _unzip(raw: bytes, limit: int) -> bytes:
    unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        data = unzip.decompress(raw, limit + 1)  # never more than this in memory, however it was packed
    except zlib.error:
        raise problem("gzip_invalid") from None
    if len(data) > limit or unzip.unconsumed_tail:
        raise problem("body_too_large", limit=limit)
    if not unzip.eof:
        raise problem("body_cut_short")
    return data


def parse_json(raw: bytes) -> Any:
    try:
        data = json.loads(raw, parse_constant=_no_constant)
        # written as escapes, the only way in for what no database takes; a body without them is not walked through
        return storable(data) if b"\\u" in raw else data
    except (ValueError, RecursionError):
        raise problem("json_invalid") from None


def storable(data: Any) -> Any:
    """The same with U+FFFD for U+0000 and lone surrogates, in every text."""
    if isinstance(data, str):
        return _UNSTORABLE.sub("\ufffd", data)
    if isinstance(data, list):
        return [storable(item) for item in data]
    if isinstance(data, dict):
        return {storable(name): storable(value) for name, value in data.items()}
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def load(schema: Schema, data: Any) -> Any:
    """`data` as the schema's values, or 422 with the errors by field path."""
    try:
        return schema.load(data)
    except ValidationError as wrong:
        raise problem("validation", errors=field_errors(wrong.messages)) from None


def _page_args() -> PageArgs:
    text = request.args.get("limit", str(DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise problem("validation", errors={"limit": [Text(f"1 到 {MAX_LIMIT} 的整数", f"1 to {MAX_LIMIT}")]})
    return PageArgs(min(int(text), MAX_LIMIT), request.args.get("cursor") or None)


def _made_id(route: Route, who: Actor | None) -> uuid.UUID:
    """An Idempotency-Key names the thing to be made: the same person's same key is the same id, for good."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        return uuid7()
    owner = who.user_id if who is not None else "-"
    return uuid.uuid5(uuid.NAMESPACE_URL, f"yuetan:{owner}:{route.method} {request.path}:{key}")


def _answer(route: Route, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    status, headers = route.status, None
    if isinstance(result, tuple):
        result, status, *more = result
        headers = more[0] if more else None
    if isinstance(result, Response):
        result.status_code = status
        return result
    if isinstance(result, Page):
        items = route.answer.dump(result.items, many=True) if route.answer else list(result.items)
        result = {"items": items, "next_cursor": result.next_cursor}
    elif route.answer is not None and result is not None:
        result = route.answer.dump(result)
    return json_response(result, status, headers) if result is not None else Response(status=status, headers=headers)


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None, mimetype: str = "application/json"
) -> Response:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    response = Response(text, status, headers, mimetype=mimetype)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def problem_response(wrong: Any) -> Response:
    response = json_response(wrong.body(language()), wrong.status, mimetype="application/problem+json")
    response.headers["Content-Language"] = "zh-CN" if language() == "zh" else "en"
    if wrong.status == 401:
        response.headers["WWW-Authenticate"] = f'Bearer error="{wrong.code}"'
    if wrong.retry_after is not None:
        response.headers["Retry-After"] = str(wrong.retry_after)
    return response
