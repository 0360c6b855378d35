"""GET /visits, /visits/<id>, /visits/<id>/explanation. (They come in by POST /sync/visits: server/sync/visits.py.)"""

from __future__ import annotations

import uuid
from typing import Any

from server import clock
from server.database import session
from server.elders import vault
from server.http import Page, PageArgs, Router, actor, reach
from server.problems import problem
from server.regions import queries as regions
from server.visits import queries
from server.visits.schemas import ExplanationOut, VisitOut, VisitsQuery

api = Router("visits")


@api.get("/visits", right="visits.read", query=VisitsQuery, answer=VisitOut, paged=True)
def list_visits(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Visits of one's regions, or one's own; newest first."""
    span = None
    if "region" in query:
        region = regions.by_any_code(session(), int(query["region"]))
        # who sees only their own visits asks by a region where they hold a role
        areas = reach().areas or tuple(grant.area() for grant in actor().grants)
        if region is None or not regions.holds(areas, region):
            raise problem("not_found")
        span = queries.region_span(region)
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
