"""What a director arranges for one elder: absences, who visits, the tag."""

from __future__ import annotations

import uuid

from flask import Response, request

from server import clock
from server.absences import service as absences
from server.absences.model import REASONS
from server.auth.current import actor, reach
from server.console.ask import Errors, form_choice, form_date, form_uuid
from server.console.elders_pages import again, found
from server.console.pages import Pages, done, to
from server.database import session
from server.elders.edge import settle_at
from server.pairings import service as pairings
from server.pairings.model import PAIRING_ROLES
from server.problems import Problem, problem
from server.regions.codes import code_range
from server.regions.model import Region
from server.tags import service as tags
from server.tags.tokens import current as tag_keys
from shared.ids import uuid7
from shared.rules.months import local_date

console = Pages()


@console.post("/elders/<uuid:elder_id>/absences", right="absences.ask")
def ask_absence(elder_id: uuid.UUID) -> Response:
    """Say that the elder is away; it counts once a director approved it."""
    found(elder_id)
    errors: Errors = {}
    reason, first = form_choice("reason", REASONS, errors), form_date("starts_on", errors)
    last = form_date("ends_on", errors, needed=False)
    try:
        if errors or first is None:
            raise problem("validation", errors=errors)
        absences.ask(
            session(), reach(), elder_id, reason, first, last, absence_id=form_uuid("id") or uuid7(), now=clock.now()
        )
    except Problem as wrong:
        return again(elder_id, wrong, "absence")
    done("elder.absence_asked")
    return to("elder", elder_id=elder_id)


@console.post("/absences/<uuid:absence_id>/approve", right="absences.decide")
def approve_absence(absence_id: uuid.UUID) -> Response:
    """A director's word: from now on it counts."""
    now = clock.now()
    held = absences.approve(session(), reach(), absence_id, now=now, settle=settle_at(now))
    done("elder.absence_decided")
    return to("elder", elder_id=held.elder_id)


@console.post("/absences/<uuid:absence_id>/withdraw", right="absences.decide")
def withdraw_absence(absence_id: uuid.UUID) -> Response:
    """It does not count (any more)."""
    now = clock.now()
    held = absences.withdraw(session(), reach(), absence_id, now=now, settle=settle_at(now))
    done("elder.absence_decided")
    return to("elder", elder_id=held.elder_id)


@console.post("/elders/<uuid:elder_id>/pairings", right="pairings.write")
def add_pairing(elder_id: uuid.UUID) -> Response:
    """Tie a visitor, or kin, to the elder."""
    errors: Errors = {}
    role, user_id = form_choice("role", PAIRING_ROLES, errors), form_uuid("user")
    now = clock.now()
    found(elder_id)
    try:
        if errors or user_id is None:
            raise problem("validation", errors=errors or None)
        pairings.create_pairing(
            session(), reach(), elder_id, user_id, role, now=now, today=local_date(now, clock.zone()),
            pairing_id=form_uuid("id") or uuid7(),
        )  # fmt: skip
    except Problem as wrong:
        return again(elder_id, wrong, "pairing")
    done("elder.pairing_added")
    return to("elder", elder_id=elder_id)


@console.post("/pairings/<uuid:pairing_id>/end", right="pairings.write")
def end_pairing(pairing_id: uuid.UUID) -> Response:
    """End a tie; it stays on record."""
    tie = pairings.end_pairing(session(), reach(), pairing_id, now=clock.now())
    done("elder.pairing_ended")
    return to("elder", elder_id=tie.elder_id)


@console.post("/elders/<uuid:elder_id>/tag/reissue", right="tags.write")
def reissue_tag(elder_id: uuid.UUID) -> Response:
    """A new code; the old one stops working. Sent twice it makes one."""
    seen = request.form.get("replaces", "")
    tags.reissue(
        session(), found(elder_id), replaces=int(seen) if seen.isascii() and seen.isdigit() else 0, keys=tag_keys(),
        actor_id=actor().user_id, now=clock.now(),
    )  # fmt: skip
    done("elder.tag_reissued")
    return to("elder", elder_id=elder_id)


@console.post("/elders/<uuid:elder_id>/tag/print", right="tags.write")
def print_tag(elder_id: uuid.UUID) -> Response:
    """A sheet with this one tag."""
    elder = found(elder_id)
    region = session().get_one(Region, elder.region_id)
    if region.code is None:
        raise problem("not_found")
    task = tags.ask_for_sheet(
        session(), county_id=elder.county_id, region_id=region.id, codes=code_range(region.code, region.level),
        elder_ids=[elder_id], task_id=form_uuid("id") or uuid7(), actor_id=actor().user_id, now=clock.now(),
    )  # fmt: skip
    done("tags.queued")
    return to("task", task_id=task.id)


