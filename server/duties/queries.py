"""Reading rates and who is missing. Figures are added up from village counts, never from visits.

A closed month is read from its frozen figures, whatever came after; a revision is a later version of them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Area, Reach
from server.callbacks import queries as callbacks
from server.duties.model import Closing, ClosingFigures, Duty, VillageCount
from server.duties.service import FIGURES
from server.elders.model import Elder, ElderCard
from server.paging import Page, PageArgs
from server.pairings.model import Pairing
from server.people.model import User
from server.regions.codes import DIGITS, LEVELS, code_range, code_text
from server.regions.model import County, Region
from shared.rules.months import Month, local_date

Tally = dict[str, int]


@dataclass(frozen=True, slots=True)
class MissingElder:
    """A duty that is not met, as a director reads it."""

    elder_id: uuid.UUID
    short_no: int
    name: str
    region: Mapping[str, str]
    visitor: Mapping[str, str] | None
    last_visit_at: dt.datetime | None
    needed: int
    done: int
    kind: str
    starts_on: dt.date
    ends_on: dt.date
    policy_id: str


def region_in_reach(session: Session, reach: Reach, code: int | None) -> Region | None:
    """The region with this code, if it lies within the reach; without a code the reach's own, the widest first."""
    if code is None:
        if not reach.areas:
            return None
        widest = max(reach.areas, key=lambda area: area.hi - area.lo)
        return session.scalar(sa.select(Region).where(Region.code == widest.lo).order_by(Region.id).limit(1))
    region = session.scalar(sa.select(Region).where(Region.code == code))
    if region is None or region.code is None:
        return None
    low, high = code_range(region.code, region.level)
    return region if any(area.lo <= low and high <= area.hi for area in reach.areas) else None


def region_of(session: Session, code: str) -> Region | None:
    """The region with this code of today, for commands, whose reach is everything."""
    if not code.isdigit():
        return None
    return session.scalar(sa.select(Region).where(Region.code == int(code)))


def everything_in(region: Region) -> Reach:
    """The reach of the operator's command over a region: whatever county."""
    assert region.code is not None
    return Reach(uuid.UUID(int=0), (Area(None, *code_range(region.code, region.level)),))


def compliance(
    session: Session, reach: Reach, region: Region, month: Month, *, now: dt.datetime, tz: dt.tzinfo
) -> dict[str, Any]:
    """CONTRACT's `/compliance` for a region of the reach, with its children one level down."""
    assert region.code is not None
    low, high = code_range(region.code, region.level)
    step = LEVELS.index(region.level) + 1
    span = 10 ** (12 - DIGITS[LEVELS[step]]) if step < len(LEVELS) else 1
    versions = _closed_versions(session, month)
    live = _sums(session, reach, VillageCount, span, low, high, month, sa.not_(_in_counties(VillageCount, versions)))
    frozen: dict[int, Tally] = {}
    if versions:
        newest = sa.tuple_(ClosingFigures.county_id, ClosingFigures.version).in_(list(versions.items()))
        frozen = _sums(session, reach, ClosingFigures, span, low, high, month, newest)
    closed = bool(frozen) and not live
    by_child: dict[int, Tally] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for part in (live, frozen):
        for code, tally in part.items():
            for figure, n in tally.items():
                by_child[code][figure] += n
    total = {f: sum(tally[f] for tally in by_child.values()) for f in FIGURES}
    share = elapsed_share(month, local_date(now, tz))
    sampled, samples = callbacks.tallies(session, reach, low, high, span, month)
    children = []
    if step < len(LEVELS):
        below = session.execute(
            sa.select(Region.code, Region.name, Region.level)
            .where(Region.parent_id == region.id, reach.within(Region.code))
            .order_by(Region.code)
        )
        for code, name, level in below:
            tally = by_child.get(int(code or 0)) or dict.fromkeys(FIGURES, 0)
            below_it = {"code": code_text(int(code or 0)), "name": name, "level": level}
            sample = _sample(sampled, [samples[code]] if code in samples else [])
            children.append({**_figures(below_it, tally, month, now, closed, share), "sample": sample})
    own = {"code": code_text(region.code), "name": region.name, "level": region.level}
    figures = _figures(own, total, month, now, closed, share)
    return {**figures, "sample": _sample(sampled, list(samples.values())), "children": children}


