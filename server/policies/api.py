"""/policies: what one's county owes its elders."""

from __future__ import annotations

from typing import Any

from server import clock
from server.database import session
from server.elders.edge import settle_at
from server.http import Page, PageArgs, Router, actor, reach
from server.policies import queries, service
from server.policies.model import Policy
from server.policies.schemas import PoliciesQuery, PolicyIn, PolicyOut

api = Router("policies")


@api.get("/policies", right="policies.read", query=PoliciesQuery, answer=PolicyOut, paged=True)
def list_policies(query: dict[str, Any], page: PageArgs) -> Page[Policy]:
    """The policies of my counties, newest version first; with `versions`, also those no longer in force."""
    return queries.page(session(), actor().counties, page, every_version=query["versions"])


@api.post("/counties/<int:county_id>/policies/<string:policy_id>", right="policies.write", body=PolicyIn,
          answer=PolicyOut, status=201)  # fmt: skip
def change_policy(county_id: int, policy_id: str, body: dict[str, Any]) -> Policy:
    """Put a new version in force; the duties of months that are still open follow."""
    now = clock.now()
    return service.change(session(), reach(), county_id, policy_id, body, now=now, settle=settle_at(now))
