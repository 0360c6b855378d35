"""Visits: who was visited, by whom, on what evidence; and the director's decision about them."""

from __future__ import annotations

import uuid

from flask import Response, request

from server import clock
from server.auth.current import actor, reach
from server.console import words
from server.console.ask import (
    asked_choice,
    asked_date,
    asked_page,
    asked_region_or_none,
    asked_uuid,
    form_text,
    region_choices,
    way_to,
)
from server.console.pages import Pages, done, to
from server.console.render import may, page
from server.console.review_pages import decision_faults, homes_around, settle_now
from server.console.sketch import Point, marks_of, sketch
from server.console.texts import say
from server.database import session
from server.elders import queries as elders
from server.elders import vault
from server.files.current import files
from server.files.service import BlobMissing
from server.homes import queries as homes
from server.people.queries import names_of
from server.problems import problem
from server.reviews import queries as reviews
from server.reviews import service
from server.visits import photos, queries

console = Pages()
WORDS_MAX = 1000


@console.get("/visits", right="visits.read")
def visits() -> str:
    """Visits of one's regions, or one's own; newest first."""
    region = asked_region_or_none("visits.read")
    assurance = asked_choice("assurance", ("verified", "plausible", "doubtful"))
    review = asked_choice("review", ("pending", "none", "accept", "reject"))
    wanted = queries.Filter(
        queries.region_span(region) if region is not None else None, asked_date("from"), asked_date("to"), assurance,
        review, asked_uuid("elder"), asked_uuid("visitor"),
    )  # fmt: skip
    rows = queries.listed(session(), reach(), wanted, asked_page(50), tz=clock.zone(), vault=vault.current())
    return page(
        "visits.html", rows=rows, wanted=wanted, region=region, regions=region_choices("visits.read", region),
        way=way_to(region, reach()) if region is not None else [],
    )  # fmt: skip


@console.get("/visits/<uuid:visit_id>", right="visits.read")
def visit(visit_id: uuid.UUID) -> str:
    """One visit: what was said, what the system saw, what was decided."""
    return _visit_page(visit_id, {}, None)


@console.post("/visits/<uuid:visit_id>/review", right="visits.review")
def review(visit_id: uuid.UUID) -> Response:
    """Accept or reject, on grounds from the list, in words where they are needed."""
    _found(visit_id)
    decision, ground = request.form.get("decision", ""), request.form.get("ground", "")
    said = form_text("words", WORDS_MAX)
    errors = decision_faults(decision, ground, said)
    if errors:
        return Response(_visit_page(visit_id, errors, decision), 422, mimetype="text/html")
    service.review(
        session(), reach(), visit_id, decision, said, ground=ground, vault=vault.current(), now=clock.now(),
        settle=settle_now(),
    )  # fmt: skip
    done("visit.reviewed")
    return to("visit", visit_id=visit_id)


@console.post("/visits/<uuid:visit_id>/reopen", right="visits.reopen")
def reopen(visit_id: uuid.UUID) -> Response:
    """Take a decision back, so that it is taken anew."""
    _found(visit_id)
    reason = form_text("reason", WORDS_MAX)
    if not reason:
        errors = {"reason": [say("visit.reopen_needed")]}
        return Response(_visit_page(visit_id, errors, None), 422, mimetype="text/html")
    service.reopen(
        session(), actor(), reach(), visit_id, reason, vault=vault.current(), now=clock.now(), settle=settle_now()
    )
    done("visit.reopened")
    return to("visit", visit_id=visit_id)


@console.post("/visits/<uuid:visit_id>/reply", right="visits.reply")
def reply(visit_id: uuid.UUID) -> Response:
    """The visitor's answer to a decision, once; somebody else then decides anew."""
    said = form_text("words", WORDS_MAX)
    if not said:
        _found(visit_id, "visits.read")
        errors = {"reply": [say("visit.reply_needed")]}
        return Response(_visit_page(visit_id, errors, None), 422, mimetype="text/html")
    service.reply(
        session(), reach(), visit_id, said, vault=vault.current(), now=clock.now(), settle=settle_now()
    )
    done("visit.replied")
    return to("visit", visit_id=visit_id)


@console.get("/visits/<uuid:visit_id>/photos/<digest>", right="visits.read")
def visit_photo(visit_id: uuid.UUID, digest: str) -> Response:
    """A photo that the visit names."""
    try:
        data = photos.read(session(), reach(), visit_id, digest.lower(), files=files(), vault=vault.current())
    except BlobMissing:
        data = None
    if data is None:
        raise problem("not_found")
    return Response(data, mimetype="image/jpeg", headers={"Cache-Control": "private, no-store"})


def _visit_page(visit_id: uuid.UUID, errors: dict[str, list[str]], chosen: str | None) -> str:
    held = reach("visits.read")
    found = queries.shown(session(), held, visit_id, vault=vault.current())
    row = queries.found(session(), held, visit_id)
    if found is None or row is None:
        raise problem("not_found")
    explained = queries.explanation(session(), held, visit_id, vault=vault.current()) or {"judgements": []}
    elder = None
    if row.elder_id is not None and may("elders.read"):
        elder = elders.find(session(), reach("elders.read"), row.elder_id, clock.now())
    marks = _marks(visit_id)
    history = reviews.said(session(), [row], vault=vault.current()).get(visit_id, [])
    stands = reviews.standing(session(), row.county_id, visit_id)
    me, took_part = actor().user_id, service.took_part(row, actor().user_id)
    return page(
        "visit.html", v=found, judgements=explained["judgements"], history=history,
        names=names_of(session(), {said.by for said in history}), elder_here=elder is not None,
        sketch=sketch(
            (elder.lat, elder.lon) if elder and elder.lat and elder.lon else None, found, homes_around([row])[row.id],
            marks,
        ),
        proposal=_proposal(row.elder_id) if row.elder_id is not None and may("homes.read") else None,
        classes=words.answers(found.get("form"), found.get("answers") or {}), errors=errors, chosen=chosen,
        can_review=may("visits.review") and stands.open and not took_part, own=took_part,
        another=service.must_be_another(session(), row, stands, me, clock.now()),
        can_reopen=may("visits.reopen") and found["review"] is not None, grounds=words.grounds(),
        can_reply=may("visits.reply") and row.visitor_id == me and stands.reply is None and not stands.open,
        ground_said=request.form.get("ground", ""),
        words_said=form_text("words", WORDS_MAX),
    )  # fmt: skip


def _marks(visit_id: uuid.UUID) -> list[tuple[str, Point]]:
    return marks_of(queries.judged_homes(session(), [visit_id], vault=vault.current()).get(visit_id))


def _proposal(elder_id: uuid.UUID) -> uuid.UUID | None:
    """The open proposal to correct this elder's registered position."""
    return homes.open_of(session(), reach("homes.read"), elder_id)


def _found(visit_id: uuid.UUID, right: str | None = None) -> None:
    if queries.found(session(), reach(right), visit_id) is None:
        raise problem("not_found")

