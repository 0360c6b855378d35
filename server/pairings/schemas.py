"""The shapes of ties; and of a person and an elder as lists name them."""

from __future__ import annotations

from marshmallow import fields, validate

from server.pairings.model import PAIRING_ROLES
from server.regions.schemas import RegionRef
from server.validation import Instant, Shape


class PersonName(Shape):
    id = fields.UUID()
    name = fields.String()


class ElderName(PersonName):
    region = fields.Nested(RegionRef, allow_none=True)


class PairingsQuery(Shape):
    elder = fields.UUID()
    user = fields.UUID()
    ended = fields.Boolean(load_default=False, metadata={"description": "also those that ended"})


class PairingIn(Shape):
    id = fields.UUID(required=True)
    elder_id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    role = fields.String(load_default="main", validate=validate.OneOf(PAIRING_ROLES))
    starts_at = Instant(load_default=None, allow_none=True)


class PairingEndIn(Shape):
    ends_at = Instant(load_default=None, allow_none=True)


class PairingOut(Shape):
    id = fields.UUID()
    elder = fields.Nested(ElderName)
    user = fields.Nested(PersonName)
    role = fields.String()
    starts_at = Instant()
    ends_at = Instant(allow_none=True)
