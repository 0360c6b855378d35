"""The shapes of policies. `/sync/changes` has the first four fields of each."""

from __future__ import annotations

from marshmallow import fields

from server.validation import Instant, Shape


class PoliciesQuery(Shape):
    versions = fields.Boolean(load_default=False, metadata={"description": "also those no longer in force"})


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
