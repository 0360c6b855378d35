"""The month's call-backs: what they say, whose turn it is, one call, and how the sample was drawn."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request

from server import clock
from server.auth.current import actor, reach
from server.callbacks import callers, queries, service
from server.callbacks.api import doubt_now
from server.callbacks.model import FINAL, OUTCOMES, Callback
from server.console.ask import (
    asked_choice,
    asked_page,
    asked_region_or_none,
    form_text,
    form_uuid,
    region_choices,
    way_to,
)
from server.console.pages import Pages, done, to
from server.console.render import may, page
from server.console.texts import say
from server.database import session
from server.duties.queries import region_in_reach
from server.elders import vault
from server.language import language
from server.people.queries import names_of
from server.problems import Problem, problem
from server.visits import queries as visits
from server.visits.model import Visit
from shared.rules import sampling
from shared.rules.months import Month, local_date

console = Pages()
NOTE_MAX = 1000
AT_HOME = {"yes": True, "no": False}
SHOWN = ("open", "done", "mine")


@console.get("/callbacks", right="callbacks.read")
def callbacks() -> str:
    """What is to be called about, one's own first, and what the answers say so far."""
    region = asked_region_or_none("callbacks.read")
    leads = bool(reach().areas)
    state = asked_choice("state", SHOWN) or ("open" if leads else "mine")
    month = _month()
    codes = visits.region_span(region) if region is not None else None
    rows = queries.listed(
        session(), reach(), asked_page(50), month=month, state=None if state == "mine" else state, codes=codes,
        mine=state == "mine", vault=vault.current(),
    )  # fmt: skip
    return page(
        "callbacks.html", rows=rows, state=state, states=SHOWN if may("callbacks.answer") else SHOWN[:2], region=region,
        month=month, sample=_sample(region), regions=region_choices("callbacks.read", region) if leads else [],
        way=way_to(region, reach()) if region is not None else [],
    )  # fmt: skip


@console.get("/callbacks/draws", right="compliance.read")
def draws() -> str:
    """How each month's sample was promised and drawn."""
    return page("draws.html", rows=queries.draws(session(), reach(), asked_page(12)), formula=sampling.FORMULA)


@console.get("/callbacks/<uuid:callback_id>", right="callbacks.read")
def callback(callback_id: uuid.UUID) -> str:
    """One call: about which visit, what to ask, what was tried."""
    return _call_page(callback_id, {})


@console.post("/callbacks/<uuid:callback_id>/outcome", right="callbacks.answer")
def record_callback(callback_id: uuid.UUID) -> Response:
    """What came of the call."""
    outcome = request.form.get("outcome", "")
    if queries.find(session(), reach(), callback_id) is None:
        raise problem("not_found")
    if outcome not in OUTCOMES:
        text = _call_page(callback_id, {"outcome": [say("callback.outcome_missing")]})
        return Response(text, 422, mimetype="text/html")
    service.record(
        session(), reach(), callback_id, outcome, form_text("note", NOTE_MAX),
        at_home=AT_HOME.get(request.form.get("at_home", "")), vault=vault.current(), now=clock.now(),
        doubt=doubt_now(),
    )  # fmt: skip
    done("callback.done")
    return to("callbacks", state="mine" if request.form.get("mine") else "open")


@console.post("/callbacks/<uuid:callback_id>/assign", right="callbacks.assign")
def assign_callback(callback_id: uuid.UUID) -> Response:
    """Hand a call to somebody else of the region."""
    user_id = form_uuid("user_id")
    if user_id is None:
        raise problem("not_found")
    try:
        service.assign(session(), reach(), callback_id, user_id, now=clock.now(), tz=clock.zone())
    except Problem as wrong:
        if wrong.status != 422:
            raise
        session().rollback()
        errors = wrong.body(language())["errors"]
        return Response(_call_page(callback_id, errors), 422, mimetype="text/html")
    done("callback.assigned")
    return to("callback", callback_id=callback_id)


def _call_page(callback_id: uuid.UUID, errors: dict[str, list[str]]) -> str:
    held = reach("callbacks.read")
    row = queries.find(session(), held, callback_id)
    found = queries.shown(session(), held, callback_id, vault=vault.current())
    if found is None or row is None:
        raise problem("not_found")
    visit = session().get_one(Visit, (row.county_id, row.visit_id))
    own = service.took_part(visit, actor().user_id)
    return page(
        "callback.html", c=found, errors=errors, own=own, outcomes=OUTCOMES, given=request.form,
        can_answer=may("callbacks.answer") and not own and row.outcome not in FINAL,
        people=_people(row, visit) if may("callbacks.assign") and row.outcome not in FINAL else [],
        mine=row.assigned_to == actor().user_id,
    )  # fmt: skip


def _people(row: Callback, visit: Visit) -> list[tuple[str, str]]:
    """(id, name) of whoever may call."""
    today = local_date(clock.now(), clock.zone())
    able = callers.able(session(), row.county_id, row.region_id, today)
    names = names_of(session(), [who for who in able if not service.took_part(visit, who)])
    return sorted(((str(who), name) for who, name in names.items()), key=lambda one: one[1])


def _month() -> Month | None:
    text = request.args.get("month")
    try:
        return Month.parse(text) if text else None
    except ValueError:
        raise problem("not_found") from None


def _sample(region: Any) -> dict[str, Any] | None:
    """What the newest sample says about a region (or the widest one's own)."""
    if not may("compliance.read"):
        return None
    held = reach("compliance.read")
    here = region or region_in_reach(session(), held, None)
    if here is None:
        return None
    low, high = visits.region_span(here)
    month, tallies = queries.tallies(
        session(), held, low, high, high - low + 1, Month.of(local_date(clock.now(), clock.zone()))
    )
    if month is None or not tallies:
        return None
    total = {f: sum(t[f] for t in tallies.values()) for f in queries.FIGURES}
    return {**queries.estimate(month, total), "of": month, "region": here}
