"""Reading visits back: lists, one visit, its explanation. What a visit says comes from its sealed raw item."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.elders.model import Elder
from server.elders.vault import Vault
from server.paging import Page, PageArgs
from server.people.model import User
from server.regions.codes import code_range, code_text
from server.regions.model import Region
from server.visits.model import Judgement, Photo, Review, Visit
from server.visits.sealing import Words, key_for, unseal
from shared.protocol import visit as wire
from shared.rules.months import midnight


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of visits asks for; days are local dates, both included."""

    region: tuple[int, int] | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    assurance: str | None = None
    review: str | None = None  # none, pending, accept, reject
    elder_id: uuid.UUID | None = None
    visitor_id: uuid.UUID | None = None


COLUMNS = (
    Visit, Elder.name.label("elder_name"), Elder.data_key, User.name.label("visitor_name"),
    Region.code.label("region_code"), Region.name.label("region_name"), Region.level.label("region_level"),
)  # fmt: skip


def _base() -> Any:
    return (
        sa.select(*COLUMNS)
        .outerjoin(Elder, sa.and_(Elder.county_id == Visit.county_id, Elder.id == Visit.elder_id))
        .join(User, User.id == Visit.visitor_id)
        .outerjoin(Region, Region.id == Visit.region_id)
    )


def within(reach: Reach) -> sa.ColumnElement[bool]:
    """The visits that a reach holds: those of its regions, and, for visitors, their own."""
    held = reach.within(Region.code, Visit.county_id)
    return sa.or_(held, Visit.visitor_id == reach.user_id) if reach.own else held


def listed(
    session: Session, reach: Reach, wanted: Filter, page: PageArgs, *, tz: dt.tzinfo, vault: Vault
) -> Page[dict[str, Any]]:
    """Newest first. Three queries a page."""
    query = _base().where(within(reach))
    if wanted.region is not None:
        query = query.where(Region.code.between(*wanted.region))
    if wanted.first is not None:
        query = query.where(Visit.start >= midnight(wanted.first, tz))
    if wanted.last is not None:
        query = query.where(Visit.start < midnight(wanted.last + dt.timedelta(days=1), tz))
    if wanted.assurance is not None:
        query = query.where(Visit.assurance == wanted.assurance)
    if wanted.elder_id is not None:
        query = query.where(Visit.elder_id == wanted.elder_id)
    if wanted.visitor_id is not None:
        query = query.where(Visit.visitor_id == wanted.visitor_id)
    if wanted.review == "pending":
        query = query.where(Visit.assurance == "doubtful", Visit.decision.is_(None))
    elif wanted.review == "none":
        query = query.where(Visit.decision.is_(None))
    elif wanted.review is not None:
        query = query.where(Visit.decision == wanted.review)
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        query = query.where(
            sa.or_(Visit.start < after[0], sa.and_(Visit.start == after[0], Visit.id < after[1]))
        )
    rows = session.execute(query.order_by(Visit.start.desc(), Visit.id.desc()).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda r: (r.Visit.start, r.Visit.id))
    return Page(_shown(session, cut.items, vault), cut.next_cursor)


def found(session: Session, reach: Reach, visit_id: uuid.UUID) -> Visit | None:
    """The visit with this id, if the reach holds it."""
    return session.scalar(
        sa.select(Visit).outerjoin(Region, Region.id == Visit.region_id).where(Visit.id == visit_id, within(reach))
    )


def shown(session: Session, reach: Reach, visit_id: uuid.UUID, *, vault: Vault) -> dict[str, Any] | None:
    """One visit as the wire shows it."""
    rows = session.execute(_base().where(Visit.id == visit_id, within(reach))).all()
    return _shown(session, rows, vault)[0] if rows else None


def by_ids(
    session: Session, reach: Reach, visit_ids: Sequence[uuid.UUID], *, vault: Vault
) -> list[dict[str, Any]]:
    """Those of these visits that the reach holds, as the wire shows them. Three queries."""
    rows = session.execute(_base().where(Visit.id.in_(list(visit_ids)), within(reach))).all()
    return _shown(session, rows, vault)


def _shown(session: Session, rows: Sequence[sa.Row[Any]], vault: Vault) -> list[dict[str, Any]]:
    decided = [r for r in rows if r.Visit.decision is not None]
    words = Words(vault, {r.Visit.elder_id: r.data_key for r in decided})
    reviews = _reviews(session, {r.Visit.id: r.Visit.elder_id for r in decided}, words)
    there = _photos(session, [r.Visit.id for r in rows if r.Visit.photo_digests])
    return [_one(row, reviews, there, vault) for row in rows]


def _one(
    row: sa.Row[Any], reviews: Mapping[uuid.UUID, Mapping[str, Any]], there: Mapping[uuid.UUID, set[str]], vault: Vault
) -> dict[str, Any]:
    visit: Visit = row.Visit
    region = None
    if row.region_code is not None:
        region = {"code": code_text(row.region_code), "name": row.region_name, "level": row.region_level}
    said = content_of(vault, visit, row.data_key)
    elder = None
    if visit.elder_id is not None:
        elder = {"id": str(visit.elder_id), "name": row.elder_name, "region": region}
    return {
        **said,
        "id": str(visit.id),
        "elder": elder,
        "region": region,
        "visitor": {"id": str(visit.visitor_id), "name": row.visitor_name},
        "received_at": visit.received_at,
        "trusted_start": visit.start,
        "stay_s": visit.stay_s,
        "assurance": visit.assurance,
        "flags": visit.flags,
        "counts": visit.counts,
        "late": visit.late,
        "review": reviews.get(visit.id),
        "photos_missing": [d for d in visit.photo_digests or () if d not in there.get(visit.id, ())],
    }


