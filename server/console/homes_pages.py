"""Homes that lie elsewhere than the register says: whose readings say so, and a director's decision."""

from __future__ import annotations

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
    form_text,
    region_choices,
    way_to,
)
from server.console.pages import Pages, done, to
from server.console.render import page
from server.console.sketch import Sketch, readings_sketch
from server.database import session
from server.elders import vault
from server.homes import queries, service
from server.homes.model import ACCEPTED, DECISIONS, DECLINED, OPEN
from server.language import language
from server.problems import Problem, problem
from server.visits.queries import region_span

console = Pages()
WORDS_MAX = 1000
SHOWN = (OPEN, ACCEPTED, DECLINED)


@console.get("/homes", right="homes.read")
def home_list() -> str:
    """What readings propose to the register; what waits for a decision first."""
    region, state = asked_region_or_none("homes.read"), asked_choice("state", SHOWN) or OPEN
    rows = queries.listed(
        session(), reach(), asked_page(50), state=state, codes=region_span(region) if region is not None else None,
        vault=vault.current(),
    )  # fmt: skip
    return page(
        "homes.html", rows=rows, state=state, states=SHOWN, region=region,
        regions=region_choices("homes.read", region), way=way_to(region, reach()) if region is not None else [],
    )  # fmt: skip


@console.get("/homes/<uuid:proposal_id>", right="homes.read")
def home_place(proposal_id: uuid.UUID) -> str:
    """One proposal: the register's place, the proposed one, and the readings it rests on."""
    return _home_page(proposal_id, {})


@console.post("/homes/<uuid:proposal_id>", right="homes.decide")
def decide_home(proposal_id: uuid.UUID) -> Response:
    """Correct the register by it, or decline it with a reason."""
    if queries.find(session(), reach(), proposal_id) is None:
        raise problem("not_found")
    errors: Errors = {}
    decision = form_choice("decision", DECISIONS, errors)
    try:
        if errors:
            raise problem("validation", errors=errors)
        service.decide(
            session(), reach(), proposal_id, decision, form_text("reason", WORDS_MAX), vault=vault.current(),
            now=clock.now(),
        )  # fmt: skip
    except Problem as wrong:
        if wrong.status != 422:
            raise
        session().rollback()
        faults = wrong.body(language())["errors"]
        return Response(_home_page(proposal_id, faults), 422, mimetype="text/html")
    done("homes.accepted" if decision == "accept" else "homes.declined")
    return to("home_list")


def _home_page(proposal_id: uuid.UUID, errors: dict[str, list[str]]) -> str:
    found = queries.shown(session(), reach("homes.read"), proposal_id, vault=vault.current())
    if found is None:
        raise problem("not_found")
    own = any(visitor["id"] == actor().user_id for visitor in found["visitors"])
    return page(
        "home.html", p=found, sketch=_sketch(found), errors=errors, own=own, chosen=request.form.get("decision"),
        reason=form_text("reason", WORDS_MAX),
    )  # fmt: skip


def _sketch(found: dict[str, Any]) -> Sketch:
    here, registered = found["proposed"], found["registered"]
    readings = [((r["lat"], r["lon"]), float(r["accuracy_m"])) for r in found["readings"]]
    proposed = (here["lat"], here["lon"])
    middle = (registered["lat"], registered["lon"]) if registered else None
    return readings_sketch(middle, readings, proposed, found["several"])
