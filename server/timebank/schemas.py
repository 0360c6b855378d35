"""The shapes of the time bank."""

from __future__ import annotations

from marshmallow import fields, validate

from server.validation import Instant, Shape


class MemberQuery(Shape):
    user = fields.UUID(metadata={"description": "a member of one's regions; without it: oneself"})


class AccountOut(Shape):
    free_minutes = fields.Integer()
    pending_minutes = fields.Integer()
    held_minutes = fields.Integer()
    debt_minutes = fields.Integer()


class TimeEntryOut(Shape):
    id = fields.UUID()
    at = Instant()
    minutes = fields.Integer(metadata={"description": "signed"})
    bucket = fields.String()
    kind = fields.String()
    visit_id = fields.UUID(allow_none=True)
    order_id = fields.UUID(allow_none=True)
    reverses = fields.UUID(allow_none=True)
    memo = fields.String()


class TransferIn(Shape):
    id = fields.UUID(required=True)
    to = fields.String(
        required=True, validate=validate.Length(1, 64),
        metadata={"description": "a member's user id or user name, or `pool`: the community's"},
    )
    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=1_000_000))
    memo = fields.String(load_default="", validate=validate.Length(max=200))


class TransferOut(Shape):
    id = fields.UUID()
    at = Instant()
    to = fields.String()
    minutes = fields.Integer()
    memo = fields.String()
