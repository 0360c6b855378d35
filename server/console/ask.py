"""What a page's address and form ask for, read carefully: regions and months within reach, dates, choices, ids."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from flask import request

from server import clock
from server.auth.current import reach
from server.auth.reach import Reach
from server.database import session
from server.duties.queries import region_in_reach
from server.http import Page, PageArgs
from server.language import Text
from server.problems import problem
from server.regions import queries as regions
from server.regions.codes import LEVELS, parse_code
from server.regions.model import Region
from shared.rules.months import Month, month_of

__all__ = ["Errors", "Page", "asked_month", "asked_page", "asked_region", "way_to"]

Errors = dict[str, list[Text | str]]


def asked_region(right: str) -> Region:
    """The region of `?region=`, else the reach's widest; what lies outside is not there."""
    text = request.args.get("region")
    code = parse_code(text) if text else None
    if text and code is None:
        raise problem("not_found")
    region = region_in_reach(session(), reach(right), code)
    if region is None:
        raise problem("not_found")
    return region


def asked_region_or_none(right: str) -> Region | None:
    """As `asked_region`; None where none was asked for."""
    return asked_region(right) if request.args.get("region") else None


def asked_month() -> Month:
    """`?month=YYYY-MM`, else the running one; one that is still to come or makes no sense: the running one."""
    current = month_of(clock.now(), clock.zone())
    text = request.args.get("month")
    try:
        return min(Month.parse(text), current) if text else current
    except ValueError:
        raise problem("not_found") from None


def asked_page(limit: int = 50) -> PageArgs:
    return PageArgs(limit, request.args.get("cursor") or None)


def asked_choice(name: str, choices: Collection[str]) -> str | None:
    """`?name=` where it is one of the choices; anything else counts as not asked."""
    value = request.args.get(name)
    return value if value in choices else None


def asked_date(name: str) -> dt.date | None:
    return _date(request.args.get(name))


def asked_uuid(name: str) -> uuid.UUID | None:
    return _uuid(request.args.get(name))


def way_to(region: Region, within: Reach) -> list[Region]:
    """From the widest region of one's own down to this one."""
    return [step for step in regions.path(session(), region)
            if step.id == region.id or region_in_reach(session(), within, step.code) is not None]  # fmt: skip


def region_choices(right: str, here: Region | None = None) -> list[Region]:
    """What a region filter offers: one's own widest regions, the one chosen, and those one level below it."""
    held = reach(right)
    top = [r for area in held.areas if (r := regions.by_code(session(), area.lo)) is not None]
    middle = here if here is not None else top[0] if top else None
    below: list[Region] = []
    if middle is not None:
        infos = regions.children(session(), held.areas, middle.id, PageArgs(500)).items
        below = [r for info in infos if (r := session().get(Region, info.id)) is not None]
    found = {r.id: r for r in (*top, *([here] if here is not None else ()), *below)}
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Place:
    """A region in a list of choices; `depth` below the widest one shown."""

    id: int
    code: int
    name: str
    depth: int


def regions_of(right: str, limit: int = 1500) -> list[Place]:
    """Every region of the reach, in the order of codes: what a role or a sheet can be for."""
    held = reach(right)
    spans = [(area.lo, area.hi) for area in held.areas]
    if not spans:
        return []
    inside = [row for row in regions.book_rows(session(), spans) if any(lo <= row[1] <= hi for lo, hi in spans)]
    inside.sort(key=lambda row: row[1])
    top = min((LEVELS.index(row[3]) for row in inside), default=0)
    return [Place(row[0], row[1], row[2], LEVELS.index(row[3]) - top) for row in inside[:limit]]


def form_text(name: str, limit: int) -> str:
    """A field of the form, trimmed and cut to `limit` characters."""
    return request.form.get(name, "").strip()[:limit]


def form_choice(name: str, choices: Collection[str], errors: Errors) -> str:
    value = request.form.get(name, "")
    if value not in choices:
        errors.setdefault(name, []).append(Text("请选择", "Choose one"))
    return value


def form_date(name: str, errors: Errors, *, needed: bool = True) -> dt.date | None:
    text = request.form.get(name, "").strip()
    value = _date(text)
    if value is None and (needed or text):
        errors.setdefault(name, []).append(Text("日期格式不对，如 2026-11-03", "Must be a date like 2026-11-03."))
    return value


def form_uuid(name: str) -> uuid.UUID | None:
    return _uuid(request.form.get(name))


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
