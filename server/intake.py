"""A visit's way in: known? → readable? → judged → stored → settled, all in one transaction.

What came is kept whatever becomes of it: an accepted visit with its raw item sealed beside it, a rejected one among
the refusals. One bad item never stops the others: everything that can be wrong with an item is found before the
first row is written, and if writing a batch fails all the same, its items go in one by one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from server import outcomes, standing
from server.clock import zone
from server.elders.model import Elder
from server.elders.vault import Vault
from server.policies import queries as policies
from server.standing import Standing
from server.tags.model import Tag
from server.visits.evidence import Surroundings, Timeline, earlier_visits, gather, known_tags
from server.visits.model import Judgement, Photo, Refusal, Visit
from server.visits.sealing import key_for, seal, unseal
from shared.clock import TrustedTimes, trusted_times
from shared.ids import read_uuid, uuid7
from shared.protocol import visit as wire
from shared.protocol.limits import MAX_ITEM
from shared.protocol.tags import token_hash, token_of
from shared.rules.duty import VisitFact, qualifies
from shared.rules.evidence import Evidence, Home, OtherVisit, evidence_of, write_evidence
from shared.rules.months import arrived_on_time, local_date
from shared.rules.policy import UNIVERSAL, VisitPolicy
from shared.rules.presence import Judgement as Judged
from shared.rules.presence import judge

log = logging.getLogger("yuetan.intake")
TRIES = 4
Around = Surroundings[Standing]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. `county_id`: of the device's enrolment; without one the elder's county decides, among `counties`,
    those in which the person holds a role."""

    user_id: uuid.UUID
    county_id: int | None = None
    counties: tuple[int, ...] = ()
    device_id: uuid.UUID | None = None
    device_lost: bool = False


@dataclass(slots=True)
class Result:
    """What became of one item, in the words of CONTRACT's `results[]` (`error` is a problem code with fields)."""

    id: str | None
    status: str = "accepted"
    assurance: str | None = None
    flags: Sequence[Mapping[str, Any]] = ()
    photos_missing: Sequence[str] = ()
    error: str | None = None
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


# Built once: every visit's way in runs them.
_V, _J = cast(sa.Table, Visit.__table__), cast(sa.Table, Judgement.__table__)
_INSERT_VISITS, _INSERT_JUDGEMENTS = sa.insert(_V), sa.insert(_J)
_KNOWN = sa.select(_V.c.id, _V.c.visitor_id, _V.c.elder_id, _V.c.content, _V.c.raw, _V.c.photo_digests).where(
    _V.c.county_id == sa.bindparam("county", type_=sa.Integer()),
    _V.c.id.in_(sa.bindparam("ids", type_=sa.Uuid(), expanding=True)),
)


@dataclass(slots=True)
class _Item:
    """One item on its way in."""

    index: int
    raw: Any
    read: wire.ReadVisit
    result: Result
    county_id: int | None = None

    @property
    def visit(self) -> wire.Visit:
        assert self.read.visit is not None
        return self.read.visit


@dataclass(slots=True)
class _Row:
    """A visit that goes in, with all that was found out about it."""

    item: _Item
    elder: Standing | None
    times: TrustedTimes
    late: bool
    policy: VisitPolicy
    evidence: Evidence
    judged: Judged


def receive(
    session: Session, sender: Sender, items: Sequence[Any], *, vault: Vault, now: dt.datetime
) -> list[Result]:
    """Take in a batch of items (parsed JSON values), commit, and answer one result per item, in order.

    Raises only what concerns the whole batch (the database is away).
    """
    try:
        return _receive_all(session, sender, items, vault, now)
    except OperationalError:
        raise
    except Exception:
        session.rollback()
        if len(items) == 1:
            return [_set_aside(session, sender, items[0], vault, now)]
        log.exception("a batch failed; its items go in one by one")
    return [receive(session, sender, [item], vault=vault, now=now)[0] for item in items]


def _receive_all(
    session: Session, sender: Sender, raws: Sequence[Any], vault: Vault, now: dt.datetime
) -> list[Result]:
    items = [_read(index, raw) for index, raw in enumerate(raws)]
    for attempt in range(TRIES):
        try:
            for county_id in _assign_counties(session, sender, items):
                _receive_in(session, county_id, sender, [i for i in items if i.county_id == county_id], vault, now)
            session.commit()
            break
        except (IntegrityError, OperationalError):
            # somebody else brought one of these at the same moment, or two batches waited for each other
            session.rollback()
            if attempt == TRIES - 1:
                raise
            for item in items:
                item.result = _first_result(item.raw, item.read)
    return [item.result for item in items]