def _sample(month: Month | None, tallies: Sequence[Tally]) -> dict[str, Any] | None:
    """What the newest call-back sample says about the visits behind a rate; None where nothing was drawn yet."""
    if month is None or not tallies:
        return None
    return callbacks.estimate(month, {f: sum(tally[f] for tally in tallies) for f in callbacks.FIGURES})


def _in_counties(table: Any, versions: Mapping[int, int]) -> sa.ColumnElement[bool]:
    return table.county_id.in_(list(versions)) if versions else sa.false()


def _closed_versions(session: Session, month: Month) -> dict[int, int]:
    """County → its newest closed version of `month`."""
    found = session.execute(
        sa.select(Closing.county_id, sa.func.max(Closing.version))
        .where(Closing.month == month.first)
        .group_by(Closing.county_id)
    )
    return {row[0]: row[1] for row in found}


def _sums(
    session: Session, reach: Reach, table: Any, span: int, low: int, high: int, month: Month,
    *conditions: sa.ColumnElement[bool],
) -> dict[int, Tally]:  # fmt: skip
    """Figures added up per division of `span` codes between `low` and `high`."""
    child = (Region.code // span * span).label("child")
    sums = [sa.func.sum(getattr(table, f)) for f in FIGURES]
    found = session.execute(
        sa.select(child, *sums)
        .join(Region, Region.id == table.region_id)
        .where(
            table.month == month.first, Region.code.between(low, high), reach.within(Region.code, table.county_id),
            *conditions,
        )
        .group_by(child)
    )  # fmt: skip
    return {int(row[0]): {f: int(n or 0) for f, n in zip(FIGURES, row[1:], strict=True)} for row in found}


def _figures(
    region: Mapping[str, str], tally: Tally, month: Month, now: dt.datetime, closed: bool, share: float
) -> dict[str, Any]:
    due, visited = tally["due"], tally["visited"]
    return {
        "region": dict(region), "month": str(month), "as_of": now, "closed": closed,
        **{f: tally[f] for f in FIGURES},
        "rate": _ratio(visited, due),
        "home_rate": _ratio(tally["visited_home"], due),
        "focused_rate": _ratio(tally["weeks_kept"], tally["weeks_owed"]),
        "on_track": due == 0 or visited / due >= share,
    }  # fmt: skip


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def elapsed_share(month: Month, today: dt.date) -> float:
    """The share of the month's days that have passed, the running day included; 0 before it, 1 after it."""
    if today < month.first:
        return 0.0
    return 1.0 if today > month.last else today.day / month.days


def missing(
    session: Session, reach: Reach, region: Region, month: Month, page: PageArgs, *, now: dt.datetime
) -> Page[MissingElder]:
    """Whose duty of the month, or of one of its weeks, is not met: two queries a page, whatever its length."""
    query = _missing(reach, region, month)
    key = (Region.code, Duty.kind, Duty.starts_on, Duty.elder_id)
    if (after := page.after(int, str, dt.date, uuid.UUID)) is not None:
        query = query.where(sa.tuple_(*key) > sa.tuple_(*(sa.literal(v) for v in after)))
    rows = session.execute(query.order_by(*key).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda r: (r.code, r.kind, r.starts_on, r.elder_id))
    return Page(_with_visitors(session, cut.items, now), cut.next_cursor)


def longest_missing(
    session: Session, reach: Reach, region: Region, month: Month, limit: int, *, now: dt.datetime
) -> list[MissingElder]:
    """Of those whom nobody visited in the month the ones who have waited longest; never visited: first."""
    query = _missing(reach, region, month).where(Duty.kind == "month")
    order = (ElderCard.last_visit_at.asc().nulls_first(), Region.code, Duty.elder_id)
    return _with_visitors(session, session.execute(query.order_by(*order).limit(limit)).all(), now)


def _missing(reach: Reach, region: Region, month: Month) -> sa.Select[Any]:
    assert region.code is not None
    low, high = code_range(region.code, region.level)
    query: Any = (
        sa.select(
            Duty.elder_id, Elder.short_no, Elder.name, Region.code, Region.name.label("region_name"), Region.level,
            ElderCard.last_visit_at, Duty.needed, Duty.done, Duty.kind, Duty.starts_on, Duty.ends_on,
            Duty.policy_id, Duty.county_id,
        )
        .join(Elder, sa.and_(Elder.county_id == Duty.county_id, Elder.id == Duty.elder_id))
        .join(ElderCard, sa.and_(ElderCard.county_id == Duty.county_id, ElderCard.elder_id == Duty.elder_id))
        .join(Region, Region.id == Duty.region_id)
        .where(
            Duty.state == "missing", Duty.month == month.first, Region.code.between(low, high),
            reach.within(Region.code, Duty.county_id),
        )
    )  # fmt: skip
    return query  # type: ignore[no-any-return]


def _with_visitors(session: Session, rows: Sequence[sa.Row[Any]], now: dt.datetime) -> list[MissingElder]:
    visitors = main_visitors(session, [r.elder_id for r in rows], now=now)
    return [
        MissingElder(
            r.elder_id, r.short_no, r.name,
            {"code": code_text(r.code), "name": r.region_name, "level": r.level},
            visitors.get(r.elder_id), r.last_visit_at, r.needed, r.done, r.kind, r.starts_on, r.ends_on, r.policy_id,
        )
        for r in rows
    ]  # fmt: skip


def of_elder(session: Session, county_id: int, elder_id: uuid.UUID, since: dt.date) -> Sequence[Duty]:
    """One elder's duties of the months from `since` on, the newest first."""
    return session.scalars(
        sa.select(Duty)
        .where(Duty.county_id == county_id, Duty.elder_id == elder_id, Duty.month >= since)
        .order_by(Duty.month.desc(), Duty.kind, Duty.starts_on.desc())
    ).all()


def main_visitors(
    session: Session, elder_ids: Sequence[uuid.UUID], *, now: dt.datetime
) -> dict[uuid.UUID, Mapping[str, str]]:
    """Who visits each elder now, the main one first."""
    if not elder_ids:
        return {}
    found = session.execute(
        sa.select(Pairing.elder_id, User.id, User.name, Pairing.role)
        .join(User, User.id == Pairing.user_id)
        .where(
            Pairing.elder_id.in_(list(elder_ids)), Pairing.role != "family", Pairing.starts_at <= now,
            sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > now),
        )
        .order_by(sa.case((Pairing.role == "main", 0), else_=1), Pairing.starts_at, Pairing.id)
    )  # fmt: skip
    visitors: dict[uuid.UUID, Mapping[str, str]] = {}
    for elder_id, user_id, name, _ in found:
        visitors.setdefault(elder_id, {"id": str(user_id), "name": name})
    return visitors


