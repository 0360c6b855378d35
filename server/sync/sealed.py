"""/sync/sealed: the way in that needs no token, so that neither a forgotten PIN nor a revoked phone loses a visit.

Whoever sends proves it item by item with the phone's key; everything else is the one way in (`server/intake`), with
the same limits and the same answers as `/sync/visits`. Wrong signatures are counted per address and slowed down, those
of a phone that knows its key never.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, request
from marshmallow import fields
from sqlalchemy.orm import Session

from server import clock, intake, keys
from server.auth import service as auth
from server.auth.queries import grants_of
from server.auth.reach import Actor
from server.database import begin_reading, session
from server.devices import service as devices
from server.devices.signers import Key, Signer, signer
from server.elders import vault
from server.http import PUBLIC, Bytes, Router, problem_response
from server.language import language
from server.problems import Problem, problem
from server.sync import events, sealed_photos
from server.sync.api import offset_at, store
from server.sync.opening import NOT_SIGNED, SEAL_BYTES, Boxes, Opened, open_item
from server.sync.visits import BatchOut, batch_of, read_json, result_out
from server.validation import Shape
from server.visits.model import Refusal
from shared.ids import read_uuid
from shared.protocol.limits import MAX_BODY, PHOTO_MAX
from shared.protocol.signing import unb64

api = Router("sync")

BEGINNING = dt.datetime.min.replace(tzinfo=dt.UTC)
# Batches or photos with a wrong signature, from one address within auth's window.
MAX_WRONG = 300
# Items nobody signed for that are kept of one phone: enough to find out what happened to it.
KEPT_UNSIGNED = 500


class SealedItem(Shape):
    id = fields.UUID(required=True)
    kind = fields.String(allow_none=True, metadata={"description": "`event`: not a visit but an event is in the box"})
    key_id = fields.String(allow_none=True, metadata={"description": "of `config.server_keys`"})
    sealed = fields.String(required=True, metadata={"description": "sealed box of the visit or event, base64url"})
    signature = fields.String(required=True, metadata={"description": "Ed25519, base64url"})


class SealedBatch(Shape):
    device_id = fields.UUID(required=True)
    items = fields.List(fields.Nested(SealedItem), required=True, metadata={"description": "1 to 500 items"})


@api.post("/sync/sealed", right=PUBLIC, body=Bytes(("application/json",), SealedBatch), answer=BatchOut,
          limit=MAX_BODY)  # fmt: skip
def push_sealed(body: bytes) -> dict[str, Any]:
    """Visits and events sealed for a server key, signed by the phone's, without a token; also from a revoked phone."""
    data = read_json(body)
    who = known_signer(data.get("device_id") if isinstance(data, dict) else None)
    items = batch_of(data, "items")
    boxes = Boxes(keys.ring().sealing)
    opened = [open_item(item, who, boxes) for item in items]
    now = clock.now()
    if any(o.key is None for o in opened):
        count_wrong(session(), now)
    epoch = devices.epoch(session(), now)
    results = take_in(session(), who, opened, now, now.astimezone(clock.zone()).date())
    return {"server_time": now, "epoch": str(epoch), "results": [result_out(r, language()) for r in results]}


@api.put("/sync/sealed/<uuid:visit_id>/photos/<sha256>", right=PUBLIC, body=Bytes(("application/octet-stream",)),
         status=201, also=(200, 202), limit=PHOTO_MAX + SEAL_BYTES)  # fmt: skip
def put_sealed_photo(visit_id: uuid.UUID, sha256: str, body: bytes) -> Response:
    """A sealed photo of such a visit, whole (201; 200 if it is there) or a part by Content-Range (202)."""
    told = _told(visit_id, sha256)
    span = request.headers.get("Content-Range")
    try:
        kept = sealed_photos.put(session(), told, Boxes(keys.ring().sealing), store(), body, span, now=clock.now())
    except Problem as wrong:
        if wrong.code == NOT_SIGNED:
            count_wrong(session(), clock.now())
        if "offset" not in wrong.params:
            raise
        return offset_at(problem_response(wrong), wrong.params["offset"])
    return offset_at(Response(status=kept.status), kept.offset)


