"""The shapes of call-backs, their draws, and what they say."""

from __future__ import annotations

from marshmallow import fields, validate

from server.callbacks.model import OUTCOMES
from server.callbacks.queries import STATES
from server.elders.schemas import ElderRef
from server.people.schemas import PersonRef
from server.regions.schemas import CODE
from server.validation import Instant, Shape
from shared.rules.months import Month

NOTE_MAX = 1000


class SampleOut(Shape):
    """An estimate from call-backs, with its interval."""

    month = fields.String(metadata={"description": "the month that was sampled"})
    population = fields.Integer(metadata={"description": "visits that counted when the month was closed"})
    needed = fields.Integer(metadata={"description": "answers that bound the share below 2 % (95 %) if none is found"})
    drawn = fields.Integer()
    open = fields.Integer(metadata={"description": "not called yet"})
    answered = fields.Integer(metadata={"description": "confirmed or not confirmed"})
    confirmed = fields.Integer()
    not_confirmed = fields.Integer()
    elder_unsure = fields.Integer()
    not_reached = fields.Integer()
    share = fields.Float(allow_none=True, metadata={"description": "not confirmed ÷ answered"})
    low = fields.Float(allow_none=True, metadata={"description": "the interval of the share in all of them, exact"})
    high = fields.Float(allow_none=True)
    below = fields.Float(allow_none=True, metadata={"description": "none found: the share is at most this"})
    confidence = fields.Float()


class CallbacksQuery(Shape):
    month = fields.String(validate=validate.Regexp(r"\d{4}-(0[1-9]|1[0-2])\Z"))
    state = fields.String(validate=validate.OneOf(STATES))
    region = fields.String(validate=CODE)
    mine = fields.Boolean(load_default=False, metadata={"description": "only those assigned to oneself"})


def month_of(query: dict[str, str]) -> Month | None:
    return Month.parse(query["month"]) if "month" in query else None


class CalledElder(ElderRef):
    short_no = fields.Integer()
    status = fields.String(metadata={"description": "as in /elders: who died meanwhile is not to be called"})


class CalledVisit(Shape):
    id = fields.UUID()
    start = Instant()
    channel = fields.String()
    stay_s = fields.Integer(allow_none=True)


class AttemptOut(Shape):
    outcome = fields.String()
    note = fields.String()
    at_home = fields.Boolean(allow_none=True)
    by = fields.Nested(PersonRef)
    at = Instant()


class CallbackOut(Shape):
    id = fields.UUID()
    month = fields.String()
    round = fields.Integer()
    state = fields.String()
    elder = fields.Nested(CalledElder)
    visit = fields.Nested(CalledVisit)
    visitor = fields.Nested(PersonRef)
    assigned_to = fields.Nested(PersonRef, allow_none=True)
    outcome = fields.String(allow_none=True)
    attempts = fields.List(fields.Nested(AttemptOut))
    asks_home = fields.Boolean(
        metadata={"description": "of one call: ask where the visit took place, for the register may be wrong"}
    )


class OutcomeIn(Shape):
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    at_home = fields.Boolean(
        load_default=None, allow_none=True,
        metadata={"description": "with `confirmed`: the elder says that the visit took place in their home; a place"
                                 " that its reading proposes (`asks_home`) becomes the registered one"},
    )  # fmt: skip
    note = fields.String(load_default="", validate=validate.Length(max=NOTE_MAX))


class AssignIn(Shape):
    user_id = fields.UUID(required=True)


class RoundOut(Shape):
    round = fields.Integer()
    drawn_at = Instant()
    closing_digest = fields.String()
    number = fields.String(metadata={"description": "what was promised by `commitment`, its SHA-256; hex"})
    seed = fields.String()
    population = fields.Integer()
    size = fields.Integer()
    frame_digest = fields.String(metadata={"description": "SHA-256 over the visits drawn from, hex"})


class DrawOut(Shape):
    county = fields.String()
    county_id = fields.Integer()
    month = fields.String()
    announced_at = Instant()
    commitment = fields.String()
    method = fields.String()
    formula = fields.String()
    rounds = fields.List(fields.Nested(RoundOut))
