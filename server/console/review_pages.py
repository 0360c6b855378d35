"""What waits for a director, with what it takes to decide; several decisions at once; who decides, and who visits."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Response, request

from server import clock, outcomes
from server.auth.current import actor, reach
from server.console import words
from server.console.ask import (
    asked_date,
    asked_page,
    asked_region_or_none,
    asked_uuid,
    form_text,
    region_choices,
    way_to,
)
from server.console.pages import Pages, done, to
from server.console.render import page
from server.console.sketch import Point, Sketch, marks_of, sketch
from server.console.texts import say
from server.database import session
from server.elders import vault
from server.elders.model import Elder
from server.http import Page, PageArgs
from server.language import language
from server.people.queries import names_of
from server.problems import problem
from server.regions.codes import code_text
from server.regions.model import Region
from server.reviews import queries as reviews
from server.reviews import queue, service, visitors
from server.reviews.queries import Said
from server.reviews.queue import Waiting
from server.visits import queries as visits
from server.visits.model import Visit
from shared.rules.months import Month, midnight

console = Pages()
WORDS_MAX = 1000
AT_ONCE = 20  # visits on a page
MANY = 5  # decisions from which on accepting all of them is remarked


@dataclass(frozen=True, slots=True)
class Card:
    """A visit that waits, as it is laid before a director."""

    v: dict[str, Any]
    reasons: tuple[str, ...]
    sketch: Sketch | None
    usual: dict[str, Any]
    shots: list[str]
    history: Sequence[Said]
    own: bool
    another: bool


@console.get("/review", right="visits.review")
def review_queue() -> str:
    """By visitor or by reason; the oldest first."""
    region = asked_region_or_none("visits.review")
    by = "reason" if request.args.get("by") == "reason" else "visitor"
    groups = queue.groups(session(), reach(), asked_page(50), by=by, codes=_codes(region), lang=language())
    return page(
        "review.html", groups=groups, by=by, region=region, code=_code(region),
        regions=region_choices("visits.review", region), way=way_to(region, reach()) if region is not None else [],
    )  # fmt: skip


@console.get("/review/visits", right="visits.review")
def review_visits() -> str:
    """The visits of one visitor, or of one reason, that wait."""
    return _visits_page({}, 200)


@console.post("/review/visits", right="visits.review")
def decide_visits() -> Response:
    """One decision about every ticked visit; what cannot be decided is said, the others are."""
    picked = [found for text in request.form.getlist("visit") if (found := _uuid(text)) is not None]
    decision, ground = request.form.get("decision", ""), request.form.get("ground", "")
    said = form_text("words", WORDS_MAX)
    errors = decision_faults(decision, ground, said)
    if not picked:
        errors["visit"] = [say("review.none_picked")]
    if errors:
        return Response(_visits_page(errors, 422), 422, mimetype="text/html")
    found = service.review_many(
        session(), reach(), picked, decision, said, ground=ground, vault=vault.current(), now=clock.now(),
        settle=settle_now(),
    )  # fmt: skip
    refused = Counter(d.error.body(language())["title"] for d in found if d.error is not None)
    if len(found) > sum(refused.values()):
        done("review.decided", n=len(found) - sum(refused.values()))
    for why, n in refused.items():
        done("review.refused", "wrong", n=n, why=why)
    return to("review_visits", **{k: v for k, v in request.args.items() if k in ("visitor", "reason", "region")})


@console.get("/reviewers", right="reviewers.read")
def reviewers() -> str:
    """Who decided how often, and which share they accepted."""
    region, first, last = asked_region_or_none("reviewers.read"), asked_date("from"), asked_date("to")
    tz = clock.zone()
    rows = queue.reviewers(
        session(), reach(), asked_page(50), codes=_codes(region), since=midnight(first, tz) if first else None,
        until=midnight(last + dt.timedelta(days=1), tz) if last else None,
    )  # fmt: skip
    return page(
        "reviewers.html", rows=rows, region=region, first=first, last=last, many=MANY,
        regions=region_choices("reviewers.read", region), way=way_to(region, reach()) if region is not None else [],
    )  # fmt: skip


@console.get("/visitors/me", right="visitors.read")
def own_record() -> str:
    """What is known of one's own visits."""
    return _record(actor().user_id)


@console.get("/visitors/<uuid:user_id>", right="visitors.read")
def visitor(user_id: uuid.UUID) -> str:
    """What is known of a visitor's visits in one's regions."""
    return _record(user_id)


def decision_faults(decision: str, ground: str, said: str) -> dict[str, list[str]]:
    """What is wrong with a decision's form."""
    if decision not in ("accept", "reject"):
        return {"decision": [say("visit.decision_missing")]}
    if ground == words.OTHER and not said:
        return {"words": [say("visit.words_needed")]}
    if words.ground(decision, ground) is None:
        return {"ground": [say("visit.ground_missing")]}
    return {}


def settle_now() -> service.Settle:
    return partial(outcomes.settle_visits, now=clock.now())


