"""The plan of the house: what an app is made of, from top to bottom."""

from __future__ import annotations

import importlib
import os

from flask import Flask, Response, current_app
from werkzeug.middleware.proxy_fix import ProxyFix

from server import database, errors, health, logs, openapi, schema
from server.auth import gate
from server.http import Router
from server.settings import Settings

# Modules with a `Router` named `api`. An address lives in its noun's api.py and nowhere else.
APIS: tuple[str, ...] = (
    "server.health",
    "server.openapi",
    "server.audit.api",
    "server.regions.api",
    "server.people.api",
    "server.auth.api",
    "server.devices.api",
    "server.elders.api",
    "server.tasks.api",
    "server.absences.api",
    "server.pairings.api",
    "server.policies.api",
    "server.visits.api",
    "server.homes.api",
    "server.callbacks.api",
    "server.duties.api",
    "server.reviews.api",
    "server.requests.api",
    "server.roster.api",
    "server.alerts.api",
    "server.timebank.api",
    "server.notify.api",
    "server.courses.api",
    "server.sync.visits",
    "server.sync.sealed",
    "server.sync.api",
    "server.tags.api",
    "server.h5.api",
    "server.h5.own",
)

# Modules with `init_app(app)`: pages for people (console, H5), which answer in HTML and use the session cookie.
PAGES: tuple[str, ...] = ("server.console.site",)


def create_app(settings: Settings | None = None, *, keyless: bool = False) -> Flask:
    """An app that serves, or lends its context to a command. `keyless`: for commands that touch no person's data
    (`db upgrade`, `settings`), which may run before there is a secret."""
    settings = settings or Settings.from_env(os.environ)
    if not keyless:
        settings.check_secret()
    app = Flask("server", static_folder=None)
    app.extensions["yuetan_settings"] = settings
    app.config["SECRET_KEY"] = settings.secret_key or None
    app.config["MAX_CONTENT_LENGTH"] = None  # every route has a limit of its own (server/http.py)
    app.config["SESSION_COOKIE_SECURE"] = settings.secure_cookies
    if settings.database_url.startswith("sqlite"):
        settings.home.mkdir(parents=True, exist_ok=True)
    database.init_app(app, settings.database_url, prepared_statements=not settings.pgbouncer)
    schema.init_app(app)
    database.import_models()

    app.after_request(_guard)
    logs.init_app(app)
    health.init_app(app)
    errors.init_app(app)
    gate.init_app(app)
    for name in APIS:
        router: Router = importlib.import_module(name).api
        router.mount(app)
    for name in PAGES:
        importlib.import_module(name).init_app(app)
    openapi.init_app(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _guard(response: Response) -> Response:
    """What a browser is told about every answer; pages may say more (their own Content-Security-Policy)."""
    settings: Settings = current_app.extensions["yuetan_settings"]
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
    if settings.secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
