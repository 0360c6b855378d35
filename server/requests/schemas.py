"""The shapes of requests about elders' data."""

from __future__ import annotations

from marshmallow import fields, validate

from server.elders.schemas import ElderRef
from server.people.schemas import PersonRef
from server.requests.model import ASKERS, KINDS, OUTCOMES
from server.requests.queries import STATES
from server.validation import Instant, Shape

_SAID = validate.Length(max=4000)


class RequestsQuery(Shape):
    state = fields.String(validate=validate.OneOf(STATES))


class RequestIn(Shape):
    id = fields.UUID(required=True)
    elder_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    asked_by = fields.String(required=True, validate=validate.OneOf(ASKERS))
    received_on = fields.Date(required=True)
    note = fields.String(load_default="", validate=_SAID)


class FinishIn(Shape):
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    answer = fields.String(load_default="", validate=_SAID, metadata={"description": "a refusal says why"})


class RequestOutcome(Shape):
    outcome = fields.String()
    answer = fields.String()
    at = Instant()
    by = fields.Nested(PersonRef)


class RequestOut(Shape):
    id = fields.UUID()
    elder = fields.Nested(ElderRef)
    kind = fields.String()
    asked_by = fields.String()
    received_on = fields.Date()
    due_on = fields.Date()
    overdue = fields.Boolean()
    note = fields.String()
    recorded_by = fields.Nested(PersonRef)
    outcome = fields.Nested(RequestOutcome, allow_none=True)
