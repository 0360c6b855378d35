"""Judging again: what arrives within seven days may change how a visit stands (DOMAIN, Presence).

An outing is judged visit by visit as its visits arrive; the last of them, a home's learnt place, the same photo
elsewhere may show the first in another light. Histories say when they changed (`changed_at`); once an hour the visits
of the last seven days that they concern are judged anew from what their last judgement looked at and from what
histories know now. A judgement that comes out otherwise is added beside the old one, and its consequences follow.
What a person has decided stays decided. Afterwards the homes concerned say whether the register should be corrected
(`server/homes`).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import outcomes
from server.database import UtcDateTime
from server.elders.model import Elder, ElderCard
from server.elders.vault import Vault
from server.homes import service as homes
from server.prepared import trip
from server.visits import histories
from server.visits.histories import Histories
from server.visits.model import History, Judgement, Visit
from server.visits.sealing import key_for, seal, unseal
from shared.ids import uuid7
from shared.rules.inputs import read_evidence, write_evidence
from shared.rules.policy import HOME
from shared.rules.remembering import Remembered, id_mark, judge_outing

REVISED_FOR = dt.timedelta(days=7)
AT_ONCE = 50
"""Visitors whose visits are judged again together."""
CHANGES = 2000
"""Histories looked at in one run; the rest waits for the next."""


_H = cast(sa.Table, History.__table__)
_SEEN = (
    sa.update(_H)
    .where(_H.c.county_id == sa.bindparam("c"), _H.c.id == sa.bindparam("i"))
    .values(revised_at=sa.bindparam("at", type_=UtcDateTime()))  # what came meanwhile waits for the next run
)


def rejudge(session: Session, county_id: int, *, vault: Vault, now: dt.datetime) -> dict[str, int]:
    """Judge again what changed histories concern. → {"visitors", "judged", "revised"}. Twice changes nothing."""
    changed = session.execute(
        sa.select(History.id, History.kind, History.changed_at)
        .where(
            History.county_id == county_id, History.changed_at > now - REVISED_FOR,
            sa.or_(History.revised_at.is_(None), History.revised_at < History.changed_at),
        )
        .order_by(History.changed_at)
        .limit(CHANGES)
    ).all()  # fmt: skip
    homes.let_go(session, county_id, now)
    visitors = sorted(_concerned(session, county_id, changed, now))
    judged = revised = 0
    visited = {row.id for row in changed if row.kind == "home"}
    for at in range(0, len(visitors), AT_ONCE):
        looked_at, written = _judge_again(session, county_id, visitors[at : at + AT_ONCE], vault, now, visited)
        judged, revised = judged + looked_at, revised + written
    homes.gather(session, county_id, visited, vault=vault, now=now)
    if changed:
        session.connection().execute(_SEEN, [{"c": county_id, "i": row.id, "at": row.changed_at} for row in changed])
    return {"visitors": len(visitors), "judged": judged, "revised": revised}


def _concerned(session: Session, county_id: int, changed: Sequence[Any], now: dt.datetime) -> set[uuid.UUID]:
    """The visitors whose visits of the last days these histories concern."""
    visitors = {row.id for row in changed if row.kind == "visitor"}
    homes = [row.id for row in changed if row.kind == "home"]
    if homes:
        visitors.update(session.scalars(
            sa.select(Visit.visitor_id).distinct().where(
                Visit.county_id == county_id, Visit.elder_id.in_(homes), Visit.received_at > now - REVISED_FOR,
                Visit.start > now - 2 * REVISED_FOR,
            )
        ))  # fmt: skip
    photos = {row.id for row in changed if row.kind == "photo"}
    if photos:
        found = session.execute(
            sa.select(Visit.visitor_id, Visit.photo_digests).where(
                Visit.county_id == county_id, Visit.received_at > now - REVISED_FOR,
                Visit.start > now - 2 * REVISED_FOR, Visit.photo_digests.is_not(None),
            )
        )  # fmt: skip
        visitors.update(
            visitor for visitor, digests in found
            if any(histories.photo_id(digest) in photos for digest in digests or ())
        )  # fmt: skip
    return visitors


def _judge_again(
    session: Session, county_id: int, visitors: Collection[uuid.UUID], vault: Vault, now: dt.datetime,
    visited: set[uuid.UUID],
) -> tuple[int, int]:  # fmt: skip
    """(judged, revised); `visited` is told whose homes it was about. A constant number of queries."""
    found = session.execute(
        sa.select(
            Visit.id, Visit.elder_id, Visit.visitor_id, Visit.device_id, Visit.assurance, Visit.flags, Visit.decision,
            Visit.received_at, Visit.photo_digests, Elder.lat, Elder.lon, Elder.data_key,
            Elder.consent_position,
        )
        .outerjoin(Elder, sa.and_(Elder.county_id == Visit.county_id, Elder.id == Visit.elder_id))
        .where(
            Visit.county_id == county_id, Visit.visitor_id.in_(visitors), Visit.channel == HOME,
            Visit.received_at > now - REVISED_FOR,
        )
    ).all()  # fmt: skip
    if not found:
        return 0, 0
    # Cards first, histories after: the order in which a visit on its way in takes them.
    elders = sorted({row.elder_id for row in found if row.elder_id is not None})
    visited.update(elders)
    session.execute(
        sa.select(ElderCard.elder_id)
        .where(ElderCard.county_id == county_id, ElderCard.elder_id.in_(elders))
        .order_by(ElderCard.elder_id)
        .with_for_update()
    ).all()
    past = histories.read(
        session, county_id, vault,
        {
            row.elder_id: None if row.consent_position is False else row.data_key
            for row in found if row.elder_id is not None
        },
        visitors, {row.device_id for row in found if row.device_id is not None},
        {digest for row in found for digest in row.photo_digests or ()},
    )  # fmt: skip
    latest = _latest(session, county_id, [row.id for row in found])
    rows = {row.id.bytes: row for row in found}
    outings: dict[tuple[int, int], list[Remembered]] = defaultdict(list)
    for row in found:
        remembered = _remembered(county_id, row, latest.get(row.id), past, vault)
        if remembered is not None:
            outings[remembered.trace.visitor, remembered.trace.day].append(remembered)
    revised: list[uuid.UUID] = []
    for outing in outings.values():
        judge_outing(past.memory, outing)
        for each in outing:
            row = rows[each.trace.id]
            if row.decision is None and _append(session, county_id, row, latest[row.id], each, vault, now):
                revised.append(row.id)
    with trip(session) as out:
        histories.write(out, past.rewritten([each for outing in outings.values() for each in outing], now))
    session.flush()
    outcomes.settle_visits(session, county_id, revised, now=now)
    return sum(map(len, outings.values())), len(revised)


def _latest(session: Session, county_id: int, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Judgement]:
    rows = session.scalars(
        sa.select(Judgement)
        .where(Judgement.county_id == county_id, Judgement.visit_id.in_(ids))
        .order_by(Judgement.id)
    )
    return {row.visit_id: row for row in rows}


def _remembered(
    county_id: int, row: Any, judgement: Judgement | None, past: Histories, vault: Vault
) -> Remembered | None:
    """The visit as its last judgement looked at it; None where that cannot be read, or history has forgotten it."""
    visitor = past.memory.visitors.get(id_mark(row.visitor_id))
    trace = visitor.traces.get(row.id.bytes) if visitor is not None else None
    if judgement is None or trace is None:
        return None
    inputs = unseal(key_for(vault, county_id, row.elder_id, row.data_key), "inputs", row.id, judgement.inputs)
    if inputs is None:
        return None
    evidence = read_evidence(json.loads(inputs))
    registered = None if row.lat is None or row.lon is None else (row.lat, row.lon)
    photos = [histories.photo_id(digest).hex for digest in row.photo_digests or ()]
    learns = row.consent_position is not False
    return Remembered(evidence, registered, trace, photos, evidence.others, learns=learns)


def _append(
    session: Session, county_id: int, row: Any, before: Judgement, visit: Remembered, vault: Vault, now: dt.datetime
) -> bool:
    """Add the new judgement where it says something else."""
    judged = visit.judged
    assert judged is not None
    codes = sorted(flag["code"] for flag in row.flags)
    if judged.assurance == row.assurance and sorted(judged.codes) == codes:
        return False
    flags = [{"code": f.code, "weight": f.weight, "figures": dict(f.figures)} for f in judged.flags]
    key = key_for(vault, county_id, row.elder_id, row.data_key)
    session.add(
        Judgement(
            county_id=county_id, id=uuid7(now), visit_id=row.id, at=now, rule_version=judged.rule_version,
            policy_id=before.policy_id, policy_version=before.policy_version, assurance=judged.assurance, flags=flags,
            inputs=seal(key, "inputs", row.id, json.dumps(write_evidence(visit.evidence)).encode()),
        )
    )  # fmt: skip
    session.execute(
        sa.update(Visit)
        .where(Visit.county_id == county_id, Visit.id == row.id)
        .values(assurance=judged.assurance, flags=flags)
        .execution_options(synchronize_session=False)
    )
    return True