def _read(index: int, raw: Any) -> _Item:
    if wire.size(raw) > MAX_ITEM:
        named = raw.get("id") if isinstance(raw, dict) else None
        read = wire.ReadVisit(None, None, (), {"": ["item_too_large"]})
        return _Item(index, raw, read, Result(_text_id(named), "rejected", error="item_too_large"))
    read = wire.read_visit(raw)
    return _Item(index, raw, read, _first_result(raw, read))


def _first_result(raw: Any, read: wire.ReadVisit) -> Result:
    if read.visit is None:
        named = str(read.id) if read.id else _text_id(raw.get("id") if isinstance(raw, dict) else None)
        too_large = "" in read.errors and "item_too_large" in read.errors[""]
        code = "item_too_large" if too_large else "validation"
        return Result(named, "rejected", error=code, errors={} if too_large else read.errors)
    return Result(str(read.visit.id))


def _text_id(value: object) -> str | None:
    """An unreadable id is given back as it came, so that the phone finds its item."""
    return wire.clean_text(value)[:64] if isinstance(value, str) else None


def _assign_counties(session: Session, sender: Sender, items: Sequence[_Item]) -> list[int]:
    """Give each item its county: the enrolment's, else the elder's. → the counties concerned, in order."""
    candidates = [sender.county_id] if sender.county_id is not None else sorted(sender.counties)
    if len(candidates) > 1:
        readable = [i.visit for i in items if i.read.visit is not None]
        of_elder = _elder_counties(session, candidates, readable)
        for item in items:
            found = None
            if item.read.visit is not None:
                found = of_elder.get(item.visit.elder_id) or of_elder.get(_tag_hash(item.visit))
            item.county_id = found or candidates[0]
    else:
        for item in items:
            item.county_id = candidates[0] if candidates else None
    if not candidates:
        for item in items:
            item.result = Result(item.result.id, "rejected", error="forbidden")
    return sorted({i.county_id for i in items if i.county_id is not None})


def _elder_counties(
    session: Session, counties: Sequence[int], visits: Sequence[wire.Visit]
) -> dict[uuid.UUID | str | None, int]:
    ids = [v.elder_id for v in visits if v.elder_id is not None]
    hashes = [h for v in visits if (h := _tag_hash(v))]
    found: dict[uuid.UUID | str | None, int] = {}
    elders = sa.select(Elder.id, Elder.county_id).where(Elder.county_id.in_(counties), Elder.id.in_(ids))
    found.update((elder_id, county) for elder_id, county in session.execute(elders))
    tags = sa.select(Tag.token_hash, Tag.county_id).where(Tag.county_id.in_(counties), Tag.token_hash.in_(hashes))
    found.update((digest, county) for digest, county in session.execute(tags))
    found.pop(None, None)
    return found


def _tag_hash(visit: wire.Visit) -> str | None:
    token = token_of(visit.tag)
    return token_hash(token) if token else None


def _receive_in(
    session: Session, county_id: int, sender: Sender, items: Sequence[_Item], vault: Vault, now: dt.datetime
) -> None:
    """Everything for the items of one county, without the commit."""
    readable = [i for i in items if i.read.visit is not None]
    tags = known_tags(session, county_id, {h for i in readable if (h := _tag_hash(i.visit))})
    named = {i.visit.elder_id for i in readable if i.visit.elder_id is not None}
    # Whoever sends the same visit at the same moment waits here, and then finds it known.
    elders = standing.locked(session, county_id, named | {tag.elder_id for tag in tags.values()})
    around = gather(session, county_id, sender.user_id, elders, tags)
    fresh = _drop_known(session, county_id, sender, readable, around, vault)
    _name_reused(session, county_id, [i for i in items if i.read.visit is None])
    refused = [i for i in items if i.result.status == "rejected"]
    if refused:
        session.add_all([_refusal(county_id, sender, i, vault, now) for i in refused])
    if not fresh:
        return
    known = policies.current(session, county_id)
    rows = _judge(session, county_id, sender, fresh, around, known, now)
    stored = _store(session, county_id, sender, rows, around, vault, now)
    outcomes.settle_new(session, county_id, stored, elders, known, now=now)
    for row in rows:
        result = row.item.result
        result.assurance = row.judged.assurance
        result.flags = [_flag(f.code, f.weight, f.figures) for f in row.judged.flags]
        result.photos_missing = row.item.visit.photos


