"""Deciding about visits: accept, reject, reopen, and the visitor's one reply. Nothing that was decided is changed; the
newest decision is what the visit's row shows.

What a decision does to duties, credits and alerts is `settle`'s, handed in by the edge (server/outcomes) and part of
the same transaction. Decisions about several visits are one transaction with one settling: what cannot be decided is
said visit by visit, and the others are decided.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Actor, Reach
from server.callbacks.service import took_part
from server.elders.model import ElderCard
from server.elders.vault import Vault
from server.language import Text
from server.notify import service as notify
from server.notify.service import Outgoing
from server.problems import Problem, problem
from server.regions.model import Region
from server.reviews import queries
from server.reviews.model import Review
from server.reviews.queries import Standing
from server.visits import queries as visits
from server.visits.grounds import GROUNDS
from server.visits.model import Visit
from server.visits.queries import said_in
from server.visits.sealing import Words, words_about
from shared.ids import uuid7

Settle = Callable[[Session, int, Collection[uuid.UUID]], None]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one visit of several: decided, unchanged (the same by the same person before), refused."""

    id: uuid.UUID
    status: str
    error: Problem | None = None


def review(
    session: Session, reach: Reach, visit_id: uuid.UUID, decision: str, reason: str, *, ground: str | None = None,
    vault: Vault, now: dt.datetime, settle: Settle,
) -> None:  # fmt: skip
    """Accept or reject a visit in reach. The same by the same person again changes nothing.

    403 `own_visit`: one's own, or as a companion; `other_reviewer`: the visitor answered one's own decision. 409
    `already_reviewed`: decided by another, or otherwise, and not reopened since. 422 for a ground of the other kind.
    """
    (decided,) = review_many(
        session, reach, [visit_id], decision, reason, ground=ground, vault=vault, now=now, settle=settle
    )
    if decided.error is not None:
        raise decided.error


def review_many(
    session: Session, reach: Reach, visit_ids: Sequence[uuid.UUID], decision: str, reason: str, *,
    ground: str | None = None, vault: Vault, now: dt.datetime, settle: Settle,
) -> list[Decided]:  # fmt: skip
    """The same decision about several visits, in the order asked; what is wrong with one never stops the others."""
    _check_ground(decision, ground)
    ids = list(dict.fromkeys(visit_ids))
    found = _locked_all(session, reach, ids)
    stands = queries.standings(session, list(found.values()))
    words = words_about(session, vault, [visit.elder_id for visit in found.values()])
    answers: list[Decided] = []
    decided: dict[int, list[tuple[Visit, Review]]] = defaultdict(list)
    for visit_id in ids:
        try:
            visit = found.get(visit_id)
            if visit is None:
                raise problem("not_found")
            made = _decide(session, reach, visit, stands[visit_id], decision, ground, reason, words, now)
            if made is not None:
                decided[visit.county_id].append((visit, made))
            answers.append(Decided(visit_id, "decided" if made is not None else "unchanged"))
        except Problem as wrong:
            answers.append(Decided(visit_id, "refused", wrong))
    session.flush()
    for county_id, some in sorted(decided.items()):
        settle(session, county_id, [visit.id for visit, _ in some])
        told = [t for visit, made in some for t in _messages(visit, f"visit_{decision}ed", [visit.visitor_id], made)]
        notify.enqueue(session, county_id, told, now=now)
    session.commit()
    return answers


def _decide(
    session: Session, reach: Reach, visit: Visit, stands: Standing, decision: str, ground: str | None, reason: str,
    words: Words, now: dt.datetime,
) -> Review | None:  # fmt: skip
    """Write the decision; None: it stood already. Raises before anything is written."""
    if took_part(visit, reach.user_id):
        raise problem("own_visit")
    if stands.decision is not None:
        if stands.reopened is None:
            if (stands.decision.decision, stands.decision.by) != (decision, reach.user_id):
                raise problem("already_reviewed")
            return None
        if must_be_another(session, visit, stands, reach.user_id, now):
            raise problem("other_reviewer")
    made = _add(session, visit, stands.newest, decision, reason, words, reach.user_id, now, ground)
    visit.decision = decision
    return made


def must_be_another(session: Session, visit: Visit, stands: Standing, user_id: uuid.UUID, now: dt.datetime) -> bool:
    """After the visitor's answer somebody else decides than who decided before; unless nobody else could."""
    if stands.reopened is None or stands.reopened.decision != "reply" or stands.decision is None:
        return False
    return stands.decision.by == user_id and bool(_others(session, visit, user_id, now))


def _others(session: Session, visit: Visit, but: uuid.UUID, now: dt.datetime) -> list[uuid.UUID]:
    """Who could decide about this visit beside `but`, the nearest to it first."""
    found = queries.reviewers_over(session, visit.county_id, visit.region_id, now.date())
    return [user_id for user_id in found if user_id != but and not took_part(visit, user_id)]


