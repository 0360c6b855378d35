"""The shapes of shifts."""

from __future__ import annotations

from marshmallow import fields

from server.people.schemas import PersonRef
from server.regions.schemas import CODE, RegionRef
from server.validation import Instant, Shape


class ShiftIn(Shape):
    id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    region = fields.String(required=True, validate=CODE)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class ShiftOut(Shape):
    id = fields.UUID()
    user = fields.Nested(PersonRef)
    region = fields.Nested(RegionRef)
    starts_at = Instant()
    ends_at = Instant()
    cancelled_at = Instant(allow_none=True)
