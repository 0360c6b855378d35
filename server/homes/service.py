"""Proposed places of homes: gathered from histories once an hour, accepted or declined by people.

Accepting corrects the registered position; declining tells the home's history that this place was refused, so that one
visitor's readings there excuse nobody any longer. Both let the visits of the last days be judged again (`rejudge`).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Reach
from server.database import insert_into
from server.elders import service as register
from server.elders.model import Elder, ElderCard
from server.elders.vault import Vault, VaultError
from server.homes import queries
from server.homes.model import ACCEPTED, DECLINED, GONE, OPEN, HomeDecision, HomeProposal
from server.language import Text
from server.problems import problem
from server.visits import histories
from server.visits.model import History, Visit
from shared.geo import flat_m
from shared.ids import uuid7
from shared.rules.homes import TEACHES_BELOW_M, TOGETHER_M, HomeHistory, Place, proposal
from shared.rules.packing import pack_home, unpack_home

PLACES = 4
"""Decimals of a corrected position: some ten metres, as sure as an average of phones' readings is."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Home:
    """An elder's registered position and what was learnt of the home."""

    elder: Any
    history: HomeHistory


def gather(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], *, vault: Vault, now: dt.datetime
) -> dict[str, int]:
    """Bring the open proposals of these elders up to what their homes' histories say. Composed: never commits.
    → {"proposed", "gone"}. Twice changes nothing; the number of statements does not grow with the elders (by 500)."""
    told = {"proposed": 0, "gone": 0}
    ids = sorted(elder_ids)
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        known = {
            row.elder_id: row
            for row in session.scalars(
                sa.select(HomeProposal).where(
                    HomeProposal.county_id == county_id, HomeProposal.elder_id.in_(some), HomeProposal.state == OPEN
                )
            )
        }
        fresh = []
        for home in _homes(session, county_id, some, vault):
            elder, row = home.elder, known.pop(home.elder.id, None)
            said = _said(home)
            if said is None:
                if row is not None:
                    row.state, row.changed_at = GONE, now
                    told["gone"] += 1
                continue
            place, place_told = said
            key = vault.elder_key(county_id, elder.id, elder.data_key)
            if row is None:
                row_id = uuid7(now)
                fresh.append({
                    "county_id": county_id, "id": row_id, "elder_id": elder.id, "found_at": now, "changed_at": now,
                    "several": place.moves, "days": place.days, "readings": place.readings, "state": OPEN,
                    "place": key.seal(queries.PROPOSALS, "place", row_id, place_told),
                })  # fmt: skip
            elif key.open("home_proposals", "place", row.id, row.place) != place_told:
                row.several, row.days, row.readings, row.changed_at = place.moves, place.days, place.readings, now
                row.place = key.seal(queries.PROPOSALS, "place", row.id, place_told)
        for row in known.values():  # erased, or refused: nothing is learnt of them any more
            row.state, row.changed_at = GONE, now
            told["gone"] += 1
        if fresh:
            insert = insert_into(session, HomeProposal).values(fresh)
            session.execute(insert.on_conflict_do_nothing(
                index_elements=["county_id", "elder_id"], index_where=sa.text("state = 'open'")
            ))  # fmt: skip
            told["proposed"] += len(fresh)
        session.flush()
    return told


