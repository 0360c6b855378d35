"""Reading call-backs: whose turn it is, what was answered, and what that says about a region's rate."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.auth.reach import Reach
from server.callbacks import drawing
from server.callbacks.model import (
    OUTCOMES,
    Callback,
    CallbackAnnouncement,
    CallbackAttempt,
    CallbackDraw,
    CallbackVillage,
)
from server.elders.model import Elder
from server.elders.vault import Vault
from server.homes.service import open_for
from server.paging import Page, PageArgs
from server.people.model import User
from server.regions.codes import code_text
from server.regions.model import County, Region
from server.visits.model import Visit
from server.visits.sealing import Words
from shared.rules import sampling
from shared.rules.months import Month

STATES = ("open", "done")
FIGURES = ("population", "drawn", *OUTCOMES)
Tally = dict[str, int]


def within(reach: Reach) -> sa.ColumnElement[bool]:
    """Those of a reach's regions; and, for staff, those that they are to make themselves."""
    held = reach.within(Region.code, Callback.county_id)
    return sa.or_(held, Callback.assigned_to == reach.user_id) if reach.own else held


def find(session: Session, reach: Reach, callback_id: uuid.UUID) -> Callback | None:
    return session.scalar(
        sa.select(Callback)
        .join(Region, Region.id == Callback.region_id)
        .where(Callback.id == callback_id, within(reach))
    )


def listed(
    session: Session, reach: Reach, page: PageArgs, *, month: Month | None = None, state: str | None = None,
    codes: tuple[int, int] | None = None, mine: bool = False, vault: Vault,
) -> Page[dict[str, Any]]:  # fmt: skip
    """By village and visit. Two queries a page. `state`: open (nobody reached the elder yet) or done."""
    query = _base().where(within(reach))
    if month is not None:
        query = query.where(Callback.month == month.first)
    unanswered = sa.or_(Callback.outcome.is_(None), Callback.outcome == "not_reached")
    if state is not None:
        query = query.where(unanswered if state == "open" else sa.not_(unanswered))
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    if mine:
        query = query.where(Callback.assigned_to == reach.user_id)
    key = (Callback.month, Region.code, Callback.id)
    if (after := page.after(dt.date, int, uuid.UUID)) is not None:
        query = query.where(
            sa.or_(
                Callback.month < after[0],
                sa.and_(Callback.month == after[0], sa.tuple_(*key[1:]) > sa.tuple_(*map(sa.literal, after[1:]))),
            )
        )
    order = (Callback.month.desc(), Region.code, Callback.id)
    rows = session.execute(query.order_by(*order).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda r: (r.Callback.month, r.region_code, r.Callback.id))
    return Page(_shown(session, cut.items, vault), cut.next_cursor)


def shown(session: Session, reach: Reach, callback_id: uuid.UUID, *, vault: Vault) -> dict[str, Any] | None:
    """One call. `asks_home`: its visit's reading proposes that the home lies elsewhere than registered."""
    rows = session.execute(_base().where(Callback.id == callback_id, within(reach))).all()
    if not rows:
        return None
    call: Callback = rows[0].Callback
    proposed = open_for(session, call.county_id, call.elder_id, call.visit_id, vault=vault)
    return {**_shown(session, rows, vault)[0], "asks_home": proposed is not None}


def _base() -> Any:
    visitor, caller = aliased(User), aliased(User)
    return (
        sa.select(
            Callback, Visit.start, Visit.channel, Visit.stay_s, Elder.name.label("elder_name"),
            Elder.short_no, Elder.status.label("elder_status"),
            Elder.data_key.label("elder_key"), visitor.name.label("visitor_name"), caller.name.label("caller_name"),
            Region.code.label("region_code"), Region.name.label("region_name"), Region.level.label("region_level"),
        )
        .join(Visit, sa.and_(Visit.county_id == Callback.county_id, Visit.id == Callback.visit_id))
        .join(Elder, sa.and_(Elder.county_id == Callback.county_id, Elder.id == Callback.elder_id))
        .join(visitor, visitor.id == Callback.visitor_id)
        .outerjoin(caller, caller.id == Callback.assigned_to)
        .join(Region, Region.id == Callback.region_id)
    )  # fmt: skip


