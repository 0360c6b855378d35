"""What a phone asks and sends beside its visits: what changed, photos, and what else it has to tell."""

from __future__ import annotations

import gzip
import uuid
from typing import Any

from flask import Response, current_app, request
from marshmallow import fields, validate

from server import clock
from server.auth.current import actor
from server.database import session
from server.devices.api import app_version, config
from server.devices.service import installation
from server.elders import vault
from server.files.current import files
from server.http import Bytes, Router, json_response, problem_response
from server.keys import ring
from server.language import language
from server.problems import Problem
from server.sync import events, photos
from server.sync.changes import PAGE, Setting, changes
from server.sync.photos import Store
from server.sync.spool import Spool
from server.sync.visits import BatchOut, read_batch, result_out
from server.validation import Instant, Shape
from shared.protocol.limits import MAX_BODY, PHOTO_MAX

api = Router("sync")

GZIP_FROM = 1024  # bytes; smaller answers fit a packet as they are


class ChangesQuery(Shape):
    cursor = fields.String(metadata={"description": "of the last answer that was stored; none: everything"})
    limit = fields.Integer(
        load_default=PAGE, validate=validate.Range(1, PAGE), metadata={"description": "elders in this answer"}
    )


class ChangesOut(Shape):
    """Lists hold items to add or to replace; `removed_elder_ids` and `removed` name what to drop."""

    cursor = fields.String()
    has_more = fields.Boolean(metadata={"description": "pull again at once, with this cursor"})
    server_time = Instant()
    epoch = fields.String()
    elders = fields.List(fields.Dict())
    removed_elder_ids = fields.List(fields.UUID())
    tag_hashes = fields.Dict(
        keys=fields.String(), values=fields.UUID(allow_none=True),
        metadata={"description": "SHA-256 of a tag's token: its elder, or null: revoked"},
    )  # fmt: skip
    policies = fields.List(fields.Dict())
    forms = fields.List(fields.Dict())
    alerts = fields.List(fields.Dict())
    account = fields.Dict(allow_none=True)
    courses = fields.List(fields.Dict())
    people = fields.List(fields.Dict())
    config = fields.Dict()
    removed = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()),
        metadata={"description": "ids to drop from policies, alerts, people; `id/version` of courses"},
    )  # fmt: skip


class EventBatch(Shape):
    events = fields.List(fields.Dict(), required=True, metadata={"description": "1 to 500 events"})


@api.get("/sync/changes", right="sync.pull", query=ChangesQuery, answer=ChangesOut)
def pull_changes(query: dict[str, Any]) -> Response:
    """What changed for this phone since the cursor."""
    setting = Setting(vault.current(), clock.zone(), language(), config(), app_version(request.headers))
    cursor = query.get("cursor") or None
    answer = changes(session(), actor(), cursor, setting, now=clock.now(), limit=query["limit"])
    return packed(json_response(answer))


@api.post("/sync/events", right="sync.push", body=Bytes(("application/json",), EventBatch), answer=BatchOut,
          limit=MAX_BODY)  # fmt: skip
def push_events(body: bytes) -> dict[str, Any]:
    """What else a phone has to tell; unknown kinds are kept."""
    items = read_batch(body, "events")
    now = clock.now()
    epoch = installation(session(), now).epoch
    today = now.astimezone(clock.zone()).date()
    results = events.receive(session(), actor(), items, vault=vault.current(), now=now, today=today)
    return {"server_time": now, "epoch": str(epoch), "results": [result_out(r, language()) for r in results]}


@api.put("/sync/visits/<uuid:visit_id>/photos/<sha256>", right="photos.write", body=Bytes(("image/jpeg",)),
         status=201, also=(200, 202), limit=PHOTO_MAX)  # fmt: skip
def put_photo(visit_id: uuid.UUID, sha256: str, body: bytes) -> Response:
    """A visit's photo, whole (201; 200 if it is there) or a part by Content-Range (202)."""
    try:
        kept = photos.put(
            session(), actor(), store(), visit_id, sha256, body, request.headers.get("Content-Range"), now=clock.now()
        )
    except Problem as wrong:
        if "offset" not in wrong.params:
            raise
        return offset_at(problem_response(wrong), wrong.params["offset"])
    return offset_at(Response(status=kept.status), kept.offset)


@api.head("/sync/visits/<uuid:visit_id>/photos/<sha256>", right="photos.write")
def head_photo(visit_id: uuid.UUID, sha256: str) -> Response:
    """How many of the photo's bytes are there: `Upload-Offset`."""
    return offset_at(Response(status=200), photos.there(session(), actor(), store(), visit_id, sha256))


def offset_at(response: Response, offset: int) -> Response:
    response.headers["Upload-Offset"] = str(offset)
    response.headers["Cache-Control"] = "no-store"
    return response


def store() -> Store:
    settings = current_app.extensions["yuetan_settings"]
    return Store(files(), Spool(settings.home / "spool", ring().key("photo spool")), vault.current())


def packed(response: Response) -> Response:
    """Gzipped where the phone takes it: a first pull shrinks to a fifth."""
    data = response.get_data()
    if len(data) < GZIP_FROM or not request.accept_encodings["gzip"]:
        return response
    response.set_data(gzip.compress(data, compresslevel=6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Accept-Language"
    return response
