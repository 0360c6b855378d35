"""The shapes of decisions about visits."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate

from server.elders.schemas import ElderRef
from server.language import Text
from server.people.schemas import PersonRef
from server.regions.schemas import CODE, RegionRef
from server.reviews.deaths import KINDS, STATES
from server.reviews.model import FINDINGS
from server.validation import Instant, Shape
from server.visits.grounds import CODES

_SAID = validate.Length(max=4000)


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValidationError([Text("请写明", "Say it in words.")])


class ReviewIn(Shape):
    decision = fields.String(required=True, validate=validate.OneOf(["accept", "reject"]))
    ground = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(CODES),
        metadata={"description": "why, of the closed list of the decision"},
    )  # fmt: skip
    reason = fields.String(load_default="", validate=_SAID, metadata={"description": "in words"})


class ReviewManyIn(ReviewIn):
    visit_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=200))


class DecidedOut(Shape):
    id = fields.UUID()
    status = fields.String(metadata={"description": "decided, unchanged, refused"})
    error = fields.Raw(allow_none=True, metadata={"description": "a problem object, or null"})


class ReviewManyOut(Shape):
    results = fields.List(fields.Nested(DecidedOut))


class QueueQuery(Shape):
    region = fields.String(validate=CODE)
    by = fields.String(load_default="visitor", validate=validate.OneOf(["visitor", "reason"]))


class ReasonCount(Shape):
    code = fields.String()
    title = fields.String()
    count = fields.Integer()


class WaitingOut(Shape):
    """Visits that wait for a decision, of one visitor or for one reason."""

    visitor = fields.Nested(PersonRef, allow_none=True)
    reason = fields.Nested(ReasonCount, allow_none=True)
    count = fields.Integer()
    oldest = Instant(metadata={"description": "start of the one that waits longest"})
    reasons = fields.List(fields.Nested(ReasonCount))
    visit_ids = fields.List(fields.UUID())


class ReviewersQuery(Shape):
    region = fields.String(validate=CODE)
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")


class ReviewerOut(Shape):
    reviewer = fields.Nested(PersonRef)
    decided = fields.Integer()
    accepted = fields.Integer()
    rejected = fields.Integer()
    share = fields.Float(metadata={"description": "accepted ÷ decided"})
    doubtful = fields.Integer(metadata={"description": "of them, visits that the rule doubted"})
    reopened = fields.Integer(metadata={"description": "decisions that were taken back or answered"})
    newest = Instant()


class ReopenIn(Shape):
    reason = fields.String(required=True, validate=[_SAID, _not_blank])


class ReplyIn(Shape):
    words = fields.String(required=True, validate=[_SAID, _not_blank])


class MonthOfVisits(Shape):
    month = fields.String()
    visits = fields.Integer()
    verified = fields.Integer()
    plausible = fields.Integer()
    doubtful = fields.Integer()


class RoleThere(Shape):
    role = fields.String()
    region = fields.Nested(RegionRef)


class StandingOut(Shape):
    """A record of somebody's visits: figures, no score."""

    visitor = fields.Nested(PersonRef)
    roles = fields.List(fields.Nested(RoleThere))
    since = fields.Date()
    visits = fields.Integer()
    home_visits = fields.Integer()
    met = fields.Integer()
    counting = fields.Integer()
    elders = fields.Integer()
    verified = fields.Integer()
    plausible = fields.Integer()
    doubtful = fields.Integer()
    verified_share = fields.Float(allow_none=True)
    median_stay_s = fields.Integer(allow_none=True)
    flags = fields.List(fields.Nested(ReasonCount), metadata={"description": "visits on which each flag stands"})
    months = fields.List(fields.Nested(MonthOfVisits))
    callbacks = fields.Raw(metadata={"description": "drawn, confirmed, not_confirmed, elder_unsure, not_reached"})
    reviews = fields.Raw(metadata={"description": "accepted, rejected, replied, reopened"})


class DeathsQuery(Shape):
    region = fields.String(validate=CODE)
    kind = fields.String(load_default="died", validate=validate.OneOf(KINDS))
    state = fields.String(validate=validate.OneOf(STATES), metadata={"description": "deaths: open, or looked at"})


class DeathReviewIn(Shape):
    finding = fields.String(required=True, validate=validate.OneOf(FINDINGS))
    note = fields.String(load_default="", validate=_SAID)


class DeathReviewOut(Shape):
    finding = fields.String()
    note = fields.String()
    by = fields.Nested(PersonRef)
    at = Instant()


class GoneElder(ElderRef):
    short_no = fields.Integer()


class DeathOut(Shape):
    """An elder who died or moved away."""

    elder = fields.Nested(GoneElder)
    kind = fields.String(metadata={"description": "died, moved"})
    left_on = fields.Date()
    last_contact_at = Instant(allow_none=True, metadata={"description": "last met or spoken to"})
    days_since = fields.Integer(allow_none=True, metadata={"description": "days between that and the day they left"})
    visited_that_month = fields.Boolean()
    review = fields.Nested(DeathReviewOut, allow_none=True)
