"""GET /regions: divisions within one's own scope, walked down level by level."""

from __future__ import annotations

from typing import Any

from server.database import session
from server.http import Page, PageArgs, Router, actor, reach
from server.problems import problem
from server.regions import queries
from server.regions.codes import code_text
from server.regions.model import Region
from server.regions.queries import RegionInfo
from server.regions.schemas import CountyOut, RegionDetail, RegionOut, RegionQuery

api = Router("regions")


@api.get("/regions", right="regions.read", query=RegionQuery, answer=RegionOut, paged=True)
def list_regions(query: dict[str, Any], page: PageArgs) -> Page[RegionInfo]:
    """Without `parent`: the regions of one's roles. With it: what lies directly below, as far as one's scope goes."""
    if "parent" not in query:
        return queries.listed(session(), {grant.region_id for grant in actor().grants}, page)
    parent = _in_scope(int(query["parent"]))
    return queries.children(session(), _areas(), parent.id, page)


@api.get("/regions/<string:code>", right="regions.read", answer=RegionDetail)
def read_region(code: str) -> dict[str, Any]:
    """One region with the way down to it. An old code leads to the region that has it no longer."""
    if len(code) != 12 or not code.isascii() or not code.isdigit():
        raise problem("not_found")
    region = _in_scope(int(code))
    way = [
        {"code": code_text(step.code or 0), "name": step.name, "level": step.level}
        for step in queries.path(session(), region)
    ]
    return {**way[-1], "parent_code": way[-2]["code"] if len(way) > 1 else None, "path": way}


@api.get("/counties", right="counties.read", answer=CountyOut, paged=True)
def list_counties(page: PageArgs) -> Page[dict[str, Any]]:
    """The counties that one holds whole, with their own numbers."""
    return queries.counties_page(session(), reach().whole_counties, page)


def _areas() -> list[queries.Area]:
    return [grant.area() for grant in actor().grants]


def _in_scope(code: int) -> Region:
    region = queries.by_any_code(session(), code)
    if region is None or not queries.touches(_areas(), region):
        raise problem("not_found")
    return region
