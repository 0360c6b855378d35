"""One line of JSON per request, with an id that follows it everywhere, and nothing personal in it.

The route's pattern is logged, never the path: paths hold tag tokens and ids. No user, no query string, no body.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, has_request_context, request

from server.settings import Settings
from shared.ids import uuid7

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PLAIN = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
access = logging.getLogger("yuetan.access")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({k: v for k, v in record.__dict__.items() if k not in _PLAIN})
        if has_request_context() and "request_id" in g:
            line.setdefault("request_id", g.request_id)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # json.dumps escapes line breaks, so nobody can forge a second line
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(settings: Settings) -> None:
    """Set up the process's logging once, at the start of a command; never inside create_app."""
    handler = logging.StreamHandler(sys.stderr)
    if settings.log_format == "json":
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger("yuetan")
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    root.propagate = False


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE.fullmatch(given) else uuid7().hex
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    took = time.perf_counter() - g.get("began", time.perf_counter())
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
    access.info(
        "request",
        extra={
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else None,
            "status": response.status_code,
            "ms": round(took * 1000, 1),
            "bytes": response.calculate_content_length(),
        },
    )
    return response
