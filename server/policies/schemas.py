"""The shapes of policies. `/sync/changes` has the first four fields of each."""

from __future__ import annotations

from marshmallow import fields, validate

from server.validation import Instant, Shape
from shared.rules.policy import CHANNELS


class PoliciesQuery(Shape):
    versions = fields.Boolean(load_default=False, metadata={"description": "also those no longer in force"})


class PolicyIn(Shape):
    """What a policy asks for from now on."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=60))
    channels = fields.List(
        fields.String(validate=validate.OneOf(sorted(CHANNELS))), required=True, validate=validate.Length(min=1)
    )
    per_month = fields.Integer(required=True, strict=True, validate=validate.Range(1, 31))
    per_week = fields.Integer(required=True, strict=True, validate=validate.Range(0, 7))
    home_per_month = fields.Integer(required=True, strict=True, validate=validate.Range(0, 31))
    stay_min_s = fields.Integer(required=True, strict=True, validate=validate.Range(0, 3600))


class PolicyOut(Shape):
    id = fields.String()
    version = fields.Integer()
    channels = fields.List(fields.String())
    stay_min_s = fields.Integer()
    name = fields.String()
    focused = fields.Boolean()
    per_month = fields.Integer()
    per_week = fields.Integer()
    home_per_month = fields.Integer()
    county_id = fields.Integer()
    created_at = Instant()