def homes_around(rows: Sequence[Visit]) -> dict[uuid.UUID, list[tuple[str, Point]]]:
    """Of each visit: the homes that its visitor went to on that day, as far as one may see them. One query."""
    if not rows:
        return {}
    tz = clock.zone()
    span = (min(v.start for v in rows) - dt.timedelta(days=1), max(v.start for v in rows) + dt.timedelta(days=1))
    found = session().execute(
        sa.select(Visit.visitor_id, Visit.start, Visit.elder_id, Elder.name, Elder.lat, Elder.lon)
        .join(Elder, sa.and_(Elder.county_id == Visit.county_id, Elder.id == Visit.elder_id))
        .join(Region, Region.id == Visit.region_id)
        .where(
            Visit.visitor_id.in_({v.visitor_id for v in rows}), Visit.start.between(*span), Elder.lat.is_not(None),
            Elder.lon.is_not(None), reach("visits.read").within(Region.code, Visit.county_id),
        )
    ).all()  # fmt: skip
    around: dict[uuid.UUID, list[tuple[str, Point]]] = {}
    for visit in rows:
        day = visit.start.astimezone(tz).date()
        homes = {
            f.elder_id: (f.name, (f.lat, f.lon))
            for f in found
            if f.visitor_id == visit.visitor_id and f.elder_id != visit.elder_id
            and f.start.astimezone(tz).date() == day
        }  # fmt: skip
        around[visit.id] = list(homes.values())
    return around


def home_of(elder_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Point]:
    """Registered positions of these elders."""
    found = session().execute(
        sa.select(Elder.id, Elder.lat, Elder.lon).where(
            Elder.id.in_(list(elder_ids)), Elder.lat.is_not(None), Elder.lon.is_not(None)
        )
    )
    return {elder_id: (lat, lon) for elder_id, lat, lon in found}


def _visits_page(errors: dict[str, list[str]], status: int) -> str:
    region, who, why = asked_region_or_none("visits.review"), asked_uuid("visitor"), request.args.get("reason")
    some = [
        one for one in queue.waiting(session(), reach("visits.review"), _codes(region))
        if (who is None or one.visitor_id == who) and (why is None or why in one.reasons)
    ]  # fmt: skip
    names = names_of(session(), [who] if who and some else [])
    shown = _page_of(some, asked_page(AT_ONCE))
    cards = _cards(shown.items)
    said_by = {said.by for card in cards for said in card.history}
    heading = names.get(who, say("review.title")) if who else words.reason_title(why) if why else say("review.title")
    return page(
        "review_visits.html", cards=cards, next_cursor=shown.next_cursor, count=len(some), heading=heading,
        visitor={"id": who} if who else None, usual=cards[0].usual if who and cards else None, code=_code(region),
        names=names_of(session(), said_by), errors=errors,
        decidable=any(not (card.own or card.another) for card in cards), grounds=words.grounds(),
        chosen=request.form.get("decision"), ground_said=request.form.get("ground", ""),
        words_said=form_text("words", WORDS_MAX), picked=set(request.form.getlist("visit")),
    )  # fmt: skip


def _page_of(some: Sequence[Waiting], args: PageArgs) -> Page[Waiting]:
    if (after := args.after(dt.datetime, uuid.UUID)) is not None:
        some = [one for one in some if (one.start, one.id) > after]
    return args.cut(some[: args.limit + 1], lambda one: (one.start, one.id))


def _cards(some: Sequence[Waiting]) -> list[Card]:
    if not some:
        return []
    held = reach("visits.read")
    shown = {uuid.UUID(v["id"]): v for v in visits.by_ids(session(), held, [w.id for w in some], vault=vault.current())}
    rows = session().scalars(sa.select(Visit).where(Visit.id.in_(list(shown)))).all()
    by_id = {row.id: row for row in rows}
    homes, around = home_of([r.elder_id for r in rows if r.elder_id is not None]), homes_around(rows)
    usual = {who: _usual(who) for who in {w.visitor_id for w in some}}
    stands, me, now = reviews.standings(session(), rows), actor().user_id, clock.now()
    judged = visits.judged_homes(session(), list(by_id), vault=vault.current())
    histories = reviews.said(session(), rows, vault=vault.current())
    cards = []
    for one in some:
        v, row = shown.get(one.id), by_id.get(one.id)
        if v is None or row is None:
            continue
        there = [d for d in v.get("photos") or () if d not in v["photos_missing"]]
        cards.append(Card(
            v, one.reasons,
            sketch(homes.get(row.elder_id) if row.elder_id else None, v, around[row.id], marks_of(judged.get(row.id))),
            usual[one.visitor_id], there[:4], histories.get(one.id, ()), service.took_part(row, me),
            service.must_be_another(session(), row, stands[row.id], me, now),
        ))  # fmt: skip
    return cards


def _usual(user_id: uuid.UUID) -> dict[str, Any]:
    found = visitors.pattern(session(), reach("visits.read"), user_id, now=clock.now(), tz=clock.zone())
    return {**found, "hours_said": _hours(found["hours"])}


def _hours(hours: Sequence[int]) -> str:
    """The hours between which four fifths of the visits begin, in words."""
    total = sum(hours)
    if not total:
        return ""
    sofar = list(itertools.accumulate(hours))
    first = next(hour for hour, n in enumerate(sofar) if n * 10 > total)
    last = next(hour for hour, n in enumerate(sofar) if n * 10 >= total * 9)
    return say("review.hours_span", first=first, last=last + 1)


def _record(user_id: uuid.UUID) -> str:
    found = visitors.standing(session(), reach(), user_id, now=clock.now(), tz=clock.zone(), lang=language())
    if found is None:
        raise problem("not_found")
    months = [{**m, "name": Month.parse(m["month"])} for m in found["months"]]
    return page("visitor.html", s={**found, "months": months}, own=user_id == actor().user_id)


def _codes(region: Region | None) -> tuple[int, int] | None:
    return visits.region_span(region) if region is not None else None


def _code(region: Region | None) -> str | None:
    return code_text(region.code or 0) if region is not None else None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
