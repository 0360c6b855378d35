"""The shapes of absences."""

from __future__ import annotations

from marshmallow import fields, validate

from server.absences.model import REASONS
from server.elders.schemas import ElderRef
from server.validation import Instant, Shape


class AbsencesQuery(Shape):
    elder = fields.UUID()
    state = fields.String(validate=validate.OneOf(["asked", "approved", "withdrawn"]))


class AbsenceIn(Shape):
    id = fields.UUID(required=True)
    elder_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(load_default=None, allow_none=True, metadata={"description": "last day away; null: open"})


class AbsenceEndIn(Shape):
    ends_on = fields.Date(required=True)


class AbsenceOut(Shape):
    id = fields.UUID()
    elder = fields.Nested(ElderRef)
    reason = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date(allow_none=True)
    state = fields.String(metadata={"description": "asked, approved, withdrawn"})
    recorded_at = Instant()
    recorded_by = fields.UUID(allow_none=True)
    approved_at = Instant(allow_none=True)
    approved_by = fields.UUID(allow_none=True)
