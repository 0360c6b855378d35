"""Shapes of tags on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from server.regions.schemas import CODE
from server.validation import Instant, Shape


class PrintIn(Shape):
    """`elder_ids`: only these of the region's elders; left out: all of them."""

    id = fields.UUID(required=True)
    region = fields.String(required=True, validate=CODE)
    elder_ids = fields.List(fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(1, 2000))


class ReissueQuery(Shape):
    replaces = fields.Integer(
        load_default=None, validate=validate.Range(0),
        metadata={"description": "the generation that you saw (0: none): sent again, the request then does nothing"},
    )  # fmt: skip


class TagOut(Shape):
    elder_id = fields.UUID(required=True)
    short_no = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["none", "active", "revoked"]))
    generation = fields.Integer(allow_none=True)
    issued_at = Instant(allow_none=True)
    revoked_at = Instant(allow_none=True)