def _shown(session: Session, rows: Sequence[sa.Row[Any]], vault: Vault) -> list[dict[str, Any]]:
    words = Words(vault, {r.Callback.elder_id: r.elder_key for r in rows})
    attempts = _attempts(session, {r.Callback.id: r.Callback.elder_id for r in rows}, words)
    return [_one(row, attempts.get(row.Callback.id, [])) for row in rows]


def _one(row: sa.Row[Any], attempts: list[dict[str, Any]]) -> dict[str, Any]:
    call: Callback = row.Callback
    region = {"code": code_text(row.region_code), "name": row.region_name, "level": row.region_level}
    return {
        "id": call.id, "month": str(Month.of(call.month)), "round": call.round,
        "state": "open" if call.outcome in (None, "not_reached") else "done",
        "elder": {"id": call.elder_id, "name": row.elder_name, "short_no": row.short_no, "region": region,
                  "status": row.elder_status},
        "visit": {"id": call.visit_id, "start": row.start, "channel": row.channel, "stay_s": row.stay_s},
        "visitor": {"id": call.visitor_id, "name": row.visitor_name},
        "assigned_to": {"id": call.assigned_to, "name": row.caller_name} if call.assigned_to else None,
        "outcome": call.outcome, "attempts": attempts,
    }  # fmt: skip


def _attempts(
    session: Session, elders: Mapping[uuid.UUID, uuid.UUID], words: Words
) -> Mapping[uuid.UUID, list[dict[str, Any]]]:
    """Of these calls (and the elder of each)."""
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    if elders:
        rows = session.execute(
            sa.select(CallbackAttempt, User.name)
            .join(User, User.id == CallbackAttempt.by)
            .where(CallbackAttempt.callback_id.in_(list(elders)))
            .order_by(CallbackAttempt.at, CallbackAttempt.id)
        )
        for attempt, name in rows:
            by = {"id": attempt.by, "name": name}
            elder_id = elders[attempt.callback_id]
            note = words.open(attempt.county_id, elder_id, "callback_attempts", "note", attempt.id, attempt.note)
            found[attempt.callback_id].append(
                {"outcome": attempt.outcome, "note": note, "at_home": attempt.at_home, "by": by,
                 "at": attempt.at}
            )  # fmt: skip
    return found


def of_visits(session: Session, county_id: int, visit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Callback]:
    """The call-backs of these visits."""
    found = session.scalars(
        sa.select(Callback).where(Callback.county_id == county_id, Callback.visit_id.in_(list(visit_ids)))
    )
    return {call.visit_id: call for call in found}


# --- figures beside a rate --------------------------------------------------------------------------------------------


