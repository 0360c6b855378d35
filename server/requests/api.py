"""/requests: what elders ask about their own data, until when it is due, and what became of it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from flask import Response

from server import clock
from server.database import session
from server.elders import queries as elders
from server.elders import service as register
from server.elders import vault
from server.http import Page, PageArgs, Router, actor, json_response, reach
from server.problems import problem
from server.requests import queries, service
from server.requests.schemas import FinishIn, RequestIn, RequestOut, RequestsQuery
from shared.rules.months import local_date

api = Router("requests")


@api.get("/requests", right="requests.read", query=RequestsQuery, answer=RequestOut, paged=True)
def list_requests(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Requests about elders of one's regions; the one that is due first first."""
    return queries.listed(session(), reach(), page, state=query.get("state"), vault=vault.current(), today=today())


@api.post("/requests", right="requests.write", body=RequestIn, answer=RequestOut, status=201, creates=True)
def receive_request(body: dict[str, Any]) -> dict[str, Any]:
    """Record what an elder, or who speaks for them, asks."""
    made = service.receive(
        session(), reach(), body["elder_id"], body["kind"], body["asked_by"], body["received_on"],
        body["note"].strip(), request_id=body["id"], vault=vault.current(), now=clock.now(), today=today(),
    )  # fmt: skip  # fmt: skip
    return _shown(made.id)


@api.post("/requests/<uuid:request_id>/finish", right="requests.write", body=FinishIn, answer=RequestOut)
def finish_request(request_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Say what became of it; a deletion that is granted erases the elder here and now."""
    service.finish(
        session(), reach(), actor().reach("elders.erase"), request_id, body["outcome"], body["answer"].strip(),
        vault=vault.current(), now=clock.now(),
    )  # fmt: skip
    return _shown(request_id)


@api.get("/requests/<uuid:request_id>/copy", right="requests.write")
def copy_request(request_id: uuid.UUID) -> Response:
    """Everything that is kept of the elder who asks to see it, in clear; that it was given out is logged."""
    return json_response(plain(copy_for(request_id)))


def plain(copy: dict[str, Any]) -> Any:
    """As JSON has it: dates and instants in ISO 8601."""
    return json.loads(json.dumps(copy, default=lambda v: v.isoformat() if isinstance(v, dt.date) else str(v)))


def copy_for(request_id: uuid.UUID) -> dict[str, Any]:
    """The copy that a request for access asks for. 404 for any other kind."""
    asked = queries.find(session(), reach(), request_id)
    elder = elders.find(session(), reach(), asked.elder_id, clock.now()) if asked is not None else None
    if asked is None or elder is None or asked.kind != "access":
        raise problem("not_found")
    session().rollback()  # ends the reading; giving it out writes first
    elder = elders.find(session(), reach(), elder.id, clock.now())
    assert elder is not None
    register.reveal(session(), elder, vault=vault.current(), now=clock.now(), actor_id=actor().user_id)
    return queries.copy_of(session(), reach(), elder, vault=vault.current(), tz=clock.zone())


def today() -> dt.date:
    return local_date(clock.now(), clock.zone())


def _shown(request_id: uuid.UUID) -> dict[str, Any]:
    found = queries.shown(session(), reach(), request_id, vault=vault.current(), today=today())
    if found is None:
        raise problem("not_found")
    return found
