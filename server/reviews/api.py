"""POST /visits/<id>/review, /reopen and /reply."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from server import clock, outcomes
from server.database import session
from server.elders import vault
from server.http import Router, actor, reach
from server.reviews import service
from server.reviews.schemas import ReopenIn, ReplyIn, ReviewIn
from server.reviews.service import Settle
from server.visits import queries as visits
from server.visits.schemas import VisitOut

api = Router("reviews")


@api.post("/visits/<uuid:visit_id>/review", right="visits.review", body=ReviewIn, answer=VisitOut)
def review_visit(visit_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """Accept or reject a visit; not one's own, and not one that is decided."""
    service.review(
        session(), reach(), visit_id, body["decision"], body["reason"], now=clock.now(), settle=_settle()
    )
    return visits.shown(session(), reach(), visit_id, vault=vault.current())


@api.post("/visits/<uuid:visit_id>/reopen", right="visits.reopen", body=ReopenIn, answer=VisitOut)
def reopen_visit(visit_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """Take the decision of somebody below back."""
    service.reopen(session(), actor(), reach(), visit_id, body["reason"], now=clock.now(), settle=_settle())
    return visits.shown(session(), reach(), visit_id, vault=vault.current())


@api.post("/visits/<uuid:visit_id>/reply", right="visits.reply", body=ReplyIn, answer=VisitOut)
def reply_to_review(visit_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """Answer the decision about one's own visit, once."""
    service.reply(session(), reach(), visit_id, body["words"], now=clock.now(), settle=_settle())
    return visits.shown(session(), reach(), visit_id, vault=vault.current())


def _settle() -> Settle:
    return partial(outcomes.settle_visits, now=clock.now())
