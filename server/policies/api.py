"""GET /policies: what one's county owes its elders."""

from __future__ import annotations

from typing import Any

from server.database import session
from server.http import Page, PageArgs, Router, actor
from server.policies import queries
from server.policies.model import Policy
from server.policies.schemas import PoliciesQuery, PolicyOut

api = Router("policies")


@api.get("/policies", right="policies.read", query=PoliciesQuery, answer=PolicyOut, paged=True)
def list_policies(query: dict[str, Any], page: PageArgs) -> Page[Policy]:
    """The policies of my counties, newest version first; with `versions`, also those no longer in force."""
    return queries.page(session(), actor().counties, page, every_version=query["versions"])
