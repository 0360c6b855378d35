"""GET /visits, /visits/<id>, /visits/<id>/explanation. (They come in by POST /sync/visits: server/sync/visits.py.)"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from server import clock
from server.database import session
from server.elders import vault
from server.http import Page, PageArgs, Router, reach
from server.problems import problem
from server.regions.model import Region
from server.visits import queries
from server.visits.schemas import ExplanationOut, VisitOut, VisitsQuery

api = Router("visits")


@api.get("/visits", right="visits.read", query=VisitsQuery, answer=VisitOut, paged=True)
def list_visits(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Visits of one's regions, or one's own; newest first."""
    span = None
    if "region" in query:
        region = session().scalar(sa.select(Region).where(Region.code == int(query["region"])))
        if region is None:
            raise problem("not_found")
        span = queries.region_span(region)
        if not any(a.lo <= span[0] and span[1] <= a.hi for a in reach().areas):
            raise problem("not_found")
    wanted = queries.Filter(
        span, query.get("first"), query.get("last"), query.get("assurance"), query.get("review"),
        query.get("elder"), query.get("visitor"),
    )  # fmt: skip
    return queries.listed(session(), reach(), wanted, page, tz=clock.zone(), vault=vault.current())


@api.get("/visits/<uuid:visit_id>", right="visits.read", answer=VisitOut)
def read_visit(visit_id: uuid.UUID) -> dict[str, Any]:
    """One visit, with what became of it."""
    found = queries.shown(session(), reach(), visit_id, vault=vault.current())
    if found is None:
        raise problem("not_found")
    return found


@api.get("/visits/<uuid:visit_id>/explanation", right="visits.read", answer=ExplanationOut)
def explain_visit(visit_id: uuid.UUID) -> dict[str, Any]:
    """How it was judged: inputs, flags with weights and figures, rule and policy version."""
    found = queries.explanation(session(), reach(), visit_id, vault=vault.current())
    if found is None:
        raise problem("not_found")
    return found