def tallies(
    session: Session, reach: Reach, low: int, high: int, span: int, month: Month
) -> tuple[Month | None, dict[int, Tally]]:
    """The newest sample of a region's villages up to `month`, added up per division of `span` codes: two queries."""
    inside = (Region.code.between(low, high), reach.within(Region.code, CallbackVillage.county_id))
    newest = session.scalar(
        sa.select(sa.func.max(CallbackVillage.month))
        .join(Region, Region.id == CallbackVillage.region_id)
        .where(CallbackVillage.month <= month.first, *inside)
    )
    if newest is None:
        return None, {}
    child = (Region.code // span * span).label("child")
    rows = session.execute(
        sa.select(child, *(sa.func.sum(getattr(CallbackVillage, f)) for f in FIGURES))
        .join(Region, Region.id == CallbackVillage.region_id)
        .where(CallbackVillage.month == newest, *inside)
        .group_by(child)
    )
    found = {int(row[0]): {f: int(n or 0) for f, n in zip(FIGURES, row[1:], strict=True)} for row in rows}
    return Month.of(newest), found


def estimate(month: Month, tally: Tally) -> dict[str, Any]:
    """What the answers of a sample say: `share` of visits not confirmed, the exact interval of it in all visits that
    count, and `below`, the bound when none was found. Without answers nothing is known: null."""
    answered = tally["confirmed"] + tally["not_confirmed"]
    found, population = tally["not_confirmed"], tally["population"]
    share = low = high = below = None
    if answered:
        share = round(found / answered, 4)
        low, high = (round(limit, 4) for limit in sampling.interval(found, answered, population))
        below = round(sampling.bound(answered, population), 4) if not found else None
    said = sum(tally[outcome] for outcome in OUTCOMES)
    return {
        "month": str(month), **{f: tally[f] for f in FIGURES}, "open": tally["drawn"] - said, "answered": answered,
        "needed": sampling.size(population), "share": share, "low": low, "high": high, "below": below,
        "confidence": sampling.CONFIDENCE,
    }  # fmt: skip


def draws(session: Session, reach: Reach, page: PageArgs) -> Page[dict[str, Any]]:
    """Announcements and draws of the counties in reach, the newest month first: everything that repeats the draw but
    the list of visits."""
    query = (
        sa.select(CallbackAnnouncement, County.name)
        .join(County, County.id == CallbackAnnouncement.county_id)
        .join(Region, Region.id == County.region_id)
        .where(_counties(reach))
    )
    if (after := page.after(dt.date, int)) is not None:
        key = sa.tuple_(CallbackAnnouncement.month, CallbackAnnouncement.county_id)
        query = query.where(key < sa.tuple_(*map(sa.literal, after)))
    order = (CallbackAnnouncement.month.desc(), CallbackAnnouncement.county_id.desc())
    rows = session.execute(query.order_by(*order).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda r: (r[0].month, r[0].county_id))
    rounds: dict[tuple[int, dt.date], list[CallbackDraw]] = defaultdict(list)
    if cut.items:
        keys = [(r[0].county_id, r[0].month) for r in cut.items]
        for row in session.scalars(
            sa.select(CallbackDraw)
            .options(sa.orm.defer(CallbackDraw.frame))
            .where(sa.tuple_(CallbackDraw.county_id, CallbackDraw.month).in_(keys))
            .order_by(CallbackDraw.round)
        ):
            rounds[row.county_id, row.month].append(row)
    return cut.map(lambda r: _draw(r[0], r[1], rounds[r[0].county_id, r[0].month]))


def _counties(reach: Reach) -> sa.ColumnElement[bool]:
    """Counties whose data, or whose whole area, the reach holds."""
    named = CallbackAnnouncement.county_id.in_(sorted(reach.counties)) if reach.counties else sa.false()
    return sa.or_(named, Reach(reach.user_id, tuple(a for a in reach.areas if a.county_id is None)).within(Region.code))


def _draw(row: CallbackAnnouncement, county: str, rounds: Sequence[CallbackDraw]) -> dict[str, Any]:
    return {
        "county": county, "county_id": row.county_id, "month": str(Month.of(row.month)),
        "announced_at": row.announced_at, "commitment": row.commitment.hex(), "formula": sampling.FORMULA,
        "method": sampling.METHOD,
        "rounds": [
            {"round": r.round, "drawn_at": r.drawn_at, "closing_digest": r.closing_digest.hex(),
             "number": r.number.hex(), "seed": r.seed.hex(), "population": r.population, "size": r.size,
             "frame_digest": r.frame_digest.hex()}
            for r in rounds
        ],
    }  # fmt: skip


def check(session: Session, county_id: int, month: Month, *, tz: dt.tzinfo) -> list[dict[str, Any]]:
    """Every round of a month drawn again from what was kept: does its seed follow from what was published, are its
    visits the ones of that seed, and was the number promised before the month was over?"""
    rounds = drawing.rounds(session, county_id, month)
    promised = session.scalar(
        sa.select(CallbackAnnouncement).where(
            CallbackAnnouncement.county_id == county_id, CallbackAnnouncement.month == month.first
        )
    )
    checked: list[dict[str, Any]] = []
    for row, frame, visits in drawing.drawn_again(rounds):
        drawn = session.scalars(
            sa.select(Callback.visit_id).where(
                Callback.county_id == county_id, Callback.month == month.first, Callback.round == row.round
            )
        )
        seed = drawing.seed_of(county_id, month, row.closing_digest, row.number, row.round)
        kept = promised is not None and hashlib.sha256(row.number).digest() == promised.commitment
        checked.append({
            "round": row.round, "population": row.population, "size": row.size, "seed": row.seed.hex(),
            "seed_ok": seed == row.seed, "promise_ok": kept,
            "promised_in_time": promised is not None and promised.announced_at <= month.starts(tz),
            "frame_ok": drawing.digest(frame) == row.frame_digest and drawing.count(frame) == row.population,
            "sample_ok": set(drawn) == set(visits),
        })  # fmt: skip
    return checked


