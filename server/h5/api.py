"""/t/<token>: the address in the QR code. In a browser the visit page; for a program what the tag is to its user."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, redirect, request
from werkzeug.exceptions import NotFound

from server import clock, intake
from server.audit import service as audit
from server.auth import queries as auth_queries
from server.auth import service as auth
from server.auth.api import today
from server.auth.reach import Actor
from server.database import session
from server.elders import vault
from server.h5 import door, pages, tag, visitor
from server.h5.form import Begun, Fields, faults, read_begun, visit_item
from server.h5.tag import Opened
from server.http import PUBLIC, Bytes, Router, authenticate, json_response
from server.keys import ring
from server.language import Language, language
from server.policies import queries as policies
from server.problems import problem
from server.sync.cards import cards
from server.tags.model import Tag
from server.visits.model import Visit
from shared.ids import uuid7
from shared.protocol import flags
from shared.protocol.tags import token_of

api = Router("visit_page", prefix="")

FORM = Bytes(("application/x-www-form-urlencoded",))
FORM_LIMIT = 64 * 1024
LEAD = "sign_in_lead"


@api.get("/t/<token>", right=PUBLIC)
def open_tag(token: str) -> Response:
    """A browser gets the visit page; with a bearer token: `{"known", "paired", "revoked", "elder"}`."""
    if wants_json():
        return told(token)
    lang, here = pages.chosen_language(), address(token)
    found = tag.find(session(), token)
    if found is None:
        return pages.message(lang, 404, here, "unknown_title", "unknown")
    who = visitor.signed_in(session(), ring(), clock.now(), today())
    if who is None:
        return door.ask(lang, here, LEAD, [])
    return form_page(lang, here, who, found)


@api.post("/t/<token>", right=PUBLIC, body=FORM, limit=FORM_LIMIT)
def save_visit(token: str, body: bytes) -> Response:
    """The page's form: a visit, sent through the same intake as the app's."""
    fields = Fields.of(body)
    lang, here, found = arrived(token, fields)
    who = visitor.signed_in(session(), ring(), clock.now(), today())
    if who is None:
        return door.ask(lang, here, LEAD, fields.pairs())
    return save(lang, here, who, found, fields)


@api.post("/t/<token>/login", right=PUBLIC, body=FORM, limit=FORM_LIMIT)
def sign_in(token: str, body: bytes) -> Response:
    """Sign in on the page; a form that was sent without a login goes on from here."""
    fields = Fields.of(body)
    lang, here, found = arrived(token, fields)
    kept = [(name, value) for name, value in fields.pairs() if name not in ("username", "password", "lang")]
    held = door.log_in(lang, here, LEAD, fields, kept)
    if isinstance(held, Response):
        return held
    if kept:
        who = auth_queries.by_session(session(), held.id, clock.now(), today())
        answer = save(lang, here, who, found, fields)
    else:
        answer = redirect(here, 303)  # type: ignore[assignment]
    visitor.remember(answer, ring(), held.id)
    return answer


@api.post("/t/<token>/logout", right=PUBLIC, body=FORM, limit=FORM_LIMIT)
def sign_out(token: str, body: bytes) -> Response:
    """End the page's login."""
    _, here, _ = arrived(token, Fields.of(body))
    who = visitor.signed_in(session(), ring(), clock.now(), today())
    if who is not None and who.session_id is not None:
        auth.log_out(session(), who.session_id, clock.now())
    answer: Response = redirect(here, 303)  # type: ignore[assignment]
    visitor.forget(answer)
    return answer


@api.get("/enrol", right=PUBLIC, database=False)
def open_enrolment() -> Response:
    """Where an enrolment's QR code leads a camera: it says to scan it with the app.

    The code itself stays behind `#`, which no browser sends."""
    return pages.message(pages.chosen_language(), 200, "/enrol", "enrol_title", "enrol")


@api.get("/h5/<name>", right=PUBLIC, database=False)
def static_file(name: str) -> Response:
    """The page's style sheet and script."""
    if name not in pages.TYPES:
        raise NotFound
    response = Response(pages.asset_bytes(name), mimetype=pages.TYPES[name])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def wants_json() -> bool:
    accepted = request.accept_mimetypes
    if "Authorization" in request.headers:
        return accepted["application/json"] >= accepted["text/html"]
    return accepted["application/json"] > accepted["text/html"]


def told(token: str) -> Response:
    """What a tag is to a program's user: nothing of the elder to who has nothing to do with them."""
    who = authenticate()
    if not who.may(tag.RIGHT):
        raise problem("forbidden")
    found = tag.find(session(), token)
    if found is None:
        raise problem("not_found")
    opened = tag.opened(session(), who, found, now=clock.now(), today=today())
    answer: dict[str, Any] = {"known": True, "paired": opened.paired}
    if opened.open:
        answer |= {"revoked": opened.revoked, "elder": card(opened, language())}
        note_reading(who, opened)
    return json_response(answer)