def _flag(code: str, weight: float, figures: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": code, "weight": weight, "figures": dict(figures)}


# --- known already? ---------------------------------------------------------------------------------------------------


def _drop_known(
    session: Session, county_id: int, sender: Sender, items: Sequence[_Item], around: Around, vault: Vault
) -> list[_Item]:
    """Answer the items whose id is known (or stands twice in this batch); give back the others."""
    ids = {i.visit.id for i in items}
    stored = {row.id: row for row in session.execute(_KNOWN, {"county": county_id, "ids": sorted(ids)})}
    answers = _first_answers(session, county_id, list(stored)) if stored else {}
    got = _photos_there(session, county_id, list(stored)) if stored else {}
    fresh: dict[uuid.UUID, _Item] = {}
    again: list[tuple[_Item, _Item]] = []
    for item in items:
        visit = item.visit
        if (row := stored.get(visit.id)) is not None:
            if row.visitor_id != sender.user_id or not _same(session, county_id, item, row, around, vault):
                item.result = Result(str(visit.id), "rejected", error="id_reused")
                continue
            assurance, flags = answers.get(visit.id, (None, []))
            missing = [d for d in row.photo_digests or () if d not in got.get(visit.id, ())]
            item.result = Result(str(visit.id), "duplicate", assurance, flags, missing)
        elif (first := fresh.get(visit.id)) is not None:
            if wire.same_content(first.visit, visit):
                item.result = first.result  # one visit, one answer
                again.append((item, first))
            else:
                item.result = Result(str(visit.id), "rejected", error="id_reused")
        else:
            fresh[visit.id] = item
    return list(fresh.values())


def _name_reused(session: Session, county_id: int, items: Sequence[_Item]) -> None:
    """The id is looked up before anything else: what cannot be read under an accepted visit's id is other content."""
    named = [(i, read_uuid(i.raw.get("id"))) for i in items if isinstance(i.raw, dict)]
    if ids := {id_ for _, id_ in named if id_ is not None}:
        accepted = {row.id for row in session.execute(_KNOWN, {"county": county_id, "ids": sorted(ids)})}
        for item, id_ in named:
            if id_ in accepted:
                item.result = Result(str(id_), "rejected", error="id_reused")


def _same(
    session: Session, county_id: int, item: _Item, row: Any, around: Around, vault: Vault
) -> bool:
    """The same content, as the code that runs now reads both."""
    if row.content == content_digest(item.raw):
        return True
    elder = around.elders.get(row.elder_id)
    if elder is None and row.elder_id is not None:
        wrapped = session.scalar(
            sa.select(Elder.data_key).where(Elder.county_id == county_id, Elder.id == row.elder_id)
        )
    else:
        wrapped = elder.data_key if elder is not None else None
    clear = unseal(key_for(vault, county_id, row.elder_id, wrapped), "raw", row.id, row.raw)
    before = wire.read_visit(wire.loads(clear)) if clear is not None else None
    return before is not None and before.visit is not None and wire.same_content(before.visit, item.visit)


def content_digest(raw: Any) -> bytes:
    """A quick mark of an item as it came: equal marks, equal items (the contrary needs reading both)."""
    return hashlib.sha256(wire.raw_text(raw).encode()).digest()


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


# --- judging ----------------------------------------------------------------------------------------------------------


def _judge(
    session: Session, county_id: int, sender: Sender, items: Sequence[_Item], around: Around,
    known: Mapping[str, VisitPolicy], now: dt.datetime,
) -> list[_Row]:  # fmt: skip
    tz = zone()
    timed = [
        (item, around.elder_of(item.visit.elder_id, item.visit.tag),
         trusted_times(item.visit.started_at, item.visit.ended_at, item.visit.clock, now))
        for item in items
    ]  # fmt: skip
    home = [(i, e, t) for i, e, t in timed if i.visit.channel == "home"]
    others: list[OtherVisit] = []
    if home:
        starts = [t.start for _, _, t in home]
        others = earlier_visits(session, county_id, sender.user_id, min(starts), max(starts))
        others += [_as_other(i.visit, e, t) for i, e, t in home]
    timeline = Timeline(others)
    rows = []
    for item, elder, times in timed:
        visit = item.visit
        policy = known.get(elder.policy_id, UNIVERSAL) if elder is not None else UNIVERSAL
        day = local_date(times.start, tz)
        late = not arrived_on_time(day, now, tz)
        place = None
        if elder is not None and elder.lat is not None and elder.lon is not None:
            place = Home(elder.lat, elder.lon)
        evidence = evidence_of(
            visit, times, around.verdict(elder, visit.tag), place,
            faults=item.read.faults,
            elder_id=elder.id if elder is not None else None,
            elder_known=elder is not None,
            paired=elder is not None and around.allowed(elder, times.start, day),
            device_lost=sender.device_lost,
            late=late,
            others=timeline.around(visit.id, times.start) if visit.channel == "home" else (),
            stay_min_s=policy.stay_min_s,
            received_at=now,
            tag_home_m=around.tag_home_m(elder, visit.tag),
        )  # fmt: skip
        rows.append(_Row(item, elder, times, late, policy, evidence, judge(evidence)))
    return rows


def _as_other(visit: wire.Visit, elder: Standing | None, times: TrustedTimes) -> OtherVisit:
    point = None
    if elder is not None and elder.lat is not None and elder.lon is not None:
        point = (elder.lat, elder.lon)
    end = times.end or times.start + dt.timedelta(seconds=times.stay_s or 0)
    return OtherVisit(visit.id, elder.id if elder else None, times.start, end, point, proved=times.proved)


# --- storing ----------------------------------------------------------------------------------------------------------


def _store(
    session: Session, county_id: int, sender: Sender, rows: Sequence[_Row], around: Around, vault: Vault,
    now: dt.datetime,
) -> list[outcomes.Settling]:  # fmt: skip
    tz = zone()
    visits: list[dict[str, Any]] = []
    judgements, stored = [], []
    for row in rows:
        visit, elder, times, judged = row.item.visit, row.elder, row.times, row.judged
        elder_id = elder.id if elder is not None else None
        key = key_for(vault, county_id, elder_id, elder.data_key if elder else None)
        spoken_to = wire.spoken_to(visit)
        fact = VisitFact(
            visit.id, times.start, local_date(times.start, tz), visit.channel, visit.outcome, judged.assurance,
            None, not row.late, spoken_to,
        )  # fmt: skip
        flags = [_flag(f.code, f.weight, f.figures) for f in judged.flags]
        visits.append({
            "county_id": county_id, "id": visit.id, "elder_id": elder_id,
            "region_id": elder.region_id if elder is not None else around.home_region,
            "visitor_id": sender.user_id, "device_id": sender.device_id, "channel": visit.channel,
            "outcome": visit.outcome, "reason": visit.reason, "spoken_to": spoken_to,
            "urgent": None if visit.urgent is None else visit.urgent.kind or "other",
            "started_at": visit.started_at, "ended_at": visit.ended_at, "start": times.start, "stay_s": times.stay_s,
            "received_at": now, "late": row.late, "assurance": judged.assurance, "flags": flags, "decision": None,
            "counts": elder is not None and qualifies(fact, row.policy),
            "companion_ids": [str(c) for c in visit.companion_ids] or None,
            "photo_digests": list(visit.photos) or None,
            "content": content_digest(row.item.raw),
            "raw": seal(key, "raw", visit.id, wire.raw_text(row.item.raw).encode()),
        })  # fmt: skip
        judgements.append({
            "county_id": county_id, "id": uuid7(now), "visit_id": visit.id, "at": now,
            "rule_version": judged.rule_version, "policy_id": row.policy.id, "policy_version": row.policy.version,
            "assurance": judged.assurance, "flags": flags,
            "inputs": seal(key, "inputs", visit.id, json.dumps(write_evidence(row.evidence)).encode()),
        })  # fmt: skip
        settling = {name: visits[-1][name] for name in outcomes.Settling.__slots__}
        stored.append(outcomes.Settling(**settling))
    session.execute(_INSERT_VISITS, visits)
    session.execute(_INSERT_JUDGEMENTS, judgements)
    return stored


# --- what could not go in ---------------------------------------------------------------------------------------------


def _refusal(county_id: int | None, sender: Sender, item: _Item, vault: Vault, now: dt.datetime) -> Refusal:
    refusal_id = uuid7(now)
    clear = wire.raw_text(item.raw).encode()
    key = vault.county_key(county_id or 0)
    return Refusal(
        id=refusal_id, county_id=county_id, user_id=sender.user_id, device_id=sender.device_id,
        item_id=item.result.id, code=item.result.error or "validation", received_at=now,
        raw=key.seal("refused_items", "raw", refusal_id, clear),
    )  # fmt: skip


def _set_aside(session: Session, sender: Sender, raw: Any, vault: Vault, now: dt.datetime) -> Result:
    """An item that broke our own code: kept, answered, and written to the log with its trace."""
    log.exception("an item could not be taken in")
    item = _read(0, raw)
    item.result = Result(item.result.id, "rejected", error="server_error")
    session.add(_refusal(sender.county_id, sender, item, vault, now))
    session.commit()
    return item.result
