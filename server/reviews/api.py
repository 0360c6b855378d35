"""What waits for a director, deciding about it, and what is known of those who visit and of those who decide."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from typing import Any

from server import clock, outcomes
from server.database import session
from server.elders import vault
from server.http import Page, PageArgs, Router, actor, reach
from server.language import language
from server.problems import problem
from server.regions import queries as regions
from server.reviews import deaths, queue, service, visitors
from server.reviews.schemas import (
    DeathOut,
    DeathReviewIn,
    DeathsQuery,
    QueueQuery,
    ReopenIn,
    ReplyIn,
    ReviewerOut,
    ReviewersQuery,
    ReviewIn,
    ReviewManyIn,
    ReviewManyOut,
    StandingOut,
    WaitingOut,
)
from server.reviews.service import Settle
from server.visits import queries as visits
from server.visits.schemas import VisitOut
from shared.rules.months import midnight

api = Router("reviews")


@api.get("/reviews/queue", right="visits.review", query=QueueQuery, answer=WaitingOut, paged=True)
def list_queue(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Visits that wait for a decision, by visitor or by reason; the oldest first."""
    return queue.groups(session(), reach(), page, by=query["by"], codes=_codes(query), lang=language())


@api.post("/reviews", right="visits.review", body=ReviewManyIn, answer=ReviewManyOut)
def review_visits(body: dict[str, Any]) -> dict[str, Any]:
    """The same decision about several visits: one result each, in order; a bad one never stops the others."""
    found = service.review_many(
        session(), reach(), body["visit_ids"], body["decision"], body["reason"], ground=body["ground"],
        vault=vault.current(), now=clock.now(), settle=_settle(),
    )  # fmt: skip
    lang = language()
    return {"results": [{"id": d.id, "status": d.status, "error": d.error.body(lang) if d.error else None}
                        for d in found]}  # fmt: skip


@api.get("/reviews/reviewers", right="reviewers.read", query=ReviewersQuery, answer=ReviewerOut, paged=True)
def list_reviewers(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Who decided about visits of one's regions, how often, and which share they accepted: the largest first."""
    tz = clock.zone()
    since = midnight(query["first"], tz) if "first" in query else None
    until = midnight(query["last"] + dt.timedelta(days=1), tz) if "last" in query else None
    return queue.reviewers(session(), reach(), page, codes=_codes(query), since=since, until=until)


@api.get("/deaths", right="deaths.read", query=DeathsQuery, answer=DeathOut, paged=True)
def list_deaths(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Elders who died (or moved) with the days since the last contact; the latest first."""
    return deaths.listed(
        session(), reach(), page, kind=query["kind"], state=query.get("state"), codes=_codes(query),
        vault=vault.current(), tz=clock.zone(),
    )  # fmt: skip


@api.post("/deaths/<uuid:elder_id>/review", right="deaths.review", body=DeathReviewIn, answer=DeathOut)
def review_death(elder_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """What a director found out about a death; once."""
    now, tz = clock.now(), clock.zone()
    deaths.review(
        session(), reach(), elder_id, body["finding"], body["note"].strip(), vault=vault.current(), now=now, tz=tz
    )
    return deaths.shown(session(), reach(), elder_id, vault=vault.current(), tz=tz)


@api.get("/visitors/me/standing", right="visitors.read", answer=StandingOut)
def read_own_standing() -> dict[str, Any]:
    """What is known of one's own visits: the same page that one's director sees."""
    return _standing(actor().user_id)


@api.get("/visitors/<uuid:user_id>/standing", right="visitors.read", answer=StandingOut)
def read_standing(user_id: uuid.UUID) -> dict[str, Any]:
    """What is known of a visitor's visits in one's regions: figures, no score."""
    return _standing(user_id)


@api.post("/visits/<uuid:visit_id>/review", right="visits.review", body=ReviewIn, answer=VisitOut)
def review_visit(visit_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """Accept or reject a visit; not one's own, and not one that is decided."""
    service.review(
        session(), reach(), visit_id, body["decision"], body["reason"], ground=body["ground"],
        vault=vault.current(), now=clock.now(), settle=_settle(),
    )  # fmt: skip
    return visits.shown(session(), reach(), visit_id, vault=vault.current())


@api.post("/visits/<uuid:visit_id>/reopen", right="visits.reopen", body=ReopenIn, answer=VisitOut)
def reopen_visit(visit_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """Take the decision of somebody below back."""
    service.reopen(
        session(), actor(), reach(), visit_id, body["reason"], vault=vault.current(), now=clock.now(), settle=_settle()
    )
    return visits.shown(session(), reach(), visit_id, vault=vault.current())


@api.post("/visits/<uuid:visit_id>/reply", right="visits.reply", body=ReplyIn, answer=VisitOut)
def reply_to_review(visit_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """Answer the decision about one's own visit, once; somebody else then decides anew."""
    service.reply(
        session(), reach(), visit_id, body["words"], vault=vault.current(), now=clock.now(), settle=_settle()
    )
    return visits.shown(session(), reach(), visit_id, vault=vault.current())


def _settle() -> Settle:
    return partial(outcomes.settle_visits, now=clock.now())


def _standing(user_id: uuid.UUID) -> dict[str, Any]:
    found = visitors.standing(session(), reach(), user_id, now=clock.now(), tz=clock.zone(), lang=language())
    if found is None:
        raise problem("not_found")
    return found


def _codes(query: dict[str, Any]) -> tuple[int, int] | None:
    if "region" not in query:
        return None
    region = regions.by_any_code(session(), int(query["region"]))
    if region is None or not regions.holds(reach().areas, region):
        raise problem("not_found")
    return visits.region_span(region)