def reopen(
    session: Session, actor: Actor, reach: Reach, visit_id: uuid.UUID, reason: str, *, vault: Vault,
    now: dt.datetime, settle: Settle,
) -> None:  # fmt: skip
    """Take a decision back, so that it is taken anew: for a director above who took it; above a county's director
    stands the admin. 403 `forbidden` for others, 409 `not_reviewable` where nothing is decided."""
    visit = _locked(session, reach, visit_id)
    stands = queries.standing(session, visit.county_id, visit_id)
    if stands.decision is None:
        raise problem("not_reviewable")
    if stands.reopened is not None and stands.reopened.decision == "reopen":
        if stands.reopened.by != reach.user_id:
            raise problem("not_reviewable")
        session.commit()
        return
    code = session.scalar(sa.select(Region.code).where(Region.id == visit.region_id)) or 0
    mine = queries.rank(actor.grants, visit.county_id, code)
    theirs = queries.rank_of(session, visit.county_id, stands.decision.by, code, stands.decision.at.date())
    if mine <= theirs and mine < queries.ADMIN_RANK:
        raise problem("forbidden", detail=Text("只有上级可以撤回这个决定。", "Only a director above may reopen it."))
    words = words_about(session, vault, [visit.elder_id])
    made = _add(session, visit, stands.newest, "reopen", reason, words, reach.user_id, now)
    visit.decision = None
    session.flush()
    settle(session, visit.county_id, [visit_id])
    _tell(session, visit, "visit_reopened", [stands.decision.by], made, now)
    session.commit()


def reply(
    session: Session, reach: Reach, visit_id: uuid.UUID, reason: str, *, vault: Vault, now: dt.datetime, settle: Settle
) -> None:
    """The visitor's answer to a decision, once: somebody else then takes it anew. Until they do, a doubtful visit is
    undecided; one that would count by itself keeps its decision, for nobody restores their own visit.

    404 for anybody else's visit, 409 `not_reviewable` where nothing is decided, `already_replied`."""
    visit = _locked(session, Reach(reach.user_id, own=reach.own), visit_id)
    stands = queries.standing(session, visit.county_id, visit_id)
    words = words_about(session, vault, [visit.elder_id])
    if stands.reply is not None:
        if said_in(stands.reply, visit.elder_id, words) != reason:
            raise problem("already_replied")
        session.commit()
        return
    if stands.decision is None or stands.reopened is not None:
        raise problem("not_reviewable")
    made = _add(session, visit, stands.newest, "reply", reason, words, reach.user_id, now)
    if visit.assurance == "doubtful":
        visit.decision = None
    session.flush()
    settle(session, visit.county_id, [visit_id])
    others = _others(session, visit, stands.decision.by, now)[:TOLD]
    _tell(session, visit, "visit_replied", others or [stands.decision.by], made, now)
    session.commit()


TOLD = 5  # of those who could decide about an answered visit


def _check_ground(decision: str, ground: str | None) -> None:
    if ground is not None and ground not in GROUNDS.get(decision, {}):
        raise problem("validation", errors={"ground": [Text("没有这个依据", "There is no such ground.")]})


def _locked(session: Session, reach: Reach, visit_id: uuid.UUID) -> Visit:
    visit = _locked_all(session, reach, [visit_id]).get(visit_id)
    if visit is None:
        raise problem("not_found")
    return visit


def _locked_all(session: Session, reach: Reach, visit_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Visit]:
    """Those of the visits that the reach holds. Two who decide about one elder's visits wait for each other, in the
    order that everything else that touches them takes (server/outcomes)."""
    held = session.scalars(
        sa.select(Visit)
        .outerjoin(Region, Region.id == Visit.region_id)
        .where(Visit.id.in_(list(visit_ids)), visits.within(reach))
    ).all()
    if not held:
        return {}
    elder_ids = sorted({visit.elder_id for visit in held if visit.elder_id is not None})
    session.execute(
        sa.select(ElderCard.version)
        .where(
            ElderCard.county_id.in_(sorted({visit.county_id for visit in held})), ElderCard.elder_id.in_(elder_ids)
        )
        .order_by(ElderCard.county_id, ElderCard.elder_id)
        .with_for_update()
    )  # fmt: skip
    anew = session.scalars(
        sa.select(Visit)
        .where(Visit.id.in_([visit.id for visit in held]))
        .order_by(Visit.county_id, Visit.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {visit.id: visit for visit in anew}


def _add(
    session: Session, visit: Visit, last: dt.datetime | None, decision: str, reason: str, words: Words,
    user_id: uuid.UUID, now: dt.datetime, ground: str | None = None,
) -> Review:  # fmt: skip
    # what is said about one visit has an order, also within one tick of the clock
    at = now if last is None else max(now, last + dt.timedelta(microseconds=1))
    made_id = uuid7(at)
    sealed = words.seal(visit.county_id, visit.elder_id, "reviews", "reason", made_id, reason)
    made = Review(
        county_id=visit.county_id, id=made_id, visit_id=visit.id, decision=decision, ground=ground, reason=sealed,
        by=user_id, at=at,
    )  # fmt: skip
    session.add(made)
    audit.record(
        session, f"visit.{decision}", "visit", visit.id, now=now, actor_id=user_id, county_id=visit.county_id,
        details={"ground": ground} if ground else None,
    )  # fmt: skip
    return made


def _tell(session: Session, visit: Visit, code: str, to: Sequence[uuid.UUID], made: Review, now: dt.datetime) -> None:
    notify.enqueue(session, visit.county_id, _messages(visit, code, to, made), now=now)


def _messages(visit: Visit, code: str, to: Sequence[uuid.UUID], made: Review) -> list[Outgoing]:
    params = {"visit_id": str(visit.id), "elder_id": str(visit.elder_id) if visit.elder_id else None}
    return [Outgoing(f"review:{made.id}" + (f":{who}" if n else ""), who, code, params) for n, who in enumerate(to)]