def closings(session: Session, reach: Reach, page: PageArgs, *, month: Month | None = None) -> Page[dict[str, Any]]:
    """Versions of closed months with the figures of the villages in reach, newest month and version first."""
    sums = [sa.func.sum(getattr(ClosingFigures, f)).label(f) for f in ("due", "visited", "missing")]
    query = (
        sa.select(
            Closing.county_id, Closing.month, Closing.version, Closing.closed_at, Closing.reason, Closing.digest,
            County.name, *sums,
        )
        .join(County, County.id == Closing.county_id)
        .join(
            ClosingFigures,
            sa.and_(
                ClosingFigures.county_id == Closing.county_id, ClosingFigures.month == Closing.month,
                ClosingFigures.version == Closing.version,
            ),
        )
        .join(Region, Region.id == ClosingFigures.region_id)
        .where(reach.within(Region.code, Closing.county_id))
        .group_by(
            Closing.county_id, Closing.month, Closing.version, Closing.closed_at, Closing.reason, Closing.digest,
            County.name,
        )
    )  # fmt: skip
    if month is not None:
        query = query.where(Closing.month == month.first)
    if (after := page.after(dt.date, int, int)) is not None:
        key = sa.tuple_(Closing.month, Closing.version, Closing.county_id)
        query = query.where(key < sa.tuple_(*(sa.literal(v) for v in after)))
    order = (Closing.month.desc(), Closing.version.desc(), Closing.county_id.desc())
    rows = session.execute(query.order_by(*order).limit(page.limit + 1)).all()
    return page.cut(rows, lambda r: (r.month, r.version, r.county_id)).map(
        lambda r: {
            "county": r.name, "month": str(Month.of(r.month)), "version": r.version, "closed_at": r.closed_at,
            "reason": r.reason, "digest": r.digest.hex(), "due": int(r.due), "visited": int(r.visited),
            "missing": int(r.missing), "rate": _ratio(int(r.visited), int(r.due)),
        }
    )  # fmt: skip
