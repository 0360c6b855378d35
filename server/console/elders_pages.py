"""Elders: the register as far as one's reach goes, and everything about one of them on one page."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request

from server import clock
from server.auth.current import actor, reach
from server.console.ask import (
    Errors,
    asked_choice,
    asked_page,
    asked_region_or_none,
    form_choice,
    form_date,
    form_text,
    form_uuid,
    region_choices,
    way_to,
)
from server.console.elder_view import CATEGORY_CODES, elder_context
from server.console.pages import Pages, done, to
from server.console.render import page
from server.database import session
from server.elders import queries, service, vault
from server.elders.edge import settle_at
from server.elders.model import STATUSES, Elder
from server.language import language
from server.problems import Problem, problem

console = Pages()
NOTE_MAX = 1000


@console.get("/elders", right="elders.read")
def elders() -> str:
    """The register, masked; by name's beginning, short number, or a whole ID number or phone."""
    return _list("")


@console.post("/elders", right="elders.read")
def search_elders() -> str:
    """The same for what somebody typed: an ID number must not stand in an address or a log."""
    return _list(form_text("q", 60))


@console.get("/elders/<uuid:elder_id>", right="elders.read")
def elder(elder_id: uuid.UUID) -> str:
    """One elder, masked."""
    return _elder_page(found(elder_id), {})


@console.post("/elders/<uuid:elder_id>/reveal", right="elders.reveal")
def reveal_elder(elder_id: uuid.UUID) -> str:
    """The same page with everything in clear, on this answer only; that I asked is logged."""
    one = found(elder_id)
    clear = service.reveal(
        session(), one, vault=vault.current(), now=clock.now(), actor_id=actor().user_id
    )
    return _elder_page(one, {}, clear=clear)


@console.post("/elders/<uuid:elder_id>/status", right="elders.write")
def record_status(elder_id: uuid.UUID) -> Response:
    """Record what happened from a day on."""
    one = found(elder_id, for_update=True)
    errors: Errors = {}
    status, day = form_choice("status", STATUSES, errors), form_date("effective_on", errors)
    try:
        if errors or day is None:
            raise problem("validation", errors=errors)
        now = clock.now()
        service.record_status(
            session(), one, status, day, vault=vault.current(), now=now, today=_today(), event_id=form_uuid("id"),
            actor_id=actor().user_id, supersedes=form_uuid("supersedes"), note=form_text("note", NOTE_MAX) or None,
            settle=settle_at(now),
        )  # fmt: skip
    except Problem as wrong:
        return again(elder_id, wrong, "status")
    done("elder.status_done")
    return to("elder", elder_id=elder_id)


def found(elder_id: uuid.UUID, *, right: str | None = None, for_update: bool = False) -> Elder:
    one = queries.find(session(), reach(right), elder_id, clock.now(), for_update=for_update)
    if one is None:
        raise problem("not_found")
    return one


def again(elder_id: uuid.UUID, wrong: Problem, part: str) -> Response:
    """The elder's page once more, with what was wrong with a form of it."""
    if wrong.status in (403, 404):
        raise wrong
    session().rollback()
    body = wrong.body(language())
    errors = body.get("errors") or {"_": [body["detail"]]}
    text = _elder_page(found(elder_id, right="elders.read"), errors, part=part)
    return Response(text, wrong.status, mimetype="text/html")


def _list(search: str) -> str:
    region = asked_region_or_none("elders.read")
    category = asked_choice("category", CATEGORY_CODES)
    status = asked_choice("status", (*STATUSES, "all"))
    rows = queries.page(
        session(), reach("elders.read"), asked_page(50), vault=vault.current(), now=clock.now(), region=region,
        search=search, category=category, status=None if status == "all" or search else status or "on_register",
    )  # fmt: skip
    return page(
        "elders.html", rows=rows, q=search, region=region, regions=region_choices("elders.read", region),
        way=way_to(region, reach("elders.read")) if region is not None else [], category=category, status=status,
        categories=CATEGORY_CODES, statuses=STATUSES,
    )  # fmt: skip


def _elder_page(one: Elder, errors: dict[str, Any], *, clear: Any = None, part: str = "") -> str:
    return page("elder.html", errors=errors, part=part, given=request.form, **elder_context(one, clear=clear))


def _today() -> dt.date:
    return clock.now().astimezone(clock.zone()).date()
