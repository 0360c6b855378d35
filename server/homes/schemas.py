"""The shapes of proposed places of homes."""

from __future__ import annotations

from marshmallow import fields, validate

from server.elders.schemas import ElderRef
from server.homes.model import DECISIONS, STATES
from server.people.schemas import PersonRef
from server.regions.schemas import CODE
from server.validation import Instant, Shape


class ProposalsQuery(Shape):
    region = fields.String(validate=CODE)
    state = fields.String(validate=validate.OneOf(STATES))
    elder_id = fields.UUID()


class PointOut(Shape):
    """WGS-84, degrees."""

    lat = fields.Float()
    lon = fields.Float()


class ReadingOut(PointOut):
    visit_id = fields.UUID()
    visitor = fields.Nested(PersonRef)
    at = Instant()
    accuracy_m = fields.Integer()


class ProposedElder(ElderRef):
    short_no = fields.Integer()


class HomeDecisionOut(Shape):
    decision = fields.String(metadata={"description": "accept, decline"})
    by = fields.Nested(PersonRef)
    at = Instant()
    reason = fields.String()
    callback_id = fields.UUID(allow_none=True, metadata={"description": "the call in which the elder said so"})
    after = fields.Nested(PointOut, allow_none=True, metadata={"description": "registered since"})


class ProposalOut(Shape):
    """Where readings put a home, and where the register does (for decided ones: did)."""

    id = fields.UUID()
    state = fields.String(metadata={"description": "open, accepted, declined, gone (the readings say so no longer)"})
    elder = fields.Nested(ProposedElder)
    registered = fields.Nested(PointOut, allow_none=True)
    proposed = fields.Nested(PointOut)
    distance_m = fields.Integer(allow_none=True, metadata={"description": "between them; null: none registered"})
    spread_m = fields.Integer()
    several = fields.Boolean(metadata={"description": "different visitors agree: visits are judged by it already"})
    days = fields.Integer()
    visitors = fields.List(fields.Nested(PersonRef))
    readings = fields.List(fields.Nested(ReadingOut))
    found_at = Instant()
    decision = fields.Nested(HomeDecisionOut, allow_none=True)


class HomeDecisionIn(Shape):
    decision = fields.String(required=True, validate=validate.OneOf(DECISIONS))
    reason = fields.String(
        load_default="", validate=validate.Length(max=1000), metadata={"description": "needed to decline"}
    )
