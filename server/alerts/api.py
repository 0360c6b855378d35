"""/alerts, their stream, and POST /sos."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import sqlalchemy as sa
from flask import Response, request

from server import clock
from server.alerts import acting, queries, settings
from server.alerts import said as saying
from server.alerts.schemas import AlertOut, AlertsQuery, AlertStory, LaddersIn, LaddersOut, NoteIn, SosIn, SosOut
from server.database import session
from server.elders import vault
from server.http import Page, PageArgs, Router, actor, reach
from server.pairings import queries as pairings
from server.problems import problem
from server.regions import queries as regions
from server.regions.codes import code_range
from shared.protocol.reading import clean_text, read_position

api = Router("alerts")

SHAPE = AlertOut()
STREAM_AGAIN_MS = 5000
STREAM_OVERLAP = dt.timedelta(seconds=30)  # what was being committed when the last answer was made
STREAM_LONGEST = dt.timedelta(days=1)  # who was away longer loads the page anew


@api.get("/alerts", right="alerts.read", query=AlertsQuery, answer=AlertOut, paged=True)
def list_alerts(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Alerts of my regions, of the elders tied to me and of my own visits; newest first."""
    return queries.listed(
        session(), held(), page, codes=_codes(query.get("region")), state=query.get("state"), kind=query.get("kind")
    )


@api.get("/alerts/stream", right="alerts.read", cookie=True)
def stream_alerts() -> Response:
    """Server-sent events: an `alert` event for each alert that changed since `Last-Event-ID`, then the end.

    The browser asks again after 5 seconds by itself (`retry`), so no thread of the server waits with it. An alert may
    come twice: compare `version`. The console's session cookie will do instead of a bearer token.
    """
    now = clock.now()
    lines = [f"retry: {STREAM_AGAIN_MS}", f"id: {now.isoformat()}", ""]
    try:
        last = dt.datetime.fromisoformat(request.headers.get("Last-Event-ID", ""))
        since = last - STREAM_OVERLAP if last.tzinfo is not None else None
    except ValueError:
        since = None
    if since is not None:
        since = max(since, now - STREAM_LONGEST)
        for item in queries.changed_since(session(), held(), actor().counties, since):
            data = json.dumps(SHAPE.dump(item), ensure_ascii=False)
            lines += ["event: alert", f"id: {now.isoformat()}", f"data: {data}", ""]
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response("\n".join(lines) + "\n", 200, headers, mimetype="text/event-stream")


@api.get("/alerts/<uuid:alert_id>", right="alerts.read", answer=AlertStory)
def read_alert(alert_id: uuid.UUID) -> dict[str, Any]:
    """One alert and its story: who was told, when, and who took it on."""
    found = _shown(alert_id)
    said = saying.said(session(), vault.current(), [alert_id]).get(alert_id)
    return {**found, "events": queries.story(session(), found["county_id"], alert_id), "said": said}


@api.post("/alerts/<uuid:alert_id>/acknowledge", right="alerts.act", body=NoteIn, answer=AlertOut)
def acknowledge(alert_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Take an alert on."""
    acting.acknowledge(session(), held(), alert_id, actor().user_id, body["note"], now=clock.now())
    return _shown(alert_id)


@api.post("/alerts/<uuid:alert_id>/resolve", right="alerts.act", body=NoteIn, answer=AlertOut)
def resolve(alert_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """End an alert, saying how."""
    acting.resolve(session(), held(), alert_id, actor().user_id, body["note"], now=clock.now())
    return _shown(alert_id)


@api.post("/sos", right="sos.press", body=SosIn, answer=SosOut, status=201, creates=True)
def press_sos(body: dict[str, Any]) -> dict[str, Any]:
    """Call for help, for an elder or for oneself. Call 120 or 110 first."""
    now = clock.now()
    elder = None
    if body["elder_id"] is not None:
        elder = pairings.callable_elder(session(), reach(), body["elder_id"], now=now)
        if elder is None:
            raise problem("not_found")
    grant = next((g for g in actor().grants if g.county_id is not None), None)
    county_id = elder.county_id if elder is not None else grant.county_id if grant is not None else None
    if county_id is None:
        raise problem("forbidden")
    region_id = elder.region_id if elder is not None else grant.region_id if grant is not None else None
    said = saying.seal(
        vault.current(), county_id, saying.about(elder), body["id"], clean_text(body["words"]),
        read_position(body["position"]),
    )  # fmt: skip
    acting.press_sos(session(), county_id, actor().user_id, body["id"], body["elder_id"], region_id, said=said, now=now)
    return {**queries.by_ids(session(), county_id, [body["id"]])[0], "call_first": ["120", "110"]}


def held() -> sa.ColumnElement[bool]:
    """What the running request's right holds."""
    return queries.within(reach(), actor().counties, clock.now())


def _shown(alert_id: uuid.UUID) -> dict[str, Any]:
    found = queries.one(session(), held(), alert_id)
    if found is None:
        raise problem("not_found")
    return found


def _codes(code: str | None) -> tuple[int, int] | None:
    """The codes of a region in one's scope; for visitors, of one where they hold a role. 404 for any other."""
    if code is None:
        return None
    region = regions.by_any_code(session(), int(code))
    areas = reach().areas or (tuple(g.area() for g in actor().grants) if reach().own else ())
    if region is None or region.code is None:
        raise problem("not_found")
    low, high = code_range(region.code, region.level)
    if not any(area.lo <= low and high <= area.hi for area in areas):
        raise problem("not_found")
    return low, high


@api.put("/counties/<int:county_id>/ladders", right="policies.write", body=LaddersIn, answer=LaddersOut)
def set_ladders(county_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """A county's own times for the ladders of its alerts."""
    return {"ladders": settings.set_times(session(), reach(), county_id, body["ladders"], now=clock.now())}
