"""The way in to a page: one declaration says its address and right, and nothing is served without.

    console = Pages("visits")

    @console.post("/visits/<uuid:visit_id>/review", right="visits.review")
    def review(visit_id): ...

The same rights table and reach as the API's router (server/http.py); only who asks is read from a cookie, a form is
taken only with the token that its page was given (CSRF), and what goes wrong is a page in the reader's language.
As there: a form is read whole before anything else begins, and a handler's transaction is its service's.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, flash, g, redirect, request, url_for

from server import clock, database, keys
from server.auth.cookie import COOKIE, cookie_actor
from server.auth.current import actor_or_none, set_actor
from server.auth.rights import PUBLIC, RIGHTS, _Open
from server.console.texts import say
from server.language import Language, language
from server.problems import Problem, problem
from shared.protocol.signing import b64

PREFIX = "/console"
FORM_LIMIT = 256 * 1024  # bytes, where a page says nothing else
LANGUAGE_COOKIE = "yuetan_language"
GUEST_COOKIE = "yuetan_guest"  # ties the login form to the browser that it was shown in
YEAR = 365 * 24 * 3600
READS = ("GET", "HEAD")

Handler = Callable[..., Any]

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class PageRoute:
    name: str
    method: str
    path: str
    right: str | _Open
    handler: Handler
    limit: int
    database: bool


class Pages:
    """The pages of one subject, under /console."""

    def __init__(self) -> None:
        self.routes: list[PageRoute] = []

    def route(
        self, method: str, path: str, *, right: str | _Open, limit: int = FORM_LIMIT, database: bool = True
    ) -> Callable[[Handler], Handler]:
        """`database=False`: the page needs nothing of it (its style sheet, for one)."""
        if not isinstance(right, _Open) and right not in RIGHTS:
            raise LookupError(f"{method} {path}: no such right: {right}")

        def declare(handler: Handler) -> Handler:
            route = PageRoute(handler.__name__, method, PREFIX + path, right, handler, limit, database)
            self.routes.append(route)
            return handler

        return declare

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("POST", path, **options)

    def mount(self, app: Flask) -> None:
        for route in self.routes:
            app.add_url_rule(
                route.path, f"console.{route.name}", _view(route), methods=[route.method],
                provide_automatic_options=False,
            )  # fmt: skip
            app.extensions.setdefault("yuetan_pages", []).append(route)


def _view(route: PageRoute) -> Callable[..., Response]:
    reads = route.method in READS

    def view(**path: Any) -> Response:
        choose_language()
        if not reads:
            request.max_content_length = route.limit
            _ = request.form, request.files  # read to its end before a transaction begins
        session = database.session()
        if route.database:
            database.begin_reading(session)
            _authorise(route)
        if not reads:
            check_csrf()
            session.rollback()  # what was looked up is plain data; the service begins a transaction that writes
        response = route.handler(**path)
        if isinstance(response, str):
            response = Response(response, mimetype="text/html")
        return finish(response)

    view.__name__ = route.name
    return view


def _authorise(route: PageRoute) -> None:
    now = clock.now()
    today = now.astimezone(clock.zone()).date()
    text = request.cookies.get(COOKIE)
    try:
        who = cookie_actor(database.session(), keys.ring(), text, now, today)
    except Problem:
        if route.right is not PUBLIC:
            raise
        return
    set_actor(who)
    if not isinstance(route.right, _Open):
        g.right = route.right
        if not who.may(route.right):
            raise problem("forbidden")


def finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "yuetan_new_guest" in g:
        _set_cookie(response, GUEST_COOKIE, g.yuetan_new_guest, None)
    return response


def set_session_cookie(response: Response, value: str, seconds: int) -> None:
    _set_cookie(response, COOKIE, value, seconds)


def drop_session_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=_secure())


def set_language_cookie(response: Response, chosen: Language) -> None:
    _set_cookie(response, LANGUAGE_COOKIE, chosen, YEAR)


def _set_cookie(response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="Lax", secure=_secure())


def _secure() -> bool:
    return bool(current_app.extensions["yuetan_settings"].secure_cookies)


def choose_language() -> None:
    """The one chosen in the header, where one was; else what the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("zh", "en"):
        g.language = chosen


def csrf_token() -> str:
    """The token of this session's forms; before signing in, of this browser's."""
    who = actor_or_none()
    if who is not None and who.session_id is not None:
        bound = b"session:" + who.session_id.bytes
    else:
        guest = request.cookies.get(GUEST_COOKIE) or g.get("yuetan_new_guest")
        if not guest:
            guest = g.yuetan_new_guest = secrets.token_urlsafe(16)
        bound = b"guest:" + guest.encode()
    return b64(keys.ring().mac("console-csrf", bound)[:18])


def check_csrf() -> None:
    given = request.form.get("csrf", "")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise problem("csrf")


def done(key: str, kind: str = "done", /, **params: Any) -> None:
    """What the next page says was done (or, `wrong`, was not): the key of a text."""
    flash(say(key, **params), kind)


def to(endpoint: str, **arguments: Any) -> Response:
    """After a form: look at the outcome with GET (so that reloading does not send it again)."""
    return redirect(url_for(f"console.{endpoint}", **arguments), 303)  # type: ignore[return-value]


def safe_next(text: str | None) -> str:
    """A path of the console to go on to; anything else leads home."""
    home = url_for("console.home")
    if not text or "\\" in text or not text.isprintable():
        return home
    parts = urlsplit(text)
    inside = parts.path == PREFIX or parts.path.startswith(PREFIX + "/")
    return text if not parts.scheme and not parts.netloc and inside else home


def problem_page(wrong: Problem) -> Response:
    """What went wrong, as a page; who is not signed in is asked to sign in and comes back to where they were."""
    from server.console.render import page

    choose_language()
    if wrong.status == 401:
        if request.method in READS:
            here = request.full_path.rstrip("?")
            response = redirect(url_for("console.login_form") + "?next=" + quote(here, safe="/"), 303)
        else:
            flash(say("login.again"), "wrong")
            response = redirect(url_for("console.login_form"), 303)
        return finish(response)  # type: ignore[arg-type]
    body = wrong.body(language())
    detail = body["detail"] if body["detail"] != body["title"] else None
    text = page("problem.html", problem=body, detail=detail)
    response = Response(text, wrong.status, mimetype="text/html")
    if wrong.retry_after is not None:
        response.headers["Retry-After"] = str(wrong.retry_after)
    return finish(response)
