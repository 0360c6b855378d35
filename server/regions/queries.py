"""Reading divisions and counties. Regions are public knowledge, but lists show only what lies in one's scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.paging import Page, PageArgs
from server.regions.codes import code_range, code_text
from server.regions.model import County, Region, RegionCode


class Area(Protocol):
    """A range of codes, both ends included (server.auth.reach has it; this noun stands below that one)."""

    @property
    def lo(self) -> int: ...

    @property
    def hi(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RegionInfo:
    """A region as the wire has it; `code` is 12 digits."""

    id: int
    code: str
    name: str
    level: str
    parent_code: str | None = None


def by_code(session: Session, code: int) -> Region | None:
    """The region that has this code today."""
    return session.scalar(sa.select(Region).where(Region.code == code))


def by_any_code(session: Session, code: int, on: dt.date | None = None) -> Region | None:
    """The region that has, or had (`on` a day, or ever: the latest), this code; a merged one leads to its successor."""
    region = by_code(session, code) if on is None else None
    if region is None:
        dated = sa.select(RegionCode.region_id).where(RegionCode.code == code)
        if on is not None:
            still = sa.or_(RegionCode.valid_to.is_(None), RegionCode.valid_to > on)
            dated = dated.where(RegionCode.valid_from <= on, still)
        found = session.scalar(dated.order_by(RegionCode.valid_from.desc()).limit(1))
        region = session.get(Region, found) if found is not None else None
    seen: set[int] = set()
    while region is not None and region.successor_id is not None and region.id not in seen:
        seen.add(region.id)
        region = session.get(Region, region.successor_id)
    return region


def path(session: Session, region: Region) -> list[Region]:
    """From the province down to the region itself."""
    way = [region]
    while way[0].parent_id is not None and len(way) < 8:
        parent = session.get(Region, way[0].parent_id)
        if parent is None:
            break
        way.insert(0, parent)
    return way


def listed(session: Session, region_ids: Collection[int], page: PageArgs) -> Page[RegionInfo]:
    """The regions with these ids, in the order of codes."""
    return _paged(session, _listed().where(Region.id.in_(region_ids)), page)


def children(session: Session, areas: Sequence[Area], parent_id: int, page: PageArgs) -> Page[RegionInfo]:
    """One level down, within the areas, in the order of codes."""
    return _paged(session, _listed().where(Region.parent_id == parent_id, within(areas)), page)


def info(session: Session, region_id: int) -> RegionInfo | None:
    row = session.execute(_listed().where(Region.id == region_id)).first()
    return _info(row) if row is not None else None


def within(areas: Sequence[Area]) -> sa.ColumnElement[bool]:
    if not areas:
        return sa.false()
    return sa.or_(*(Region.code.between(area.lo, area.hi) for area in areas))


def touches(areas: Sequence[Area], region: Region) -> bool:
    """Whether a region overlaps one of the areas: what it then shows is filtered by `within`."""
    if region.code is None:
        return False
    low, high = code_range(region.code, region.level)
    return any(area.lo <= high and low <= area.hi for area in areas)


def holds(areas: Sequence[Area], region: Region) -> bool:
    """Whether a region lies wholly within one of the areas. What is asked of a wider one is out of scope: an answer
    for a part of it would look like one for all of it."""
    if region.code is None:
        return False
    low, high = code_range(region.code, region.level)
    return any(area.lo <= low and high <= area.hi for area in areas)


def county_for(session: Session, region: Region, county_id: int | None = None) -> County | None:
    """The operating county in whose area a region lies. Where two run the same area, `county_id` says which."""
    if region.code is None:
        return None
    low, _ = code_range(region.code, region.level)
    above = [code for code in {low // 10**6 * 10**6, low // 10**8 * 10**8} if code]
    query = sa.select(County).join(Region, Region.id == County.region_id).where(Region.code.in_(above))
    if county_id is not None:
        query = query.where(County.id == county_id)
    return session.scalar(query.order_by(County.id).limit(1))


def counties(session: Session) -> list[tuple[County, Region]]:
    """All operating counties with their regions, in the order of their ids."""
    rows = session.execute(sa.select(County, Region).join(Region, Region.id == County.region_id).order_by(County.id))
    return [(county, region) for county, region in rows]


def counties_page(session: Session, county_ids: Collection[int], page: PageArgs) -> Page[dict[str, Any]]:
    """These operating tenants with their own numbers, by id."""
    query = sa.select(County, Region).join(Region, Region.id == County.region_id).where(
        County.id.in_(sorted(county_ids))
    )  # fmt: skip
    if (after := page.after(int)) is not None:
        query = query.where(County.id > after[0])
    rows = session.execute(query.order_by(County.id).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda row: (row[0].id,))
    return cut.map(lambda row: {
        "id": row[0].id, "name": row[0].name, "settings": row[0].settings,
        "region": {"code": code_text(row[1].code or 0), "name": row[1].name, "level": row[1].level},
    })  # fmt: skip


def county_regions(session: Session, limit: int) -> list[Region]:
    """Regions of level county, at most `limit` of them."""
    query = sa.select(Region).where(Region.level == "county", Region.code.is_not(None))
    return list(session.scalars(query.order_by(Region.code).limit(limit)))


def book_rows(session: Session, within_codes: Sequence[tuple[int, int]]) -> list[tuple[int, int, str, str, int | None]]:
    """(id, code, name, level, parent code) of all regions in the ranges and of those above them (RegionBook's rows)."""
    above = {low // 10**digits * 10**digits for low, _ in within_codes for digits in (3, 6, 8, 10)}
    inside = [Region.code.between(low, high) for low, high in within_codes]
    rows = session.execute(_listed().where(sa.or_(*inside, Region.code.in_(above))))
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def _listed() -> sa.Select[Any]:
    parent = aliased(Region)
    columns = sa.select(Region.id, Region.code, Region.name, Region.level, parent.code)
    return columns.outerjoin(parent, parent.id == Region.parent_id).where(Region.code.is_not(None))


def _paged(session: Session, query: sa.Select[Any], page: PageArgs) -> Page[RegionInfo]:
    if (after := page.after(int)) is not None:
        query = query.where(Region.code > after[0])
    rows = session.execute(query.order_by(Region.code).limit(page.limit + 1)).all()
    return page.cut([_info(row) for row in rows], lambda info: (int(info.code),))


def _info(row: sa.Row[Any]) -> RegionInfo:
    region_id, code, name, level, parent_code = row
    return RegionInfo(
        region_id, code_text(code), name, level, code_text(parent_code) if parent_code is not None else None
    )
