"""POST /sync/visits: a batch of visits in, one answer per visit out, in order (CONTRACT)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from server import clock, intake
from server.auth.current import actor
from server.database import session
from server.devices import service as devices
from server.elders import vault
from server.http import Bytes, Router
from server.intake import gathering
from server.language import Language, Text, language
from server.problems import problem
from server.validation import Instant, Shape
from server.visits.schemas import flag_out
from shared.protocol import visit as wire
from shared.protocol.limits import MAX_BATCH, MAX_BODY, MAX_ITEM

api = Router("sync")

# What shared.protocol.reading says of a required field that it cannot read.
FIELD_ERRORS = {
    "required": Text("必填", "Required."),
    "not_a_uuid": Text("编号格式不对", "Not a valid id."),
    "not_a_code": Text("应为小写字母、数字和下划线", "Must be lowercase letters, digits and underscores."),
    "not_a_time": Text("时间格式不对，需要带时区，如 2026-11-03T09:12:31+08:00",
                       "Must be an RFC 3339 time with offset, like 2026-11-03T09:12:31+08:00."),
    "not_an_object": Text("应为一个对象", "Must be an object."),
    "not_a_text": Text("应为文字", "Must be a text."),
    "not_base64": Text("应为不带等号的 base64url", "Must be base64url without padding."),
}  # fmt: skip


class VisitBatch(Shape):
    visits = fields.List(fields.Dict(), required=True, metadata={"description": "1 to 500 visits"})


class ItemResult(Shape):
    id = fields.String(allow_none=True)
    status = fields.String(metadata={"enum": ["accepted", "duplicate", "rejected"]})
    assurance = fields.String(allow_none=True)
    flags = fields.List(fields.Dict())
    photos_missing = fields.List(fields.String())
    error = fields.Dict(allow_none=True)


class BatchOut(Shape):
    server_time = Instant()
    epoch = fields.String()
    results = fields.List(fields.Nested(ItemResult))


@api.post("/sync/visits", right="sync.push", body=Bytes(("application/json",), VisitBatch), answer=BatchOut,
          limit=MAX_BODY)  # fmt: skip
def push_visits(body: bytes) -> dict[str, Any]:
    """Visits from a phone (or the H5 page), also gzipped; a bad one never stops the others."""
    items = read_batch(body, "visits")
    now = clock.now()
    epoch = devices.epoch(session(), now)
    results = gathering.current().receive(session(), sender(), items, vault=vault.current(), now=now)
    return {"server_time": now, "epoch": str(epoch), "results": [result_out(r, language()) for r in results]}


def read_batch(body: bytes, name: str) -> list[Any]:
    """The list under `name` of a JSON body, of a size we take."""
    return batch_of(read_json(body), name)


def read_json(body: bytes) -> Any:
    try:
        return wire.loads(body)
    except ValueError:
        raise problem("json_invalid") from None


def batch_of(data: Any, name: str) -> list[Any]:
    items = data.get(name) if isinstance(data, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_BATCH:
        raise problem("batch_size", limit=MAX_BATCH)
    return items


def sender() -> intake.Sender:
    who = actor()
    counties = tuple(dict.fromkeys(g.county_id for g in who.grants if g.county_id is not None))
    return intake.Sender(who.user_id, who.county_id, counties, who.device_id)


def result_out(result: intake.Result, words: Language) -> dict[str, Any]:
    """A result on the wire: flags with their sentences, the error as a problem object."""
    error = None
    if result.error is not None:
        fields_wrong = {path: [FIELD_ERRORS.get(c, Text(c, c)) for c in codes] for path, codes in result.errors.items()}
        wrong = problem(result.error, errors=fields_wrong or None)
        if result.error == "item_too_large":
            wrong.params["limit"] = MAX_ITEM
        error = wrong.body(words)
    return {
        "id": result.id, "status": result.status, "assurance": result.assurance,
        "flags": [flag_out(dict(flag)) for flag in result.flags], "photos_missing": list(result.photos_missing),
        "error": error,
    }  # fmt: skip
