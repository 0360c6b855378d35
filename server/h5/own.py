"""/t/mine: what is known of one's own visits, for who has no console: the same record that the director reads, the
visits that were doubted or decided, and the one answer to a decision."""

from __future__ import annotations

import datetime as dt
import hmac
import uuid
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Response, redirect

from server import clock, outcomes
from server.auth import service as auth
from server.auth.api import today
from server.auth.reach import Actor, Reach
from server.database import session
from server.elders import vault
from server.h5 import door, pages, visitor
from server.h5.form import Fields
from server.h5.texts import TEXTS
from server.http import PUBLIC, Bytes, Router
from server.keys import ring
from server.language import Language
from server.problems import Problem, problem
from server.reviews import queries as reviews
from server.reviews import service, visitors
from server.visits import queries as visits
from server.visits.grounds import spoken
from server.visits.model import Visit
from shared.protocol.flags import message
from shared.protocol.signing import b64

api = Router("own_record", prefix="")

HERE = "/t/mine"
RIGHT = "visitors.read"
LEAD = "sign_in_own"
FORM = Bytes(("application/x-www-form-urlencoded",))
FORM_LIMIT = 16 * 1024
SHOWN_FOR = dt.timedelta(days=92)
SHOWN = 50
WORDS_MAX = 1000


@api.get("/t/mine", right=PUBLIC)
def own_page() -> Response:
    """One's own record in a browser, with the visits that were doubted or decided."""
    lang = pages.chosen_language()
    who = _signed_in()
    return door.ask(lang, HERE, LEAD, []) if who is None else _page(lang, who)


@api.post("/t/mine/login", right=PUBLIC, body=FORM, limit=FORM_LIMIT)
def own_sign_in(body: bytes) -> Response:
    """Sign in to it."""
    door.own_form_only()
    fields = Fields.of(body)
    held = door.log_in(pages.chosen_language(fields), HERE, LEAD, fields, [])
    if isinstance(held, Response):
        return held
    answer: Response = redirect(HERE, 303)  # type: ignore[assignment]
    visitor.remember(answer, ring(), held.id)
    return answer


@api.post("/t/mine/logout", right=PUBLIC, body=FORM, limit=FORM_LIMIT)
def own_sign_out(body: bytes) -> Response:
    """End the login."""
    door.own_form_only()
    who = _signed_in()
    if who is not None and who.session_id is not None:
        auth.log_out(session(), who.session_id, clock.now())
    answer: Response = redirect(HERE, 303)  # type: ignore[assignment]
    visitor.forget(answer)
    return answer


@api.post("/t/mine/<uuid:visit_id>/reply", right=PUBLIC, body=FORM, limit=FORM_LIMIT)
def own_reply(visit_id: uuid.UUID, body: bytes) -> Response:
    """The one answer to a decision about one's own visit; somebody else then decides anew."""
    door.own_form_only()
    fields = Fields.of(body)
    lang, who = pages.chosen_language(fields), _signed_in()
    if who is None:
        return door.ask(lang, HERE, LEAD, [])
    if not hmac.compare_digest(fields.one("state").encode(), _mark(who, visit_id).encode()):
        raise problem("csrf")
    if not who.may("visits.reply"):
        return pages.message(lang, 403, HERE, "no_right_title", "own_no_right", who)
    words = fields.one("words", WORDS_MAX)
    if not words:
        return _page(lang, who, wrong=(visit_id, "reply_needed"))
    now = clock.now()
    try:
        service.reply(
            session(), who.reach("visits.reply"), visit_id, words, vault=vault.current(), now=now,
            settle=partial(outcomes.settle_visits, now=now),
        )  # fmt: skip
    except Problem as refused:
        if refused.code not in ("already_replied", "not_reviewable"):
            raise
        session().rollback()
        return _page(lang, who, wrong=(visit_id, refused.body(lang)["title"]))
    return redirect(HERE, 303)  # type: ignore[return-value]


def _signed_in() -> Actor | None:
    return visitor.signed_in(session(), ring(), clock.now(), today())


def _page(lang: Language, who: Actor, wrong: tuple[uuid.UUID, str] | None = None) -> Response:
    now, tz = clock.now(), clock.zone()
    if not who.may(RIGHT):
        return pages.message(lang, 403, HERE, "no_right_title", "own_no_right", who)
    # the whole of one's own visits, wherever; and nobody else's
    mine = Reach(who.user_id, own=True)
    record = visitors.standing(session(), mine, who.user_id, now=now, tz=tz, lang=lang)
    assert record is not None  # who reads their own always finds it
    return pages.page(
        "mine.html", lang, 422 if wrong else 200, here=HERE, title="own_title", who=who, s=record,
        cases=_cases(mine, now, lang, who), wrong=None if wrong is None else (str(wrong[0]), _said(wrong[1], lang)),
    )  # fmt: skip


def _said(text: str, lang: Language) -> str:
    return TEXTS[text].say(lang) if text in TEXTS else text


def _cases(mine: Reach, now: dt.datetime, lang: Language, who: Actor) -> list[dict[str, Any]]:
    """The visits of the last months that were doubted or decided, the latest first. Six queries."""
    rows = session().scalars(
        sa.select(Visit)
        .where(
            Visit.visitor_id == mine.user_id, Visit.start >= now - SHOWN_FOR,
            sa.or_(Visit.assurance == "doubtful", Visit.decision.is_not(None)),
        )
        .order_by(Visit.start.desc())
        .limit(SHOWN)
    ).all()  # fmt: skip
    if not rows:
        return []
    shown = {v["id"]: v for v in visits.by_ids(session(), mine, [row.id for row in rows], vault=vault.current())}
    stands, said = reviews.standings(session(), rows), reviews.said(session(), rows, vault=vault.current())
    replies = who.may("visits.reply")
    found = []
    for row in rows:
        v, stand = shown[str(row.id)], stands[row.id]
        found.append({
            "id": str(row.id), "elder": v["elder"]["name"] if v["elder"] else None, "start": row.start,
            "channel": row.channel, "counts": row.counts,
            "flags": [message(f["code"], f.get("figures"), lang) for f in v["flags"] if (f.get("weight") or 0) > 0],
            "said": [{"decision": one.decision, "at": one.at,
                      "reason": spoken(one.decision, one.ground, one.reason, lang)} for one in said.get(row.id, ())],
            "waits": stand.open, "can_reply": replies and stand.reply is None and not stand.open,
            "state": _mark(who, row.id),
        })  # fmt: skip
    return found


def _mark(who: Actor, visit_id: uuid.UUID) -> str:
    """What proves that the form comes from our own page, shown to this login."""
    login = who.session_id.bytes if who.session_id is not None else b""
    return b64(ring().mac("h5 reply", login + visit_id.bytes)[:18])
