"""Is it known already? And what did the same visitor do before and after? One statement answers both."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.database import UtcDateTime
from server.elders.model import Elder
from server.elders.vault import Vault
from server.intake.items import Item, Result
from server.prepared import Later, Prepared, Trip, among
from server.standing import Standing
from server.visits.evidence import Surroundings
from server.visits.model import Judgement, Photo, Visit
from server.visits.sealing import key_for, unseal
from shared.clock import TrustedTimes
from shared.ids import read_uuid
from shared.protocol import visit as wire
from shared.rules.evidence import OtherVisit

NEAR_IN_TIME = dt.timedelta(hours=6)  # at 40 m/s farther than a county is wide

# Every visit's way in runs it. Both halves name the county, so that each finds its own index.
_V, _E = cast(sa.Table, Visit.__table__), cast(sa.Table, Elder.__table__)
_COUNTY = sa.bindparam("county", type_=sa.Integer())
_FOUND = Prepared(
    sa.select(
        _V.c.id, _V.c.visitor_id, _V.c.elder_id, _V.c.content, _V.c.photo_digests, _V.c.channel, _V.c.start,
        _V.c.stay_s, _V.c.proved, _E.c.lat, _E.c.lon,
    )
    .select_from(_V.outerjoin(_E, sa.and_(_E.c.county_id == _V.c.county_id, _E.c.id == _V.c.elder_id)))
    .where(
        sa.or_(
            sa.and_(_V.c.county_id == _COUNTY, among(_V.c.id, "ids")),
            sa.and_(
                _V.c.county_id == _COUNTY, among(_V.c.visitor_id, "visitors"),
                _V.c.start >= sa.bindparam("first", type_=UtcDateTime()),
                _V.c.start <= sa.bindparam("last", type_=UtcDateTime()),
            ),
        )
    )
)  # fmt: skip


def asked_known(
    out: Trip, county_id: int, timed: Sequence[tuple[Item, TrustedTimes]]
) -> Later[tuple[dict[uuid.UUID, Any], dict[uuid.UUID, list[OtherVisit]]]]:
    """→ the stored visits with these ids, and by sender their stored home visits near these times, standing at their
    elders' homes."""
    starts = [times.start for _, times in timed]
    ids = {item.visit.id for item, _ in timed}
    visitors = {item.sender.user_id for item, _ in timed}
    asked = out.ask(
        _FOUND,
        {
            "county": county_id, "ids": sorted(ids), "visitors": sorted(visitors),
            "first": min(starts) - NEAR_IN_TIME, "last": max(starts) + NEAR_IN_TIME,
        },
    )  # fmt: skip

    def take() -> tuple[dict[uuid.UUID, Any], dict[uuid.UUID, list[OtherVisit]]]:
        found = asked.rows()
        others: dict[uuid.UUID, list[OtherVisit]] = defaultdict(list)
        for row in found:
            if row.visitor_id in visitors and row.channel == "home":
                place = None if row.lat is None or row.lon is None else (row.lat, row.lon)
                end = row.start + dt.timedelta(seconds=row.stay_s or 0)
                others[row.visitor_id].append(
                    OtherVisit(row.id, row.elder_id, row.start, end, place, proved=row.proved)
                )
        return {row.id: row for row in found if row.id in ids}, others

    return take


def answer_known(
    session: Session, county_id: int, items: Sequence[Item], stored: Mapping[uuid.UUID, Any],
    around: Surroundings[Standing], vault: Vault,
) -> tuple[list[Item], list[tuple[Item, Item]]]:  # fmt: skip
    """Answer the items whose id is known. → the others, and (again, first) pairs of those that stand twice in a batch,
    whose answer is the first's once there is one."""
    answers = _first_answers(session, county_id, list(stored)) if stored else {}
    got = _photos_there(session, county_id, list(stored)) if stored else {}
    fresh: dict[uuid.UUID, Item] = {}
    again: list[tuple[Item, Item]] = []
    for item in items:
        visit = item.visit
        if (row := stored.get(visit.id)) is not None:
            if row.visitor_id != item.sender.user_id or not _same(session, county_id, item, row, around, vault):
                item.result = Result(str(visit.id), "rejected", error="id_reused")
                continue
            assurance, flags = answers.get(visit.id, (None, []))
            missing = [d for d in row.photo_digests or () if d not in got.get(visit.id, ())]
            item.result = Result(str(visit.id), "duplicate", assurance, flags, missing)
        elif (first := fresh.get(visit.id)) is not None:
            if item.sender.user_id == first.sender.user_id and wire.same_content(first.visit, visit):
                again.append((item, first))
            else:
                item.result = Result(str(visit.id), "rejected", error="id_reused")
        else:
            fresh[visit.id] = item
    return list(fresh.values()), again


def name_reused(session: Session, county_id: int, items: Sequence[Item]) -> None:
    """The id is looked up before anything else: what cannot be read under an accepted visit's id is other content."""
    named = [(i, read_uuid(i.raw.get("id"))) for i in items if isinstance(i.raw, dict)]
    if ids := {id_ for _, id_ in named if id_ is not None}:
        accepted = set(session.scalars(sa.select(Visit.id).where(Visit.county_id == county_id, Visit.id.in_(ids))))
        for item, id_ in named:
            if id_ in accepted:
                item.result = Result(str(id_), "rejected", error="id_reused")


def _same(
    session: Session, county_id: int, item: Item, row: Any, around: Surroundings[Standing], vault: Vault
) -> bool:
    """The same content, as the code that runs now reads both."""
    if row.content == content_digest(item):
        return True
    raw = session.scalar(sa.select(Visit.raw).where(Visit.county_id == county_id, Visit.id == row.id)) or b""
    elder = around.elders.get(row.elder_id)
    if elder is None and row.elder_id is not None:
        wrapped = session.scalar(
            sa.select(Elder.data_key).where(Elder.county_id == county_id, Elder.id == row.elder_id)
        )
    else:
        wrapped = elder.data_key if elder is not None else None
    clear = unseal(key_for(vault, county_id, row.elder_id, wrapped), "raw", row.id, raw)
    before = wire.read_visit(wire.loads(clear)) if clear is not None else None
    return before is not None and before.visit is not None and wire.same_content(before.visit, item.visit)


def content_digest(item: Item) -> bytes:
    """A quick mark of an item as it came: equal marks, equal items (the contrary needs reading both)."""
    return hashlib.sha256(item.clear).digest()


def _first_answers(
    session: Session, county_id: int, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, tuple[str, Sequence[Mapping[str, Any]]]]:
    """What was answered the first time: each visit's first judgement."""
    found: dict[uuid.UUID, tuple[str, Sequence[Mapping[str, Any]]]] = {}
    rows = session.execute(
        sa.select(Judgement.visit_id, Judgement.assurance, Judgement.flags)
        .where(Judgement.county_id == county_id, Judgement.visit_id.in_(ids))
        .order_by(Judgement.id)
    )
    for visit_id, assurance, flags in rows:
        found.setdefault(visit_id, (assurance, flags))
    return found


def _photos_there(session: Session, county_id: int, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    found: dict[uuid.UUID, set[str]] = {}
    rows = session.execute(
        sa.select(Photo.visit_id, Photo.sha256).where(
            Photo.county_id == county_id, Photo.visit_id.in_(ids), Photo.file_id.is_not(None)
        )
    )
    for visit_id, digest in rows:
        found.setdefault(visit_id, set()).add(digest)
    return found
