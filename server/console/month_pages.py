"""The month's figures of a region, and who is missing: what a director comes for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import request

from server import clock
from server.alerts import queries as alerts
from server.auth.current import actor, reach
from server.auth.reach import Area, Reach
from server.console.ask import asked_month, asked_page, asked_region, way_to
from server.console.pages import Pages
from server.console.render import link, may, page
from server.database import session
from server.duties import queries
from server.homes import queries as homes
from server.paging import PageArgs
from server.people.queries import phones_of
from server.regions.codes import code_text
from server.regions.model import Region
from server.reviews import deaths, queue
from server.visits import queries as visits
from shared.rules.months import Month, local_date, month_of

console = Pages()
SHOWN_AT_ONCE = {"village": 10, "town": 8}  # of the missing, on the first page
SHOWN_ABOVE = 5
PRINTED_AT_ONCE = 500
COUNTED_UP_TO = 99  # of what waits for somebody


@console.get("/month", right="compliance.read")
def month() -> str:
    """The rate over all due, the classes, and the regions below."""
    region, m, now, tz = asked_region("compliance.read"), asked_month(), clock.now(), clock.zone()
    figures = queries.compliance(session(), reach(), region, m, now=now, tz=tz)
    sort = request.args.get("sort")
    asked_sort = sort if sort in ("worst", "missing", "code") else None
    persons = _shows_persons(region)
    rows = None
    if persons:
        shown = SHOWN_AT_ONCE.get(region.level, SHOWN_ABOVE)
        rows = queries.longest_missing(session(), reach("compliance.missing"), region, m, shown, now=now)
    share = queries.elapsed_share(m, local_date(now, tz))
    over = m < month_of(now, tz)
    return page(
        "month.html", f=figures, m=m, current=month_of(now, tz), over=over, share=share,
        versions=_versions(region, m) if over else [], way=way_to(region, reach()),
        children=_sorted(figures["children"], asked_sort), sort=asked_sort or "worst", asked_sort=asked_sort,
        missing=rows, phones=visitor_phones(rows or ()), links=_links(region, m) if persons else {},
        sample=_sample(figures["sample"]), figures_only=not persons, to_review=_to_review(region) if persons else 0,
        deaths=_deaths(region) if persons else 0, homes=_homes(region) if persons else 0,
        open_alerts=_open_alerts(region) if persons else 0, up_to=COUNTED_UP_TO,
    )  # fmt: skip


@console.get("/missing", right="compliance.missing")
def missing() -> str:
    """Whose duty of the month, or of one of its weeks, is not met."""
    region, m, now, tz = asked_region("compliance.missing"), asked_month(), clock.now(), clock.zone()
    page_args = asked_page(PRINTED_AT_ONCE if request.args.get("all") else 100)
    rows = queries.missing(session(), reach(), region, m, page_args, now=now)
    figures = queries.compliance(session(), reach(), region, m, now=now, tz=tz)
    return page(
        "missing.html", region=region, m=m, current=month_of(now, tz), way=way_to(region, reach()), rows=rows,
        phones=visitor_phones(rows.items), count=figures["missing"],
    )  # fmt: skip


def _sample(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """What call-backs say about the visits behind the rate, with its month as a month."""
    return {**found, "of": Month.parse(found["month"])} if found is not None else None


def visitor_phones(rows: Iterable[queries.MissingElder]) -> Mapping[str, str]:
    """Work numbers of those who visit these elders, for their directors to call."""
    ids = {UUID(row.visitor["id"]) for row in rows if row.visitor}
    return {str(user_id): phone for user_id, phone in phones_of(session(), ids).items()}


def _shows_persons(region: Region) -> bool:
    """A grant above county level opens figures, not people."""
    who = actor()
    if not who.may("compliance.missing") or region.code is None:
        return False
    return bool(queries.region_in_reach(session(), who.reach("compliance.missing"), region.code))


def _links(region: Region, m: Month) -> dict[str, str]:
    code = code_text(region.code or 0)
    found = {"missing": link("missing", region=code, month=m)}
    if may("visits.read"):
        found["visited"] = link("visits", region=code, **{"from": m.first, "to": m.last})
    return found


def _sorted(children: list[dict[str, Any]], sort: str | None) -> list[dict[str, Any]]:
    """The worst first (a place where nobody is due cannot be bad), those with most missing first, or by code."""
    if sort == "code":
        return children
    if sort == "missing":
        return sorted(children, key=lambda c: -c["missing"])
    return sorted(children, key=lambda c: (c["rate"] is None, c["rate"] or 0.0, -c["missing"]))


def _versions(region: Region, m: Month) -> list[dict[str, Any]]:
    """Every frozen version of the month's figures, for this region, the newest first. Of more counties than one there
    is no single version to show."""
    if not may("months.read") or region.level in ("province", "city"):
        return []
    held = reach("months.read")
    low, high = visits.region_span(region)
    areas = tuple(Area(a.county_id, low, high) for a in held.areas if a.lo <= low and high <= a.hi)
    narrow = Reach(held.user_id, tuple(dict.fromkeys(areas)))
    return list(queries.closings(session(), narrow, PageArgs(20), month=m).items)


def _to_review(region: Region) -> int:
    if not may("visits.review"):
        return 0
    return min(COUNTED_UP_TO, len(queue.waiting(session(), reach("visits.review"), visits.region_span(region))))


def _deaths(region: Region) -> int:
    """How many deaths wait for a director's look."""
    if not may("deaths.review"):
        return 0
    return deaths.waiting(session(), reach("deaths.review"), visits.region_span(region))


def _homes(region: Region) -> int:
    """How many proposed home positions wait."""
    if not may("homes.decide"):
        return 0
    return homes.waiting(session(), reach("homes.decide"), visits.region_span(region))


def _open_alerts(region: Region) -> int:
    if not may("alerts.read"):
        return 0
    held = alerts.within(reach("alerts.read"), actor().counties, clock.now())
    found = alerts.listed(session(), held, PageArgs(COUNTED_UP_TO), codes=visits.region_span(region), state="open")
    return len(found.items)
