"""What a county keeps watch over: deaths, requests about elders' data, the audit log, its own policies and times; and
one's own messages."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import Response, request

from server import clock
from server.alerts import settings as ladders
from server.alerts.ladder import LADDERS
from server.audit import queries as audit
from server.audit.api import filter_of
from server.auth.current import actor, reach
from server.auth.rights import SIGNED_IN
from server.console.ask import (
    Errors,
    asked_choice,
    asked_date,
    asked_page,
    asked_region_or_none,
    asked_uuid,
    form_choice,
    form_date,
    form_text,
    form_uuid,
    region_choices,
    way_to,
)
from server.console.pages import Pages, done, to
from server.console.render import may, page
from server.console.texts import say
from server.database import session
from server.elders import vault
from server.elders.edge import settle_at
from server.language import language
from server.notify import queries as notify
from server.paging import PageArgs
from server.policies import queries as policies
from server.policies import service as policy_service
from server.policies.schemas import PolicyIn
from server.problems import Problem, problem
from server.regions import queries as regions
from server.requests import queries as requests
from server.requests import service as request_service
from server.requests.api import copy_for, plain, today
from server.requests.model import ASKERS, KINDS, OUTCOMES
from server.reviews import deaths
from server.reviews.model import FINDINGS
from server.validation import field_errors
from server.visits.queries import region_span
from shared.ids import uuid7
from shared.rules.policy import CHANNELS

console = Pages()
WORDS_MAX = 1000
AUDIT_KINDS = (
    "elder", "visit", "callback", "death", "request", "absence", "pairing", "policy", "county", "tag", "device", "user",
)  # fmt: skip


@console.get("/deaths", right="deaths.read")
def death_list() -> str:
    """Who died, with the days since the last contact; or who moved away."""
    return _deaths_page({}, None)


@console.post("/deaths/<uuid:elder_id>/review", right="deaths.review")
def look_at_death(elder_id: uuid.UUID) -> Response:
    """What a director found out about a death."""
    if deaths.shown(session(), reach(), elder_id, vault=vault.current(), tz=clock.zone()) is None:
        raise problem("not_found")
    errors: Errors = {}
    finding = form_choice("finding", FINDINGS, errors)
    try:
        if errors:
            raise problem("validation", errors=errors)
        deaths.review(
            session(), reach(), elder_id, finding, form_text("note", WORDS_MAX), vault=vault.current(),
            now=clock.now(), tz=clock.zone(),
        )  # fmt: skip
    except Problem as wrong:
        return Response(_deaths_page(_faults(wrong), elder_id), wrong.status, mimetype="text/html")
    done("deaths.looked")
    return to("death_list")


@console.get("/requests", right="requests.read")
def request_list() -> str:
    """What elders ask about their own data; the one that is due first first."""
    return _requests_page({}, None)


@console.post("/elders/<uuid:elder_id>/requests", right="requests.write")
def receive_request(elder_id: uuid.UUID) -> Response:
    """Record a request, from the elder's page."""
    errors: Errors = {}
    kind, who = form_choice("kind", KINDS, errors), form_choice("asked_by", ASKERS, errors)
    day = form_date("received_on", errors)
    if errors or day is None:
        raise problem("validation", errors=errors)
    request_service.receive(
        session(), reach(), elder_id, kind, who, day, form_text("note", WORDS_MAX),
        request_id=form_uuid("id") or uuid7(), vault=vault.current(), now=clock.now(), today=today(),
    )  # fmt: skip
    done("requests.received")
    return to("request_list")


@console.post("/requests/<uuid:request_id>/finish", right="requests.write")
def finish_request(request_id: uuid.UUID) -> Response:
    """Say what became of a request."""
    if requests.find(session(), reach(), request_id) is None:
        raise problem("not_found")
    errors: Errors = {}
    outcome = form_choice("outcome", OUTCOMES, errors)
    try:
        if errors:
            raise problem("validation", errors=errors)
        request_service.finish(
            session(), reach(), actor().reach("elders.erase"), request_id, outcome, form_text("answer", WORDS_MAX),
            vault=vault.current(), now=clock.now(),
        )  # fmt: skip
    except Problem as wrong:
        return Response(_requests_page(_faults(wrong), request_id), wrong.status, mimetype="text/html")
    done("requests.finished")
    return to("request_list")


