"""The shapes of ties."""

from __future__ import annotations

from marshmallow import fields, validate

from server.elders.schemas import ElderRef
from server.pairings.model import PAIRING_ROLES
from server.people.schemas import PersonRef
from server.validation import Instant, Shape


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
    elder = fields.Nested(ElderRef)
    user = fields.Nested(PersonRef)
    role = fields.String()
    starts_at = Instant()
    ends_at = Instant(allow_none=True)
