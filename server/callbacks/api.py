"""/callbacks: who is to be called about which visit, what they said, and how it was drawn."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from server import clock, outcomes
from server.callbacks import queries, service
from server.callbacks.schemas import AssignIn, CallbackOut, CallbacksQuery, DrawOut, OutcomeIn, month_of
from server.database import session
from server.elders import vault
from server.http import Page, PageArgs, Router, actor, reach
from server.problems import problem
from server.regions import queries as regions
from server.visits.queries import region_span

api = Router("callbacks")


@api.get("/callbacks", right="callbacks.read", query=CallbacksQuery, answer=CallbackOut, paged=True)
def list_callbacks(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Visits drawn for a call: those of one's regions, and those that one is to make oneself."""
    codes = None
    if "region" in query:
        region = regions.by_any_code(session(), int(query["region"]))
        areas = reach().areas or tuple(grant.area() for grant in actor().grants)
        if region is None or not regions.holds(areas, region):
            raise problem("not_found")
        codes = region_span(region)
    return queries.listed(
        session(), reach(), page, month=month_of(query), state=query.get("state"), codes=codes, mine=query["mine"],
        vault=vault.current(),
    )  # fmt: skip


@api.get("/callbacks/draws", right="compliance.read", answer=DrawOut, paged=True)
def list_draws(page: PageArgs) -> Page[dict[str, Any]]:
    """How each month's sample was promised and drawn: what anybody needs to draw it again."""
    return queries.draws(session(), reach(), page)


@api.get("/callbacks/<uuid:callback_id>", right="callbacks.read", answer=CallbackOut)
def read_callback(callback_id: uuid.UUID) -> dict[str, Any]:
    """One call-back, with what was tried."""
    return _shown(callback_id)


@api.post("/callbacks/<uuid:callback_id>/outcome", right="callbacks.answer", body=OutcomeIn, answer=CallbackOut)
def record_outcome(callback_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """What came of the call; who was not reached may be called again."""
    service.record(
        session(), reach(), callback_id, body["outcome"], body["note"].strip(), at_home=body["at_home"],
        vault=vault.current(), now=clock.now(), doubt=doubt_now(),
    )  # fmt: skip
    return _shown(callback_id)


@api.post("/callbacks/<uuid:callback_id>/assign", right="callbacks.assign", body=AssignIn, answer=CallbackOut)
def assign_callback(callback_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Hand a call to somebody else of the region."""
    service.assign(session(), reach(), callback_id, body["user_id"], now=clock.now(), tz=clock.zone())
    return _shown(callback_id)


def doubt_now() -> service.Doubt:
    return partial(outcomes.doubt_visits, now=clock.now())


def _shown(callback_id: uuid.UUID) -> dict[str, Any]:
    found = queries.shown(session(), reach(), callback_id, vault=vault.current())
    if found is None:
        raise problem("not_found")
    return found
