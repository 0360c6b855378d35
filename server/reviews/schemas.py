"""The shapes of decisions about visits."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate

from server.language import Text
from server.validation import Shape

_SAID = validate.Length(max=4000)


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValidationError([Text("请写明", "Say it in words.")])


class ReviewIn(Shape):
    decision = fields.String(required=True, validate=validate.OneOf(["accept", "reject"]))
    reason = fields.String(load_default="", validate=_SAID)


class ReopenIn(Shape):
    reason = fields.String(required=True, validate=[_SAID, _not_blank])


class ReplyIn(Shape):
    words = fields.String(required=True, validate=[_SAID, _not_blank])
