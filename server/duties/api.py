"""GET /compliance and /compliance/missing: the rate, and the people behind it."""

from __future__ import annotations

from typing import Any

from server import clock
from server.database import session
from server.duties import queries
from server.duties.schemas import ClosingOut, ComplianceOut, ComplianceQuery, MissingOut, MonthsQuery
from server.http import Page, PageArgs, Router, reach
from server.problems import problem
from server.regions.model import Region
from shared.rules.months import month_of

api = Router("compliance")


def _region(query: dict[str, Any]) -> Region:
    code = query.get("region")
    region = queries.region_in_reach(session(), reach(), int(code) if code else None)
    if region is None:
        raise problem("not_found")
    return region


@api.get("/compliance", right="compliance.read", query=ComplianceQuery, answer=ComplianceOut)
def read_compliance(query: dict[str, Any]) -> dict[str, Any]:
    """The month's figures of a region, over all who are due, with its parts one level down."""
    now, tz = clock.now(), clock.zone()
    return queries.compliance(
        session(), reach(), _region(query), query.get("month") or month_of(now, tz), now=now, tz=tz
    )


@api.get("/compliance/missing", right="compliance.missing", query=ComplianceQuery, answer=MissingOut, paged=True)
def list_missing(query: dict[str, Any], page: PageArgs) -> Page[Any]:
    """Whose duty of the month, or of one of its weeks, is not met."""
    now = clock.now()
    month = query.get("month") or month_of(now, clock.zone())
    found = queries.missing(session(), reach(), _region(query), month, page, now=now)
    return found.map(missing_item)


@api.get("/months", right="months.read", query=MonthsQuery, answer=ClosingOut, paged=True)
def list_months(query: dict[str, Any], page: PageArgs) -> Page[Any]:
    """Closed months of the counties in reach, every version of them, newest first."""
    return queries.closings(session(), reach(), page, month=query.get("month"))


def missing_item(row: queries.MissingElder) -> dict[str, Any]:
    return {
        "elder": {"id": str(row.elder_id), "name": row.name, "short_no": row.short_no, "region": row.region},
        "visitor": row.visitor, "last_visit_at": row.last_visit_at, "needed": row.needed, "done": row.done,
        "kind": row.kind, "starts_on": row.starts_on, "ends_on": row.ends_on,
    }  # fmt: skip
