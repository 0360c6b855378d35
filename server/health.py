"""Is it alive, may it be sent requests, and how is it doing: /healthz, /readyz, /metrics."""

from __future__ import annotations

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from server import schema
from server.database import begin_reading, session
from server.http import PUBLIC, Router
from server.problems import problem

api = Router("health", prefix="")


@api.get("/healthz", right=PUBLIC, database=False)
def healthz() -> dict[str, str]:
    """Alive: the process answers."""
    return {"status": "ok"}


@api.get("/readyz", right=PUBLIC, database=False)
def readyz() -> dict[str, str]:
    """Ready: the database answers and has every migration."""
    try:
        begin_reading(session())
        current = schema.is_current(session().connection())
    except SQLAlchemyError:
        raise problem("unavailable", retry_after=5) from None
    if not current:
        raise problem("unavailable", detail="yuetan db upgrade", retry_after=30)
    return {"status": "ready"}


@api.get("/metrics", right=PUBLIC, database=False)
def metrics() -> Response:
    """Prometheus text."""
    from flask import current_app

    registry: CollectorRegistry = current_app.extensions["yuetan_metrics"]
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    """Counters of this app: a registry of its own, so that two apps in one process do not collide."""
    registry = CollectorRegistry()
    labels = ("method", "route", "status")
    requests = Counter("yuetan_requests", "Requests answered", labels, registry=registry)
    seconds = Histogram(
        "yuetan_request_seconds", "Time to answer", ("method", "route"), registry=registry,
        buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
    )  # fmt: skip
    app.extensions["yuetan_metrics"] = registry

    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        # an unknown method is a stranger's text: it must not become a label
        method = request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
        requests.labels(method, route, str(response.status_code)).inc()
        seconds.labels(method, route).observe(time.perf_counter() - g.get("began", time.perf_counter()))
        return response

    app.after_request(count)
