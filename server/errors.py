"""From whatever was raised to a problem: the one place where database errors get a name.

A violated constraint is translated by its name, so services need not look before they leap; a database that is
locked or down is 503 with Retry-After, and phones keep everything.
"""

from __future__ import annotations

import errno
import logging
import re

from flask import Flask, Response, current_app, request
from sqlalchemy import Index, MetaData, UniqueConstraint
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from server.database import Base, session
from server.http import API, problem_response
from server.language import Text, language
from server.problems import Problem, problem

log = logging.getLogger("yuetan.errors")
RETRY_AFTER = 5
FULL_RETRY_AFTER = 300  # somebody has to make room first

# constraint -> (problem, field that is at fault or None)
CONSTRAINTS: dict[str, tuple[str, str | None]] = {
    "uq_users_username": ("username_taken", "username"),
    "uq_users_wechat_openid": ("wechat_bound", None),
}

_HTTP = {
    400: "bad_request", 404: "not_found", 405: "method_not_allowed", 406: "not_acceptable", 409: "conflict",
    413: "body_too_large", 415: "unsupported_media_type", 429: "too_many_requests", 503: "unavailable",
}  # fmt: skip


def init_app(app: Flask) -> None:
    app.register_error_handler(Problem, _answer)
    app.register_error_handler(HTTPException, lambda e: _answer_http(e))
    app.register_error_handler(Exception, _answer_other)


def _answer(wrong: Problem) -> Response:
    # pages for people say what is wrong in their own frame
    for prefix, page in current_app.extensions.get("yuetan_problem_pages", {}).items():
        if request.path == prefix or request.path.startswith(prefix + "/"):
            return page(wrong)  # type: ignore[no-any-return]
    if _wants_page():
        return _page(wrong)
    return problem_response(wrong)


def _answer_http(wrong: HTTPException) -> Response:
    if wrong.code is None or wrong.code < 400:
        return wrong.get_response()  # type: ignore[return-value]
    code = _HTTP.get(wrong.code, "bad_request" if wrong.code < 500 else "server_error")
    limit = request.max_content_length
    response = _answer(problem(code, limit=limit) if code == "body_too_large" else problem(code))
    if isinstance(wrong, MethodNotAllowed) and wrong.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(wrong.valid_methods))
    return response


def _answer_other(wrong: Exception) -> Response:
    session().rollback()
    known = as_problem(wrong)
    if known is None:
        log.error("unexpected error", exc_info=wrong)
        known = problem("server_error")
    return _answer(known)


def as_problem(wrong: BaseException) -> Problem | None:
    """What can be said about an exception from database or disk; None: nothing, it is a mistake of ours."""
    if isinstance(wrong, Problem):
        return wrong
    if isinstance(wrong, IntegrityError):
        code, field = CONSTRAINTS.get(constraint_name(wrong) or "", ("conflict", None))
        log.info("constraint refused a row", extra={"constraint": constraint_name(wrong)})
        kind = problem(code)
        if field is not None:
            kind.errors = {field: [kind.kind.title]}
        return kind
    if isinstance(wrong, DataError):
        # a number beyond its column, a text beyond its length: a check that a schema forgot
        log.error("value refused by the database", extra={"cause": type(wrong.orig).__name__})
        return problem("bad_request")
    lost = isinstance(wrong, DBAPIError) and wrong.connection_invalidated
    if lost or isinstance(wrong, (OperationalError, InterfaceError, PoolTimeout)):
        # the class only: a statement's text may hold personal data
        log.warning("database unavailable", extra={"cause": type(getattr(wrong, "orig", wrong)).__name__})
        return problem("unavailable", retry_after=RETRY_AFTER)
    if isinstance(wrong, OSError) and wrong.errno in (errno.ENOSPC, errno.EDQUOT):
        log.error("no room on the server's disk")
        return problem("unavailable", retry_after=FULL_RETRY_AFTER)
    return None


def constraint_name(wrong: IntegrityError, metadata: MetaData = Base.metadata) -> str | None:
    """PostgreSQL says the constraint's name; SQLite says a unique one's columns, from which it follows."""
    diagnosis = getattr(wrong.orig, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name  # type: ignore[no-any-return]
    text = str(wrong.orig)
    if match := re.fullmatch(r"CHECK constraint failed: (\w+)", text):
        return match[1]
    if match := re.fullmatch(r"UNIQUE constraint failed: index '(\w+)'", text):
        return match[1]
    match = re.fullmatch(r"UNIQUE constraint failed: (.+)", text)
    if match is None:
        return None
    columns = [part.rpartition(".") for part in match[1].split(", ")]
    table = metadata.tables.get(columns[0][0])
    if table is None:
        return None
    names = {name for _, _, name in columns}
    unique: list[UniqueConstraint | Index] = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    unique += [i for i in table.indexes if i.unique]
    for item in unique:
        if {c.name for c in item.columns} == names:
            return str(item.name)
    return f"pk_{table.name}" if {c.name for c in table.primary_key} == names else None


def _wants_page() -> bool:
    if request.path.startswith(API):
        return False
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "text/html"])
    return best == "text/html" and request.accept_mimetypes["text/html"] > request.accept_mimetypes["application/json"]


_PAGE = Text(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title} · 月探</title><h1>{title}</h1><p>{detail}</p><p><a href=\"/\">回首页</a></p></html>",
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title} · Yuetan</title><h1>{title}</h1><p>{detail}</p><p><a href=\"/\">Home</a></p></html>",
)  # fmt: skip


def _page(wrong: Problem) -> Response:
    body = wrong.body(language())  # catalogue texts and figures only, so nothing here needs escaping
    text = _PAGE.say(language(), title=body["title"], detail=(wrong.kind.detail and body["detail"]) or "")
    response = Response(text, wrong.status, mimetype="text/html")
    if wrong.retry_after is not None:
        response.headers["Retry-After"] = str(wrong.retry_after)
    return response