@api.head("/sync/sealed/<uuid:visit_id>/photos/<sha256>", right=PUBLIC)
def head_sealed_photo(visit_id: uuid.UUID, sha256: str) -> Response:
    """How many of the sealed photo's bytes are there: `Upload-Offset`."""
    told = _told(visit_id, sha256)
    return offset_at(Response(status=200), sealed_photos.there(session(), told, store()))


def take_in(
    on: Session, who: Signer, opened: Sequence[Opened], now: dt.datetime, today: dt.date
) -> list[intake.Result]:
    """Through intake, in the name of the phone's holder, events by their own way; results in the order of the items."""
    by_key: dict[Key, list[int]] = defaultdict(list)
    for index, item in enumerate(opened):
        by_key[item.key or who.keys[0]].append(index)
    room = KEPT_UNSIGNED
    if any(item.key is None for item in opened):
        unsigned = sa.select(sa.func.count()).where(Refusal.device_id == who.device_id, Refusal.code == NOT_SIGNED)
        room -= on.scalar(unsigned) or 0
    results: dict[int, intake.Result] = {}
    for key, indexes in by_key.items():
        told = [index for index in indexes if opened[index].event]
        if told:
            # A phone that has no right to speak any more is heard when it calls for help, and otherwise kept.
            speaker = Actor(
                who.user_id, "", grants_of(on, who.user_id, today), None, who.device_id, key.county_id
            )  # fmt: skip
            brought = events.receive(
                on, speaker, [opened[index].value for index in told], vault=vault.current(), now=now, today=today,
                heard_until=BEGINNING if key.lost else key.revoked_at,
            )  # fmt: skip
            results |= zip(told, brought, strict=True)
        taken = []
        for index in indexes:
            if opened[index].event:
                continue
            if opened[index].key is None and (room := room - 1) < 0:
                results[index] = intake.closed_result(opened[index].value)
            else:
                taken.append(index)
        sender = intake.Sender(
            who.user_id, key.county_id, device_id=who.device_id, device_lost=key.lost,
            revoked_at=None if key.lost else key.revoked_at,
        )  # fmt: skip
        values = [opened[index].value for index in taken]
        if taken:
            done = intake.receive(on, sender, values, vault=vault.current(), now=now)
            results |= zip(taken, done, strict=True)
    return [results[index] for index in range(len(opened))]


def known_signer(device_id: object) -> Signer:
    """The phone of that id, or `device_unknown`. Ends the reading: keys are tried without a transaction."""
    named = read_uuid(device_id)
    on = session()
    begin_reading(on)
    found = signer(on, named) if named is not None else None
    on.rollback()
    if found is None:
        count_wrong(on, clock.now())
        raise problem("device_unknown")
    return found


def count_wrong(on: Session, now: dt.datetime) -> None:
    """Count one more that was not signed by the phone it names; `too_many_requests` where an address keeps trying."""
    name = devices.rate_name("sealed", request.remote_addr or "")
    count, _ = auth.failures(on, name, now)
    if count >= MAX_WRONG:
        raise problem("too_many_requests", retry_after=int(auth.WINDOW.total_seconds()))
    auth.add_failure(on, name, now)
    on.commit()


def _told(visit_id: uuid.UUID, sha256: str) -> sealed_photos.Told:
    """What the request's headers say of a sealed photo."""
    who = known_signer(request.headers.get("Yuetan-Device"))
    try:
        signature = unb64(request.headers.get("Yuetan-Signature", ""))
    except ValueError:
        signature = b""
    key_id = request.headers.get("Yuetan-Key-Id") or None
    return sealed_photos.Told(who, visit_id, sha256, key_id, signature)
