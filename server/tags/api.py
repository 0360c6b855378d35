"""Tags: print a region's, look at one, reissue, revoke."""

from __future__ import annotations

import uuid
from typing import Any

from server import clock
from server.database import session
from server.elders.model import Elder
from server.http import Router, actor, reach
from server.problems import problem
from server.regions import queries as regions
from server.regions.codes import code_range
from server.tags import queries, service
from server.tags.queries import TagStatus
from server.tags.schemas import PrintIn, ReissueQuery, TagOut
from server.tags.tokens import current
from server.tasks.model import Task
from server.tasks.schemas import TaskOut

api = Router("tags")


@api.post("/tags/print", right="tags.write", body=PrintIn, answer=TaskOut, status=202, creates=True)
def print_tags(body: dict[str, Any]) -> Task:
    """Have a sheet (PDF) of a region's tags made, as a task; elders without a tag get one."""
    region = regions.by_any_code(session(), int(body["region"]))
    if region is None or region.code is None:
        raise problem("not_found")
    codes = code_range(region.code, region.level)
    # wholly within one's area: a sheet with half of a town would look like all of it
    county_id = next((a.county_id for a in reach().areas if a.lo <= codes[0] and codes[1] <= a.hi), None)
    if county_id is None:
        raise problem("not_found")
    return service.ask_for_sheet(
        session(), county_id=county_id, region_id=region.id, codes=codes, elder_ids=body["elder_ids"],
        task_id=body["id"], actor_id=actor().user_id, now=clock.now(),
    )  # fmt: skip


@api.get("/elders/<uuid:elder_id>/tag", right="tags.read", answer=TagOut)
def show_tag(elder_id: uuid.UUID) -> TagStatus:
    """Whether the elder has a valid tag; never its code."""
    return queries.status(session(), _elder(elder_id))


@api.post("/elders/<uuid:elder_id>/tag/reissue", right="tags.write", query=ReissueQuery, answer=TagOut)
def reissue_tag(elder_id: uuid.UUID, query: dict[str, Any]) -> TagStatus:
    """A new code; the old one is revoked. Print it with /tags/print."""
    return service.reissue(
        session(), _elder(elder_id), replaces=query["replaces"], keys=current(), actor_id=actor().user_id,
        now=clock.now(),
    )  # fmt: skip


@api.post("/elders/<uuid:elder_id>/tag/revoke", right="tags.write", answer=TagOut)
def revoke_tag(elder_id: uuid.UUID) -> TagStatus:
    """The code counts no more."""
    return service.revoke(session(), _elder(elder_id), actor_id=actor().user_id, now=clock.now())


def _elder(elder_id: uuid.UUID) -> Elder:
    elder = queries.elder_within(session(), reach(), elder_id)
    if elder is None:
        raise problem("not_found")
    return elder
