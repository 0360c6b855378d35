"""Which pages there are. `init_app` hangs them into the app (server/app.py, PAGES)."""

from __future__ import annotations

from flask import Flask, Response, redirect

from server.console import (
    account_pages,
    alerts_pages,
    callbacks_pages,
    care_pages,
    courses_pages,
    elders_pages,
    homes_pages,
    month_pages,
    review_pages,
    roster_pages,
    users_pages,
    visits_pages,
    ward_pages,
    work_pages,
)
from server.console.pages import PREFIX, problem_page

# in order: the last one of account_pages answers for addresses that nobody else knows
SUBJECTS = (
    month_pages, visits_pages, review_pages, callbacks_pages, homes_pages, elders_pages, care_pages, alerts_pages,
    work_pages, users_pages, courses_pages, roster_pages, ward_pages, account_pages,
)  # fmt: skip


def init_app(app: Flask) -> None:
    app.config["SESSION_COOKIE_NAME"] = "yuetan_flash"  # holds only what the next page says was done
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    for subject in SUBJECTS:
        subject.console.mount(app)
    app.extensions.setdefault("yuetan_problem_pages", {})[PREFIX] = problem_page
    app.add_url_rule("/", "console.root", _root, methods=["GET"], provide_automatic_options=False)


def _root() -> Response:
    return redirect(PREFIX, 303)  # type: ignore[return-value]
