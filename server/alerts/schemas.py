"""The shapes of alerts."""

from __future__ import annotations

from marshmallow import fields, validate

from server.alerts.queries import STATES
from server.alerts.said import WORDS_MAX
from server.elders.schemas import ElderRef
from server.people.schemas import PersonRef
from server.regions.schemas import CODE, RegionRef
from server.validation import Instant, Shape
from shared.protocol.visit import write_position


class AlertsQuery(Shape):
    region = fields.String(validate=CODE)
    state = fields.String(validate=validate.OneOf(STATES))
    kind = fields.String(validate=validate.Regexp(r"^[a-z0-9_]{1,40}$"))


class AlertEnd(Shape):
    by = fields.Nested(PersonRef, allow_none=True, metadata={"description": "null: a later visit did it"})
    at = Instant()
    result = fields.String(allow_none=True)


class AlertOut(Shape):
    id = fields.UUID()
    kind = fields.String()
    elder = fields.Nested(ElderRef, allow_none=True)
    region = fields.Nested(RegionRef, allow_none=True)
    visit_id = fields.UUID(allow_none=True)
    period = fields.String()
    state = fields.String()
    step = fields.Integer()
    opened_at = Instant()
    due_at = Instant(allow_none=True)
    acknowledged_by = fields.Nested(PersonRef, allow_none=True)
    acknowledged_at = Instant(allow_none=True)
    resolved = fields.Nested(AlertEnd, allow_none=True)
    version = fields.Integer()


class AlertEventOut(Shape):
    at = Instant()
    kind = fields.String()
    by = fields.Nested(PersonRef, allow_none=True)
    details = fields.Raw(allow_none=True)


class SaidOut(Shape):
    words = fields.String()
    position = fields.Function(
        lambda said: write_position(said.position),
        metadata={"type": ["object", "null"], "description": "where the phone was, as in a visit"},
    )
    from_home_m = fields.Integer(allow_none=True)
    by = fields.String(metadata={"description": "who called"})


class AlertStory(AlertOut):
    events = fields.List(fields.Nested(AlertEventOut))
    said = fields.Nested(SaidOut, allow_none=True, metadata={"description": "of a call for help"})


class NoteIn(Shape):
    note = fields.String(load_default="", validate=validate.Length(max=4000))


class SosIn(Shape):
    id = fields.UUID(required=True)
    elder_id = fields.UUID(load_default=None, allow_none=True)
    words = fields.String(load_default="", validate=validate.Length(max=WORDS_MAX))
    position = fields.Raw(
        load_default=None, allow_none=True, metadata={"description": "as in a visit; one that cannot be read is none"}
    )


class SosOut(AlertOut):
    call_first = fields.List(fields.String())


class LaddersIn(Shape):
    ladders = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Integer(strict=True)), required=True,
        metadata={"description": "kind → minutes of each step; kinds that are not named keep theirs"},
    )  # fmt: skip


class LaddersOut(Shape):
    ladders = fields.Raw(metadata={"description": "kind → minutes of each step, as they are in force"})
