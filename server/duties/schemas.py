"""The shapes of figures, of the missing, and of closed months."""

from __future__ import annotations

from marshmallow import ValidationError, fields

from server.callbacks.schemas import SampleOut
from server.elders.schemas import ElderRef
from server.language import Text
from server.people.schemas import PersonRef
from server.regions.schemas import CODE, RegionRef
from server.validation import Instant, Shape
from shared.rules.months import Month


class MonthField(fields.Field[Month]):
    """`YYYY-MM`."""

    def _deserialize(self, value: object, attr: object, data: object, **more: object) -> Month:
        try:
            return Month.parse(str(value))
        except ValueError:
            raise ValidationError([Text("月份格式不对，如 2026-11", "Must be a month like 2026-11.")]) from None  # type: ignore[list-item]

    def _serialize(self, value: Month | None, attr: object, obj: object, **more: object) -> str | None:
        return None if value is None else str(value)


class ComplianceQuery(Shape):
    region = fields.String(validate=CODE, metadata={"description": "12 digits; left out: the widest of one's own"})
    month = MonthField(metadata={"description": "YYYY-MM; left out: the running month"})


class Figures(Shape):
    region = fields.Nested(RegionRef)
    month = fields.String()
    as_of = Instant()
    closed = fields.Boolean()
    due = fields.Integer()
    visited = fields.Integer()
    visited_home = fields.Integer()
    missing = fields.Integer()
    away = fields.Integer()
    away_kept = fields.Integer()
    refused = fields.Integer()
    weeks_owed = fields.Integer(metadata={"description": "weeks owed to focused elders"})
    weeks_kept = fields.Integer()
    rate = fields.Float(allow_none=True, metadata={"description": "visited ÷ due, four decimals; null at no due"})
    home_rate = fields.Float(allow_none=True)
    focused_rate = fields.Float(allow_none=True)
    on_track = fields.Boolean()
    sample = fields.Nested(
        SampleOut, allow_none=True, metadata={"description": "what the newest call-backs say; null: none was drawn yet"}
    )


class ComplianceOut(Figures):
    children = fields.List(fields.Nested(Figures), metadata={"description": "the same, one level down"})


class MissingElderRef(ElderRef):
    short_no = fields.Integer()


class MissingOut(Shape):
    elder = fields.Nested(MissingElderRef)
    visitor = fields.Nested(PersonRef, allow_none=True)
    last_visit_at = Instant(allow_none=True)
    visits_needed = fields.Integer(attribute="needed")
    visits_done = fields.Integer(attribute="done")
    period = fields.String(attribute="kind", metadata={"description": "month or week"})
    start = fields.Date(attribute="starts_on")
    end = fields.Date(attribute="ends_on")


class MonthsQuery(Shape):
    month = MonthField(metadata={"description": "YYYY-MM; left out: all"})


class ClosingOut(Shape):
    """One version of a closed month of a county, with its figures over the villages in reach."""

    county = fields.String()
    month = fields.String()
    version = fields.Integer()
    closed_at = Instant()
    reason = fields.String()
    digest = fields.String(metadata={"description": "SHA-256 over the figures of all villages of the county, hex"})
    due = fields.Integer()
    visited = fields.Integer()
    missing = fields.Integer()
    rate = fields.Float(allow_none=True)
