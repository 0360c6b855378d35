"""Signing in on the pages behind a tag: what the visit page and one's own record share."""

from __future__ import annotations

from flask import Response, request

from server import clock
from server.auth import service as auth
from server.auth.api import issuer
from server.auth.model import AuthSession
from server.database import session
from server.h5 import pages
from server.h5.form import Fields
from server.language import Language
from server.problems import Problem, problem

Kept = list[tuple[str, str]]


def own_form_only() -> None:
    """A form that another site's page sent is refused."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise problem("csrf")


def ask(lang: Language, here: str, lead: str, kept: Kept, status: int = 200, wrong: str | None = None) -> Response:
    """The form to sign in; `lead`: the key of what it says; `kept`: fields that go on from here."""
    return pages.page(
        "login.html", lang, status, here=here, title="sign_in", lead="sign_in_keep" if kept else lead, kept=kept,
        wrong=wrong,
    )  # fmt: skip


def log_in(lang: Language, here: str, lead: str, fields: Fields, kept: Kept) -> AuthSession | Response:
    """The session, or the form again with what was wrong."""
    username, password = fields.one("username"), fields.values.get("password", [""])[0]
    try:
        held, _ = auth.log_in(session(), issuer(), username, password, clock.now())
    except Problem as wrong:
        said = wrong.body(lang)
        words = said["title"] if wrong.code == "login_failed" else f"{said['title']} {said['detail']}"
        refused = ask(lang, here, lead, kept, wrong.status, words)
        if wrong.retry_after is not None:
            refused.headers["Retry-After"] = str(wrong.retry_after)
        return refused
    return held