@console.post("/requests/<uuid:request_id>/copy", right="requests.write")
def give_copy(request_id: uuid.UUID) -> Response:
    """The copy of everything that is kept, as a file; that it was given out is logged."""
    text = json.dumps(plain(copy_for(request_id)), ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": f'attachment; filename="copy-{request_id}.json"'}
    return Response(text, mimetype="application/json", headers=headers)


@console.get("/audit", right="audit.read")
def audit_log() -> str:
    """Who did what to whose data; for whoever holds a county whole."""
    first, last, kind = asked_date("from"), asked_date("to"), asked_choice("kind", AUDIT_KINDS)
    wanted = filter_of(first, last, kind, asked_uuid("by"), asked_uuid("subject"))
    held = reach().whole_counties
    rows = audit.listed(session(), held, wanted, asked_page(100))
    return page("audit.html", rows=rows, first=first, last=last, kind=kind, kinds=AUDIT_KINDS, whole=bool(held))


@console.get("/messages", right=SIGNED_IN)
def messages() -> str:
    """What the system told me."""
    return page("messages.html", rows=notify.inbox(session(), actor().user_id, asked_page(50), language()))


@console.get("/policies", right="policies.read")
def policy_list() -> str:
    """What is owed to elders, and the times of the alerts' ladders."""
    return _policies_page({}, None)


@console.post("/policies/<int:county_id>/<policy_id>", right="policies.write")
def change_policy(county_id: int, policy_id: str) -> Response:
    """Put a new version in force."""
    wanted, errors = _wanted_policy()
    try:
        if errors:
            raise problem("validation", errors=errors)
        now = clock.now()
        policy_service.change(
            session(), reach(), county_id, policy_id, wanted, now=now, settle=settle_at(now)
        )
    except Problem as wrong:
        return Response(_policies_page(_faults(wrong), policy_id), wrong.status, mimetype="text/html")
    done("policies.changed")
    return to("policy_list")


@console.post("/counties/<int:county_id>/ladders", right="policies.write")
def set_ladders(county_id: int) -> Response:
    """A county's own times."""
    wanted: dict[str, list[int]] = {}
    for kind, steps in LADDERS.items():
        given = [request.form.get(f"{kind}.{n}", "") for n in range(len(steps))]
        if all(text.isascii() and text.isdigit() and len(text) < 7 for text in given):
            wanted[kind] = [int(text) for text in given]
        elif any(given):
            wanted[kind] = [-1]
    try:
        ladders.set_times(session(), reach(), county_id, wanted, now=clock.now())
    except Problem as wrong:
        return Response(_policies_page(_faults(wrong), "ladders"), wrong.status, mimetype="text/html")
    done("policies.times_set")
    return to("policy_list")


def _wanted_policy() -> tuple[dict[str, Any], dict[str, Any]]:
    numbers: dict[str, Any] = {}
    for name in ("per_month", "per_week", "home_per_month", "stay_min_s"):
        text = form_text(name, 6)
        numbers[name] = int(text) if text.isascii() and text.isdigit() else text
    given = {"name": form_text("name", 60), "channels": request.form.getlist("channels"), **numbers}
    return given, field_errors(PolicyIn().validate(given))


def _deaths_page(errors: dict[str, list[str]], opened: uuid.UUID | None) -> str:
    region, held = asked_region_or_none("deaths.read"), reach("deaths.read")
    kind = asked_choice("kind", deaths.KINDS) or "died"
    rows = deaths.listed(
        session(), held, asked_page(50), kind=kind, codes=region_span(region) if region is not None else None,
        vault=vault.current(), tz=clock.zone(),
    )  # fmt: skip
    return page(
        "deaths.html", rows=rows, kind=kind, kinds=deaths.KINDS, region=region, errors=errors, opened=opened,
        findings=FINDINGS, regions=region_choices("deaths.read", region),
        way=way_to(region, held) if region is not None else [],
    )  # fmt: skip


def _requests_page(errors: dict[str, list[str]], opened: uuid.UUID | None) -> str:
    state = asked_choice("state", requests.STATES) or "open"
    rows = requests.listed(
        session(), reach("requests.read"), asked_page(50), state=state, vault=vault.current(), today=today()
    )
    return page(
        "requests.html", rows=rows, state=state, states=requests.STATES, errors=errors, opened=opened,
        outcomes=OUTCOMES, can_erase=may("elders.erase"),
    )  # fmt: skip


def _policies_page(errors: dict[str, list[str]], opened: str | None) -> str:
    held = actor().reach("policies.write").whole_counties
    rows = policies.page(session(), actor().counties, PageArgs(100), every_version=False).items
    counties = regions.counties_page(session(), actor().counties, PageArgs(100)).items
    return page(
        "policies.html", rows=rows, counties=counties, writable=held, errors=errors, opened=opened,
        channels=sorted(CHANNELS), times={c["id"]: ladders.times(c["settings"]) for c in counties},
        given=request.form,
    )  # fmt: skip


def _faults(wrong: Problem) -> dict[str, list[str]]:
    if wrong.status in (403, 404):
        raise wrong
    session().rollback()
    body = wrong.body(language())
    found: dict[str, list[str]] = body.get("errors") or {"_": [body["detail"]]}
    return {k: [f"{_label(k)}{text}" for text in texts] for k, texts in found.items()}


def _label(name: str) -> str:
    """Which ladder, or which number, a fault is about."""
    from server.console.words import word

    return say("policies.fault_of", what=word("alert", name)) if name in LADDERS else ""
