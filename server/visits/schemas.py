"""The shapes of visits as lists and pages show them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from server.elders.schemas import ElderRef
from server.language import language
from server.people.schemas import PersonRef
from server.regions.schemas import CODE, RegionRef
from server.validation import Instant, Shape
from server.visits.grounds import spoken
from shared.protocol.flags import message


class FlagField(fields.Field[dict[str, Any]]):
    """A stored flag with its sentence in the reader's language."""

    def _serialize(self, value: dict[str, Any] | None, attr: object, obj: object, **more: object) -> object:
        return None if value is None else flag_out(value)


def flag_out(flag: dict[str, Any]) -> dict[str, Any]:
    return {**flag, "message": message(flag["code"], flag.get("figures"), language())}


class VisitsQuery(Shape):
    region = fields.String(validate=CODE)
    first = fields.Date(data_key="from", metadata={"description": "local date of the start, included"})
    last = fields.Date(data_key="to")
    assurance = fields.String(validate=validate.OneOf(["verified", "plausible", "doubtful"]))
    review = fields.String(validate=validate.OneOf(["pending", "none", "accept", "reject"]))
    elder = fields.UUID()
    visitor = fields.UUID()


class Spoken(fields.Field[str]):
    """A decision's reason in the reader's language: its ground's words, then the reviewer's own."""

    def _serialize(self, value: object, attr: object, obj: Any, **more: object) -> str:
        return spoken(obj["decision"], obj["ground"], obj["words"], language())


class ReviewOut(Shape):
    decision = fields.String(metadata={"description": "accept, reject; in an explanation also reopen, reply"})
    by = fields.Nested(PersonRef)
    at = Instant()
    reason = Spoken()
    ground = fields.String(allow_none=True)
    words = fields.String()


class VisitOut(Shape):
    """The visit as the phone sent it, and what became of it."""

    v = fields.Integer()
    id = fields.String()
    elder_id = fields.String(allow_none=True)
    tag = fields.String(allow_none=True)
    tag_by = fields.String(allow_none=True)
    channel = fields.String()
    outcome = fields.String()
    reason = fields.String(allow_none=True)
    started_at = fields.String()
    ended_at = fields.String(allow_none=True)
    clock = fields.Raw(allow_none=True)
    start_position = fields.Raw(allow_none=True)
    position = fields.Raw(allow_none=True)
    form = fields.Raw(allow_none=True)
    answers = fields.Raw()
    all_good_tapped = fields.Boolean()
    urgent = fields.Raw(allow_none=True)
    needs = fields.Raw()
    note = fields.String(allow_none=True)
    photos = fields.List(fields.String())
    companion_ids = fields.List(fields.String())
    device_id = fields.String(allow_none=True)
    elder = fields.Nested(ElderRef, allow_none=True)
    region = fields.Nested(RegionRef, allow_none=True)
    visitor = fields.Nested(PersonRef)
    received_at = Instant()
    trusted_start = Instant()
    stay_s = fields.Integer(allow_none=True)
    assurance = fields.String()
    flags = fields.List(FlagField())
    counts = fields.Boolean(metadata={"description": "it qualifies for the elder's duty"})
    late = fields.Boolean()
    review = fields.Nested(ReviewOut, allow_none=True)
    photos_missing = fields.List(fields.String())


class JudgementOut(Shape):
    at = Instant()
    rule_version = fields.Integer()
    policy = fields.Raw()
    assurance = fields.String()
    flags = fields.List(FlagField())
    inputs = fields.Raw(allow_none=True)


class ExplanationOut(Shape):
    id = fields.String()
    assurance = fields.String()
    decision = fields.String(allow_none=True, metadata={"description": "the one that stands"})
    counts = fields.Boolean()
    judgements = fields.List(fields.Nested(JudgementOut), metadata={"description": "oldest first; the last one stands"})
    decisions = fields.List(fields.Nested(ReviewOut), metadata={"description": "everything people said about it"})
