"""The month's call-backs: promised, drawn, called, answered. See shared/rules/sampling.py for the numbers.

A visit whose elder could not be reached, or was not sure, is no answer: a later round draws as many others, so that the
answers come to the size that bounds the share of false visits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Reach
from server.callbacks import callers, drawing, queries
from server.callbacks.callers import ToCall
from server.callbacks.drawing import Frame
from server.callbacks.model import (
    ANSWERED,
    FINAL,
    OUTCOMES,
    Callback,
    CallbackAnnouncement,
    CallbackAttempt,
    CallbackDraw,
    CallbackVillage,
)
from server.database import insert_into
from server.elders.vault import Vault
from server.homes import service as homes
from server.language import Text
from server.problems import problem
from server.visits.model import Visit
from server.visits.sealing import words_about
from shared.ids import uuid7
from shared.rules import sampling
from shared.rules.months import Month, local_date

MORE_ROUNDS = 4
Doubt = Callable[[Session, int, Collection[uuid.UUID]], None]


def announce(session: Session, county_id: int, month: Month, *, vault: Vault, now: dt.datetime) -> bool:
    """Promise the number of a month's draw by its digest; once. Composed: never commits. → whether it is new."""
    number, made_id = secrets.token_bytes(32), uuid7(now)
    row = {
        "county_id": county_id, "id": made_id, "month": month.first, "announced_at": now,
        "commitment": hashlib.sha256(number).digest(),
        "sealed": vault.county_key(county_id).seal("callback_announcements", "number", made_id, number),
    }  # fmt: skip
    insert = insert_into(session, CallbackAnnouncement).values(**row)
    made = insert.on_conflict_do_nothing(index_elements=["county_id", "month"]).returning(CallbackAnnouncement.id)
    return session.scalar(made) is not None


def draw(
    session: Session, county_id: int, month: Month, *, closing_digest: bytes, closed_at: dt.datetime, vault: Vault,
    now: dt.datetime, tz: dt.tzinfo,
) -> int:  # fmt: skip
    """Draw what is still to be drawn of a closed month: the first round once, later ones while answers are lacking and
    everybody drawn was called. Composed: never commits. → how many visits were drawn."""
    done = drawing.rounds(session, county_id, month)
    if not done:
        announce(session, county_id, month, vault=vault, now=now)  # nobody did before: the row says when it was
        frame = drawing.frame_of(session, county_id, month, closed_at, tz)
        wanted = sampling.size(drawing.count(frame))
        _open_villages(session, county_id, month, frame)
    else:
        frame, wanted = _rest(session, county_id, month, done)
        if not wanted:
            return 0
    number = _number(session, county_id, month, vault)
    round_ = len(done) + 1
    seed = drawing.seed_of(county_id, month, closing_digest, number, round_)
    drawn = [uuid.UUID(visit) for visit in sampling.draw(frame, wanted, seed)]
    session.add(
        CallbackDraw(
            county_id=county_id, month=month.first, round=round_, drawn_at=now, closing_digest=closing_digest,
            number=number, seed=seed, population=drawing.count(frame), size=wanted,
            frame=drawing.packed(frame) if round_ == 1 else None, frame_digest=drawing.digest(frame),
        )
    )  # fmt: skip
    _assign_drawn(session, county_id, month, round_, drawn, now, tz)
    audit.record(
        session, "callback.draw", "month", None, now=now, actor_id=None, county_id=county_id,
        details={"month": str(month), "round": round_, "size": len(drawn), "seed": seed.hex()},
    )  # fmt: skip
    session.flush()
    return len(drawn)


def _rest(
    session: Session, county_id: int, month: Month, done: Sequence[CallbackDraw]
) -> tuple[Frame, int]:
    """What a further round draws from, and how many; none while calls are open, or when answers are enough."""
    found = session.execute(
        sa.select(Callback.visit_id, Callback.outcome).where(
            Callback.county_id == county_id, Callback.month == month.first
        )
    ).all()
    answered = sum(outcome in ANSWERED for _, outcome in found)
    lacking = done[0].size - answered
    if lacking <= 0 or len(done) > MORE_ROUNDS or any(outcome is None for _, outcome in found):
        return {}, 0
    assert done[0].frame is not None
    frame = drawing.without(drawing.unpacked(done[0].frame), [str(visit_id) for visit_id, _ in found])
    return frame, min(lacking, drawing.count(frame))


def _number(session: Session, county_id: int, month: Month, vault: Vault) -> bytes:
    row = session.scalars(
        sa.select(CallbackAnnouncement).where(
            CallbackAnnouncement.county_id == county_id, CallbackAnnouncement.month == month.first
        )
    ).one()
    key = vault.county_keys(county_id)[row.sealed[1:5]]
    return key.open_bytes("callback_announcements", "number", row.id, row.sealed)


def _open_villages(session: Session, county_id: int, month: Month, frame: Frame) -> None:
    rows = [
        {"county_id": county_id, "month": month.first, "region_id": region,
         "population": sum(map(len, visitors.values())), "drawn": 0, **dict.fromkeys(OUTCOMES, 0)}
        for region, visitors in frame.items()
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(CallbackVillage), rows)