def decide(
    session: Session, reach: Reach, proposal_id: uuid.UUID, decision: str, reason: str, *, vault: Vault,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Correct the register by a proposal, or decline it (with a reason). The same by the same person again changes
    nothing. 404 out of reach, 403 `own_visit` where one's own readings are among those that propose it, 409
    `already_reviewed`, `not_reviewable` where the readings say so no longer."""
    row = queries.find(session, reach, proposal_id)
    if row is None:
        raise problem("not_found")
    _lock(session, row)
    if row.state in (ACCEPTED, DECLINED):
        before = session.scalars(
            sa.select(HomeDecision).where(
                HomeDecision.county_id == row.county_id, HomeDecision.proposal_id == row.id
            )
        ).one()  # fmt: skip
        if (before.decision, before.by) != (decision, reach.user_id):
            raise problem("already_reviewed")
        session.commit()
        return
    if decision == "decline" and not reason:
        raise problem("validation", errors={"reason": [Text("请写明原因", "Say why.")]})
    elder = session.get_one(Elder, (row.county_id, row.elder_id))
    place = queries.place_of(vault, row, elder.data_key)
    if row.state != OPEN or place is None:
        raise problem("not_reviewable")
    if _taught(session, row.county_id, place, reach.user_id):
        raise problem("own_visit")
    _settle(session, row, elder, place, decision, reason, by=reach.user_id, callback_id=None, vault=vault, now=now)
    session.commit()


def confirm(
    session: Session, county_id: int, elder_id: uuid.UUID, visit_id: uuid.UUID, *, by: uuid.UUID,
    callback_id: uuid.UUID, vault: Vault, now: dt.datetime,
) -> bool:  # fmt: skip
    """The elder said in a call that this visit took place in their home: a proposal that rests on it is accepted.
    Composed: never commits. → whether there was one."""
    row = open_for(session, county_id, elder_id, visit_id, vault=vault)
    if row is None:
        return False
    _lock(session, row)
    elder = session.get_one(Elder, (county_id, elder_id))
    place = queries.place_of(vault, row, elder.data_key)
    if row.state != OPEN or place is None:
        return False
    _settle(session, row, elder, place, "accept", "", by=by, callback_id=callback_id, vault=vault, now=now)
    return True


def open_for(
    session: Session, county_id: int, elder_id: uuid.UUID, visit_id: uuid.UUID, *, vault: Vault
) -> HomeProposal | None:
    """The open proposal about this elder's home, if a reading of this visit is among those that propose it."""
    found = session.execute(
        sa.select(HomeProposal, Elder.data_key)
        .join(Elder, sa.and_(Elder.county_id == HomeProposal.county_id, Elder.id == HomeProposal.elder_id))
        .where(
            HomeProposal.county_id == county_id, HomeProposal.elder_id == elder_id, HomeProposal.state == OPEN
        )
    ).first()  # fmt: skip
    if found is None:
        return None
    row, wrapped = found
    place = queries.place_of(vault, row, wrapped)
    rests = place is not None and any(reading[0] == visit_id.hex for reading in place["readings"])
    return row if rests else None


def let_go(session: Session, county_id: int, now: dt.datetime) -> int:
    """Who refused that positions are kept: forget what was learnt of the home. Composed. → how many were forgotten."""
    refused = sa.select(Elder.id).where(Elder.county_id == county_id, Elder.consent_position.is_(False))
    session.execute(
        sa.update(HomeProposal)
        .where(HomeProposal.county_id == county_id, HomeProposal.elder_id.in_(refused), HomeProposal.state == OPEN)
        .values(state=GONE, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    gone = session.execute(
        sa.delete(History)
        .where(History.county_id == county_id, History.kind == "home", History.id.in_(refused))
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _homes(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], vault: Vault
) -> list[_Home]:
    """Those of these homes of which something may be learnt. One query."""
    rows = session.execute(
        sa.select(Elder.id, Elder.lat, Elder.lon, Elder.data_key, History.data)
        .join(History, sa.and_(History.county_id == Elder.county_id, History.id == Elder.id, History.kind == "home"))
        .where(
            Elder.county_id == county_id, Elder.id.in_(list(elder_ids)), Elder.data_key.is_not(None),
            Elder.left_on.is_(None), Elder.consent_position.is_not(False),
        )
    ).all()  # fmt: skip
    found = []
    for row in rows:
        try:
            key = vault.elder_key(county_id, row.id, row.data_key)
            clear = key.open_bytes(histories.TABLE, histories.COLUMN, row.id, row.data)
        except VaultError:
            continue
        found.append(_Home(row, unpack_home(clear)))
    return found


def _said(home: _Home) -> tuple[Place, str] | None:
    """What a home's history proposes against the register, and the same as it is kept."""
    elder = home.elder
    registered = None if elder.lat is None or elder.lon is None else (elder.lat, elder.lon)
    found = proposal(home.history, registered)
    if found is None:
        return None
    place, _ = found
    near = [
        [s.visit.hex(), round(s.lat, 6), round(s.lon, 6), round(s.accuracy_m)]
        for s in home.history.seen
        if flat_m((s.lat, s.lon), place.point) <= TOGETHER_M + min(s.accuracy_m, TEACHES_BELOW_M)
    ]
    told = {"lat": round(place.lat, 6), "lon": round(place.lon, 6), "spread_m": round(place.spread_m), "readings": near}
    return place, json.dumps(told, separators=(",", ":"))


def _lock(session: Session, row: HomeProposal) -> None:
    """Cards first, as everything that changes an elder does."""
    session.execute(
        sa.select(ElderCard.version)
        .where(ElderCard.county_id == row.county_id, ElderCard.elder_id == row.elder_id)
        .with_for_update()
    )
    session.refresh(row, with_for_update=True)


def _taught(session: Session, county_id: int, place: Mapping[str, Any], user_id: uuid.UUID) -> bool:
    """Is one of the readings this person's?"""
    ids = [uuid.UUID(reading[0]) for reading in place["readings"]]
    return session.scalar(
        sa.select(Visit.id).where(Visit.county_id == county_id, Visit.id.in_(ids), Visit.visitor_id == user_id).limit(1)
    ) is not None  # fmt: skip


def _settle(
    session: Session, row: HomeProposal, elder: Elder, place: Mapping[str, Any], decision: str, reason: str, *,
    by: uuid.UUID, callback_id: uuid.UUID | None, vault: Vault, now: dt.datetime,
) -> None:  # fmt: skip
    key = vault.elder_key(elder.county_id, elder.id, elder.data_key)
    before = None if elder.lat is None or elder.lon is None else [elder.lat, elder.lon]
    after, made_id = before, uuid7(now)
    if decision == "accept":
        after = [round(place["lat"], PLACES), round(place["lon"], PLACES)]
        register.move_home(session, elder, after[0], after[1], now=now, actor_id=by)
        _judge_again(session, row, now)
    else:
        _refuse(session, row, (place["lat"], place["lon"]), elder, vault, now)
    row.state, row.changed_at = (ACCEPTED if decision == "accept" else DECLINED), now
    told = json.dumps({"reason": reason, "before": before, "after": after}, ensure_ascii=False)
    session.add(
        HomeDecision(
            county_id=row.county_id, id=made_id, proposal_id=row.id, decision=decision, by=by, at=now,
            callback_id=callback_id, told=key.seal(queries.DECISIONS, "told", made_id, told),
        )
    )  # fmt: skip
    audit.record(
        session, f"home.{decision}", "elder", elder.id, now=now, actor_id=by, county_id=elder.county_id,
        details={"proposal_id": str(row.id), **({"callback_id": str(callback_id)} if callback_id else {})},
    )  # fmt: skip
    session.flush()


def _judge_again(session: Session, row: HomeProposal, now: dt.datetime, **values: Any) -> None:
    session.execute(
        sa.update(History)
        .where(History.county_id == row.county_id, History.id == row.elder_id, History.kind == "home")
        .values(changed_at=now, **values)
        .execution_options(synchronize_session=False)
    )


def _refuse(
    session: Session, row: HomeProposal, at: tuple[float, float], elder: Elder, vault: Vault, now: dt.datetime
) -> None:
    """Write the refused place into the home's history, under its lock."""
    sealed = session.scalar(
        sa.select(History.data)
        .where(History.county_id == row.county_id, History.id == row.elder_id, History.kind == "home")
        .with_for_update()
    )
    if sealed is None:
        return
    key = vault.elder_key(elder.county_id, elder.id, elder.data_key)
    try:
        history = unpack_home(key.open_bytes(histories.TABLE, histories.COLUMN, elder.id, sealed))
    except VaultError:
        return
    history.refuse(at)
    data = key.seal(histories.TABLE, histories.COLUMN, elder.id, pack_home(history))
    _judge_again(session, row, now, data=data)
