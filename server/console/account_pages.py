"""Signing in and out, the language, the frame's files."""

from __future__ import annotations

import mimetypes
from importlib import resources

from flask import Response, request
from werkzeug.exceptions import NotFound

from server import clock, keys
from server.auth import service
from server.auth.api import issuer
from server.auth.cookie import make_cookie
from server.auth.current import actor, actor_or_none
from server.auth.rights import PUBLIC, SIGNED_IN
from server.console.pages import (
    YEAR,
    Pages,
    done,
    drop_session_cookie,
    safe_next,
    set_language_cookie,
    set_session_cookie,
    to,
)
from server.console.render import may, page
from server.database import session
from server.language import language
from server.problems import Problem, problem

console = Pages()


@console.get("", right=SIGNED_IN)
def home() -> Response | str:
    """The month, for whoever answers for a region."""
    if may("compliance.read"):
        return to("month")
    return page("nothing.html")


@console.get("/login", right=PUBLIC)
def login_form() -> Response | str:
    """The door."""
    if actor_or_none() is not None:
        return to("home")
    return page("login.html", username="", next=safe_next(request.args.get("next")), wrong=None)


@console.post("/login", right=PUBLIC)
def login() -> Response:
    """Sign in: a session of kind console in a cookie that scripts cannot read."""
    username, after = request.form.get("username", ""), safe_next(request.form.get("next"))
    try:
        held, _ = service.log_in(
            session(), issuer(), username[:64], request.form.get("password", "")[:200], clock.now(), kind="console"
        )
    except Problem as wrong:
        if wrong.code not in ("login_failed", "locked"):
            raise
        text = page("login.html", username=username[:64], next=after, wrong=wrong.body(language()))
        headers = {"Retry-After": str(wrong.retry_after)} if wrong.retry_after is not None else None
        return Response(text, wrong.status, headers, mimetype="text/html")
    response = Response(status=303, headers={"Location": after})
    set_session_cookie(response, make_cookie(keys.ring(), held.id), int(service.CONSOLE_LIFE.total_seconds()))
    return response


@console.post("/logout", right=SIGNED_IN)
def logout() -> Response:
    """End the session on the server, and forget the cookie."""
    session_id = actor().session_id
    if session_id is not None:
        service.log_out(session(), session_id, clock.now())
    done("login.bye")
    response = to("login_form")
    drop_session_cookie(response)
    return response


@console.get("/language", right=PUBLIC, database=False)
def choose_language() -> Response:
    """Switch the language, and come back."""
    response = Response(status=303, headers={"Location": safe_next(request.args.get("back"))})
    chosen = request.args.get("to")
    if chosen in ("zh", "en"):
        set_language_cookie(response, "zh" if chosen == "zh" else "en")
    return response


@console.get("/more", right=SIGNED_IN)
def more() -> str:
    """What has no room in a phone's bar."""
    return page("more.html")


@console.get("/static/<name>", right=PUBLIC, database=False)
def static_file(name: str) -> Response:
    """The style sheet, the script and the mark; kept by browsers until they change."""
    folder = resources.files("server.console").joinpath("static")
    if name not in {item.name for item in folder.iterdir()}:
        raise NotFound
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = Response(folder.joinpath(name).read_bytes(), mimetype=kind)
    marked = "v" in request.args
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if marked else "public, max-age=300"
    return response


@console.get("/<path:rest>", right=PUBLIC, database=False)
def unknown(rest: str) -> Response:
    """An address that leads nowhere."""
    raise problem("not_found")



