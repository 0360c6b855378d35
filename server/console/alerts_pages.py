"""Alerts of one's regions: what burns, who is on it, and how it ended."""

from __future__ import annotations

import uuid

from flask import Response, request

from server import clock
from server.alerts import acting, queries
from server.alerts import said as saying
from server.alerts.api import held
from server.alerts.model import KINDS
from server.auth.current import actor, reach
from server.console.ask import asked_choice, asked_page, asked_region_or_none, form_text, region_choices, way_to
from server.console.pages import Pages, done, safe_next
from server.console.render import page
from server.console.texts import say
from server.database import session
from server.elders import vault
from server.problems import problem
from server.regions.codes import code_range

console = Pages()
NOTE_MAX = 1000


@console.get("/alerts", right="alerts.read")
def alerts() -> str:
    """Newest first; the open ones unless others are asked for."""
    return _page({}, None)


@console.post("/alerts/<uuid:alert_id>/acknowledge", right="alerts.act")
def acknowledge(alert_id: uuid.UUID) -> Response:
    """Take an alert on."""
    acting.acknowledge(session(), held(), alert_id, actor().user_id, "", now=clock.now())
    done("alerts.acknowledged")
    return _back()


@console.post("/alerts/<uuid:alert_id>/resolve", right="alerts.act")
def resolve(alert_id: uuid.UUID) -> Response:
    """End an alert, saying how."""
    if queries.one(session(), held(), alert_id) is None:
        raise problem("not_found")
    note = form_text("note", NOTE_MAX)
    if not note:
        text = _page({"note": [say("alerts.note_missing")]}, alert_id)
        return Response(text, 422, mimetype="text/html")
    acting.resolve(session(), held(), alert_id, actor().user_id, note, now=clock.now())
    done("alerts.resolved")
    return _back()


def _page(errors: dict[str, list[str]], opened: uuid.UUID | None) -> str:
    region = asked_region_or_none("alerts.read")
    state = asked_choice("state", (*queries.STATES, "all")) or "open"
    kind = asked_choice("kind", KINDS)
    codes = code_range(region.code, region.level) if region is not None and region.code is not None else None
    rows = queries.listed(
        session(), held(), asked_page(50), codes=codes, state=None if state == "all" else state, kind=kind
    )
    said = saying.said(session(), vault.current(), [a["id"] for a in rows.items if a["kind"] == "sos"])
    return page(
        "alerts.html", rows=rows, said=said, state=state, kind=kind, kinds=KINDS, region=region, errors=errors,
        opened=opened, regions=region_choices("alerts.read", region), states=queries.STATES,
        way=way_to(region, reach("alerts.read")) if region is not None else [],
    )  # fmt: skip


def _back() -> Response:
    return Response(status=303, headers={"Location": safe_next(request.form.get("back"))})