def _assign_drawn(
    session: Session, county_id: int, month: Month, round_: int, drawn: Sequence[uuid.UUID], now: dt.datetime,
    tz: dt.tzinfo,
) -> None:  # fmt: skip
    if not drawn:
        return
    found = session.execute(
        sa.select(Visit.id, Visit.elder_id, Visit.visitor_id, Visit.region_id, Visit.companion_ids).where(
            Visit.county_id == county_id, Visit.id.in_(drawn)
        )
    ).all()
    calls = [
        ToCall(v.id, v.elder_id, v.region_id, frozenset({v.visitor_id, *map(uuid.UUID, v.companion_ids or ())}))
        for v in found
    ]
    busy = Counter(
        session.scalars(
            sa.select(Callback.assigned_to).where(
                Callback.county_id == county_id, Callback.outcome.is_(None), Callback.assigned_to.is_not(None)
            )
        )
    )
    chosen = callers.choose(session, county_id, calls, busy, local_date(now, tz), now)  # type: ignore[arg-type]
    session.execute(
        sa.insert(Callback),
        [
            {"county_id": county_id, "id": uuid7(now), "month": month.first, "round": round_, "visit_id": v.id,
             "elder_id": v.elder_id, "visitor_id": v.visitor_id, "region_id": v.region_id,
             "assigned_to": chosen[v.id], "outcome": None}
            for v in found
        ],
    )  # fmt: skip
    for region, n in Counter(v.region_id for v in found).items():
        _add(session, county_id, month.first, region, drawn=n)


def record(
    session: Session, reach: Reach, callback_id: uuid.UUID, outcome: str, note: str, *, at_home: bool | None = None,
    vault: Vault, now: dt.datetime, doubt: Doubt,
) -> Callback:  # fmt: skip
    """What came of a call. Who was not reached may be called again; anything else is said once. `at_home`: a visit
    that the elder confirms took place in their home, so that a place which its reading proposes is theirs.

    404 out of reach, 403 `own_visit` for who visited or came along, 409 `already_recorded`. A visit that the elder does
    not confirm is handed to `doubt`: a director looks at it. Nothing about the visit itself changes."""
    row = _locked(session, reach, callback_id)
    visit = session.get_one(Visit, (row.county_id, row.visit_id))
    if took_part(visit, reach.user_id):
        raise problem("own_visit")
    if row.outcome in FINAL:
        if (row.outcome, row.outcome_by) != (outcome, reach.user_id):
            raise problem("already_recorded")
        session.commit()
        return row
    at_home = at_home if outcome == "confirmed" else None
    note_outcome(session, row, outcome, note, at_home=at_home, by=reach.user_id, vault=vault, now=now)
    session.flush()
    if at_home:
        homes.confirm(
            session, row.county_id, row.elder_id, row.visit_id, by=reach.user_id, callback_id=row.id, vault=vault,
            now=now,
        )  # fmt: skip
    if outcome == "not_confirmed":
        doubt(session, row.county_id, [row.visit_id])
    session.commit()
    return row


def note_outcome(
    session: Session, row: Callback, outcome: str, note: str, *, at_home: bool | None = None, by: uuid.UUID,
    vault: Vault, now: dt.datetime,
) -> None:  # fmt: skip
    """Write an attempt and what it makes of the call and its village's figures. Composed: never commits."""
    made_id = uuid7(now)
    sealed = None
    if note:
        words = words_about(session, vault, [row.elder_id])
        sealed = words.seal(row.county_id, row.elder_id, "callback_attempts", "note", made_id, note)
    session.add(
        CallbackAttempt(
            county_id=row.county_id, id=made_id, callback_id=row.id, outcome=outcome, note=sealed,
            at_home=at_home, by=by, at=now,
        )
    )
    if row.outcome != outcome:
        changed = {outcome: 1, **({row.outcome: -1} if row.outcome else {})}
        _add(session, row.county_id, row.month, row.region_id, **changed)
    row.outcome, row.outcome_by, row.outcome_at = outcome, by, now
    audit.record(
        session, f"callback.{outcome}", "callback", row.id, now=now, actor_id=by, county_id=row.county_id,
        details={"visit_id": str(row.visit_id)},
    )  # fmt: skip


def assign(
    session: Session, reach: Reach, callback_id: uuid.UUID, user_id: uuid.UUID, *, now: dt.datetime, tz: dt.tzinfo
) -> Callback:
    """Hand a call to somebody else of the region. 422 for who may not call there, or took part in the visit."""
    row = _locked(session, Reach(reach.user_id, reach.areas), callback_id)
    visit = session.get_one(Visit, (row.county_id, row.visit_id))
    able = callers.able(session, row.county_id, row.region_id, local_date(now, tz))
    if took_part(visit, user_id) or user_id not in able:
        words = Text("须是本地工作人员，且没有参与这次探访", "Staff of the region who took no part in the visit.")
        raise problem("validation", errors={"user_id": [words]})
    if row.assigned_to != user_id:
        row.assigned_to = user_id
        audit.record(
            session, "callback.assign", "callback", row.id, now=now, actor_id=reach.user_id, county_id=row.county_id,
            details={"to": str(user_id)},
        )  # fmt: skip
    session.commit()
    return row


def took_part(visit: Visit, user_id: uuid.UUID) -> bool:
    """Who visited, or came along."""
    return visit.visitor_id == user_id or str(user_id) in (visit.companion_ids or ())


def _locked(session: Session, reach: Reach, callback_id: uuid.UUID) -> Callback:
    row = queries.find(session, reach, callback_id)
    if row is None:
        raise problem("not_found")
    session.refresh(row, with_for_update=True)
    return row


def _add(session: Session, county_id: int, month: dt.date, region_id: int, **changes: int) -> None:
    session.execute(
        sa.update(CallbackVillage)
        .where(
            CallbackVillage.county_id == county_id, CallbackVillage.month == month,
            CallbackVillage.region_id == region_id,
        )
        .values({name: getattr(CallbackVillage, name) + n for name, n in changes.items()})
        .execution_options(synchronize_session=False)
    )  # fmt: skip
