"""The shapes of courses, as the feed has them, and of who finished which."""

from __future__ import annotations

from marshmallow import fields

from server.people.schemas import PersonRef
from server.regions.schemas import CODE
from server.validation import Instant, Shape


class WordsOut(Shape):
    zh = fields.String()
    en = fields.String(metadata={"description": "empty: Chinese is shown"})


class QuestionOut(Shape):
    question = fields.Nested(WordsOut)
    options = fields.List(fields.Nested(WordsOut))
    correct = fields.Integer(metadata={"description": "the number of the right option, from 0"})
    why = fields.Nested(WordsOut)


class DoneOut(Shape):
    version = fields.Integer()
    at = fields.String(metadata={"format": "date-time"})


class CourseOut(Shape):
    id = fields.UUID()
    version = fields.Integer()
    title = fields.Nested(WordsOut)
    markdown = fields.Nested(WordsOut, metadata={"description": "pictures are data URIs"})
    quiz = fields.List(fields.Nested(QuestionOut))
    required = fields.Boolean(metadata={"description": "to be finished before the first visit"})
    position = fields.Integer()
    done = fields.Nested(DoneOut, allow_none=True, metadata={"description": "my newest passed attempt"})


class FinishedOut(Shape):
    course_id = fields.UUID()
    version = fields.Integer()
    at = Instant()


class ProgressOut(Shape):
    user = fields.Nested(PersonRef)
    finished = fields.List(fields.Nested(FinishedOut))
    required_missing = fields.List(fields.UUID(), metadata={"description": "required courses not finished"})


class ProgressQuery(Shape):
    region = fields.String(load_default=None, validate=CODE)
