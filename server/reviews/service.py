"""Deciding about visits: accept, reject, reopen, and the visitor's one reply. Nothing that was decided is changed; the
newest decision is what the visit's row shows.

What a decision does to duties, credits and alerts is `settle`'s, handed in by the edge (server/outcomes.py) and part of
the same transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Actor, Reach
from server.elders.model import ElderCard
from server.language import Text
from server.notify import service as notify
from server.notify.service import Outgoing
from server.problems import problem
from server.regions.model import Region
from server.reviews import queries
from server.reviews.model import Review
from server.visits import queries as visits
from server.visits.model import Visit
from shared.ids import uuid7

Settle = Callable[[Session, int, Collection[uuid.UUID]], None]


def review(
    session: Session, reach: Reach, visit_id: uuid.UUID, decision: str, reason: str, *, now: dt.datetime,
    settle: Settle,
) -> None:  # fmt: skip
    """Accept or reject a visit in reach. The same by the same person again changes nothing.

    403 `own_visit`: one's own, or as a companion. 409 `already_reviewed`: decided by another, or otherwise, and not
    reopened since.
    """
    visit = _locked(session, reach, visit_id)
    if visit.visitor_id == reach.user_id or str(reach.user_id) in (visit.companion_ids or ()):
        raise problem("own_visit")
    stands = queries.standing(session, visit.county_id, visit_id)
    if stands.decision is not None and stands.reopened is None:
        if (stands.decision.decision, stands.decision.by) != (decision, reach.user_id):
            raise problem("already_reviewed")
        session.commit()
        return
    made = _add(session, visit, decision, reason, reach.user_id, now)
    visit.decision = decision
    session.flush()
    settle(session, visit.county_id, [visit_id])
    _tell(session, visit, f"visit_{decision}ed", visit.visitor_id, made.id, now)
    session.commit()


def reopen(
    session: Session, actor: Actor, reach: Reach, visit_id: uuid.UUID, reason: str, *, now: dt.datetime,
    settle: Settle,
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
    made = _add(session, visit, "reopen", reason, reach.user_id, now)
    visit.decision = None
    session.flush()
    settle(session, visit.county_id, [visit_id])
    _tell(session, visit, "visit_reopened", stands.decision.by, made.id, now)
    session.commit()


def reply(
    session: Session, reach: Reach, visit_id: uuid.UUID, words: str, *, now: dt.datetime, settle: Settle
) -> None:
    """The visitor's answer to a decision, once: it may then be taken anew. Until it is, a doubtful visit is undecided;
    one that would count by itself keeps its decision, for nobody restores their own visit.

    404 for anybody else's visit, 409 `not_reviewable` where nothing is decided, `already_replied`."""
    visit = _locked(session, Reach(reach.user_id, own=reach.own), visit_id)
    stands = queries.standing(session, visit.county_id, visit_id)
    if stands.reply is not None:
        if stands.reply.reason != words:
            raise problem("already_replied")
        session.commit()
        return
    if stands.decision is None or stands.reopened is not None:
        raise problem("not_reviewable")
    made = _add(session, visit, "reply", words, reach.user_id, now)
    if visit.assurance == "doubtful":
        visit.decision = None
    session.flush()
    settle(session, visit.county_id, [visit_id])
    _tell(session, visit, "visit_replied", stands.decision.by, made.id, now)
    session.commit()


def _locked(session: Session, reach: Reach, visit_id: uuid.UUID) -> Visit:
    """The visit, if the reach holds it, else 404. Two who decide about one elder's visits wait for each other, in the
    order that everything else that touches them takes (server/outcomes.py)."""
    visit = visits.found(session, reach, visit_id)
    if visit is None:
        raise problem("not_found")
    session.execute(
        sa.select(ElderCard.version)
        .where(ElderCard.county_id == visit.county_id, ElderCard.elder_id == visit.elder_id)
        .with_for_update()
    )
    session.refresh(visit, with_for_update=True)
    return visit


def _add(
    session: Session, visit: Visit, decision: str, reason: str, user_id: uuid.UUID, now: dt.datetime
) -> Review:
    # what is said about one visit has an order, also within one tick of the clock
    last = session.scalar(
        sa.select(sa.func.max(Review.at)).where(Review.county_id == visit.county_id, Review.visit_id == visit.id)
    )
    at = now if last is None else max(now, last + dt.timedelta(microseconds=1))
    made = Review(
        county_id=visit.county_id, id=uuid7(at), visit_id=visit.id, decision=decision, reason=reason, by=user_id, at=at
    )
    session.add(made)
    audit.record(
        session, f"visit.{decision}", "visit", visit.id, now=now, actor_id=user_id, county_id=visit.county_id
    )
    return made


def _tell(
    session: Session, visit: Visit, code: str, to: uuid.UUID, about: uuid.UUID, now: dt.datetime
) -> None:
    params = {"visit_id": str(visit.id), "elder_id": str(visit.elder_id) if visit.elder_id else None}
    notify.enqueue(session, visit.county_id, [Outgoing(f"review:{about}", to, code, params)], now=now)