def content_of(vault: Vault, visit: Visit, wrapped: bytes | None) -> dict[str, Any]:
    """The visit as the phone said it, on the wire's form; of an erased elder only what the row still knows."""
    clear = unseal(key_for(vault, visit.county_id, visit.elder_id, wrapped), "raw", visit.id, visit.raw)
    read = wire.read_visit(wire.loads(clear)) if clear is not None else None
    if read is not None and read.visit is not None:
        return wire.write_visit(read.visit)
    return {
        "id": str(visit.id), "elder_id": None, "channel": visit.channel, "outcome": visit.outcome,
        "started_at": visit.started_at.isoformat(), "erased": True,
    }  # fmt: skip


def _reviews(
    session: Session, elders: Mapping[uuid.UUID, uuid.UUID | None], words: Words
) -> dict[uuid.UUID, Mapping[str, Any]]:
    """The decision that stands on each visit (of which elder), with who took it."""
    newest: dict[uuid.UUID, Mapping[str, Any]] = {}
    if elders:
        found = session.execute(
            sa.select(Review, User.name)
            .join(User, User.id == Review.by)
            .where(Review.visit_id.in_(list(elders)), Review.decision.in_(("accept", "reject")))
            .order_by(Review.at, Review.id)
        )
        for r, name in found:
            reason = said_in(r, elders[r.visit_id], words)
            newest[r.visit_id] = {
                "decision": r.decision, "by": {"id": str(r.by), "name": name}, "at": r.at, "ground": r.ground,
                "reason": reason, "words": reason,
            }  # fmt: skip
    return newest


def said_in(review: Review, elder_id: uuid.UUID | None, words: Words) -> str:
    """The words of a review about a visit to this elder."""
    return words.open(review.county_id, elder_id, "reviews", "reason", review.id, review.reason)


def _photos(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    there: dict[uuid.UUID, set[str]] = {}
    if ids:
        for visit_id, digest in session.execute(
            sa.select(Photo.visit_id, Photo.sha256).where(Photo.visit_id.in_(ids), Photo.file_id.is_not(None))
        ):
            there.setdefault(visit_id, set()).add(digest)
    return there


def explanation(session: Session, reach: Reach, visit_id: uuid.UUID, *, vault: Vault) -> dict[str, Any] | None:
    """Every judgement of a visit (rule and policy version, flags with weights, what was looked at) and every decision
    of people about it, in order: three queries."""
    visit = found(session, reach, visit_id)
    if visit is None:
        return None
    wrapped = session.scalar(
        sa.select(Elder.data_key).where(Elder.county_id == visit.county_id, Elder.id == visit.elder_id)
    )
    key = key_for(vault, visit.county_id, visit.elder_id, wrapped)
    rows = session.scalars(
        sa.select(Judgement)
        .where(Judgement.county_id == visit.county_id, Judgement.visit_id == visit_id)
        .order_by(Judgement.id)
    )
    judgements = []
    for row in rows:
        inputs = unseal(key, "inputs", visit_id, row.inputs)
        judgements.append({
            "at": row.at, "rule_version": row.rule_version, "policy": {"id": row.policy_id,
                                                                       "version": row.policy_version},
            "assurance": row.assurance, "flags": row.flags,
            "inputs": json.loads(inputs) if inputs is not None else None,
        })  # fmt: skip
    known = Words(vault, {visit.elder_id: wrapped} if visit.elder_id is not None else {})
    said = session.execute(
        sa.select(Review, User.name)
        .join(User, User.id == Review.by)
        .where(Review.county_id == visit.county_id, Review.visit_id == visit_id)
        .order_by(Review.at, Review.id)
    )
    decisions = [
        {"decision": r.decision, "by": {"id": str(r.by), "name": name}, "at": r.at, "ground": r.ground,
         "reason": words, "words": words}
        for r, name in said for words in (said_in(r, visit.elder_id, known),)
    ]  # fmt: skip
    return {
        "id": str(visit_id), "assurance": visit.assurance, "decision": visit.decision, "counts": visit.counts,
        "judgements": judgements, "decisions": decisions,
    }  # fmt: skip


def judged_homes(
    session: Session, visit_ids: Sequence[uuid.UUID], *, vault: Vault
) -> dict[uuid.UUID, dict[str, Any]]:
    """The home that each of these visits was last judged with, as its inputs keep it. One query."""
    rows = session.execute(
        sa.select(Judgement.visit_id, Judgement.inputs, Judgement.county_id, Visit.elder_id, Elder.data_key)
        .join(Visit, sa.and_(Visit.county_id == Judgement.county_id, Visit.id == Judgement.visit_id))
        .outerjoin(Elder, sa.and_(Elder.county_id == Visit.county_id, Elder.id == Visit.elder_id))
        .where(Judgement.visit_id.in_(list(visit_ids)))
        .order_by(Judgement.id)
    )
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for visit_id, sealed, county_id, elder_id, wrapped in rows:
        inputs = unseal(key_for(vault, county_id, elder_id, wrapped), "inputs", visit_id, sealed)
        home = json.loads(inputs).get("home") if inputs is not None else None
        if home is not None:
            found[visit_id] = home
    return found


def region_span(region: Region) -> tuple[int, int]:
    assert region.code is not None
    return code_range(region.code, region.level)