def arrived(token: str, fields: Fields) -> tuple[Language, str, Tag]:
    """What every form of the page begins with: it comes from our own page, and from a tag there is."""
    door.own_form_only()
    found = tag.find(session(), token)
    if found is None:
        raise problem("not_found")
    return pages.chosen_language(fields), address(token), found


def address(token: str) -> str:
    """The page's own address, however the token was typed."""
    return f"/t/{token_of(token) or ''}"


def form_page(
    lang: Language, here: str, who: Actor, found: Tag, given: Fields = pages.NOTHING, wrong: list[str] | None = None,
    begun: Begun | None = None,
) -> Response:  # fmt: skip
    """The form, where this visitor may have it."""
    if not (who.may(tag.RIGHT) and who.may("sync.push")):
        return pages.message(lang, 403, here, "no_right_title", "no_right", who)
    now = clock.now()
    opened = tag.opened(session(), who, found, now=now, today=today())
    if not opened.open:
        return pages.message(lang, 403, here, "not_yours_title", "not_yours", who)
    elder = card(opened, lang)
    begun = begun or Begun(uuid7(now), who.user_id, opened.elder_id, now)
    note_reading(who, opened)
    return pages.visit_page(
        lang, here=here, who=who, elder=elder, revoked=opened.revoked, state=begun.sign(ring()), given=given,
        faults=wrong or (), status=422 if wrong else 200,
    )  # fmt: skip


def save(lang: Language, here: str, who: Actor, found: Tag, fields: Fields) -> Response:
    """Send the visit that the form is. Who was paired when the page was opened is heard, whatever changed since."""
    if not who.may("sync.push"):
        return pages.message(lang, 403, here, "no_right_title", "no_right", who)
    now = clock.now()
    begun = read_begun(ring(), fields.one("state", 1000), now)
    if begun is None or (begun.user_id, begun.elder_id) != (who.user_id, found.elder_id):
        return form_page(lang, here, who, found, fields, ["fault_expired"])
    if wrong := faults(fields):
        return form_page(lang, here, who, found, fields, wrong, begun)
    if is_saved(who, found.county_id, begun.visit_id):
        return saved_page(lang, here, who, found, fields, before=True)
    scanned = current_app.extensions["yuetan_settings"].public_url + here
    item = visit_item(fields, begun, scanned, now, clock.zone())
    (result,) = intake.receive(
        session(), intake.Sender(who.user_id, found.county_id), [item], vault=vault.current(), now=now
    )
    if result.status == "rejected":
        if is_saved(who, found.county_id, begun.visit_id):  # two taps at once: the other one was first
            return saved_page(lang, here, who, found, fields, before=True)
        why = problem(result.error or "server_error").body(lang)["title"]
        return saved_page(lang, here, who, found, fields, why=why)
    # what weighs nothing would only worry who reads it: a browser cannot prove its clock, for one
    noted = [flags.message(f["code"], f.get("figures"), lang) for f in result.flags if f["weight"] > 0]
    return saved_page(lang, here, who, found, fields, noted=noted)


def saved_page(
    lang: Language, here: str, who: Actor, found: Tag, fields: Fields, *, before: bool = False, why: str | None = None,
    noted: list[str] | None = None,
) -> Response:  # fmt: skip
    not_home = fields.one("outcome") == "not_home"
    opened = tag.opened(session(), who, found, now=clock.now(), today=today())
    elder = card(opened, lang) if not_home and opened.open else None
    return pages.page(
        "saved.html", lang, 422 if why else 200, here=here, title="not_saved_title" if why else "saved_title", who=who,
        why=why, before=before, flags=noted or [], elder=elder, not_home=not_home,
    )  # fmt: skip


def is_saved(who: Actor, county_id: int, visit_id: uuid.UUID) -> bool:
    return session().scalar(
        sa.select(Visit.id).where(
            Visit.county_id == county_id, Visit.id == visit_id, Visit.visitor_id == who.user_id
        )
    ) is not None  # fmt: skip


def card(opened: Opened, lang: Language) -> dict[str, Any]:
    known = {opened.county_id: policies.current(session(), opened.county_id)}
    (item,) = cards(
        session(), opened.county_id, [opened.elder_id], policies=known, vault=vault.current(), today=today(),
        language=lang,
    )  # fmt: skip
    return item


def note_reading(who: Actor, opened: Opened) -> None:
    """A full record was read: that is in the audit log."""
    session().commit()  # ends the reading
    audit.record(
        session(), "elder.scan", "elder", opened.elder_id, now=clock.now(), actor_id=who.user_id,
        county_id=opened.county_id,
    )  # fmt: skip
    session().commit()
