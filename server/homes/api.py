"""/homes/proposals: homes that lie elsewhere than the register says."""

from __future__ import annotations

import uuid
from typing import Any

from server import clock
from server.database import session
from server.elders import vault
from server.homes import queries, service
from server.homes.schemas import HomeDecisionIn, ProposalOut, ProposalsQuery
from server.http import Page, PageArgs, Router, reach
from server.problems import problem
from server.regions import queries as regions
from server.visits.queries import region_span

api = Router("homes")


@api.get("/homes/proposals", right="homes.read", query=ProposalsQuery, answer=ProposalOut, paged=True)
def list_proposals(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Places that readings propose for homes of one's regions: `state=open` those that wait, the oldest first."""
    codes = None
    if "region" in query:
        region = regions.by_any_code(session(), int(query["region"]))
        if region is None or not regions.holds(reach().areas, region):
            raise problem("not_found")
        codes = region_span(region)
    return queries.listed(
        session(), reach(), page, state=query.get("state"), codes=codes, elder_id=query.get("elder_id"),
        vault=vault.current(),
    )  # fmt: skip


@api.get("/homes/proposals/<uuid:proposal_id>", right="homes.read", answer=ProposalOut)
def read_proposal(proposal_id: uuid.UUID) -> dict[str, Any]:
    """One proposal, with the readings it rests on."""
    return _shown(proposal_id)


@api.post("/homes/proposals/<uuid:proposal_id>/decision", right="homes.decide", body=HomeDecisionIn,
          answer=ProposalOut)  # fmt: skip
def decide_proposal(proposal_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Correct the registered position by it, or decline it; not one that rests on one's own readings."""
    service.decide(
        session(), reach(), proposal_id, body["decision"], body["reason"].strip(), vault=vault.current(),
        now=clock.now(),
    )  # fmt: skip
    return _shown(proposal_id)


def _shown(proposal_id: uuid.UUID) -> dict[str, Any]:
    found = queries.shown(session(), reach(), proposal_id, vault=vault.current())
    if found is None:
        raise problem("not_found")
    return found
