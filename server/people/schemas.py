"""Shapes of people and their roles."""

from __future__ import annotations

from marshmallow import fields, validate

from server.people.model import ROLES
from server.regions.codes import code_text
from server.regions.schemas import CODE
from server.validation import Shape


class PersonRef(Shape):
    """Somebody as other things name them."""

    id = fields.String()
    name = fields.String()


class GrantIn(Shape):
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    region = fields.String(required=True, validate=CODE, metadata={"description": "code, 12 digits"})


class GrantNewIn(GrantIn):
    id = fields.UUID(load_default=None)


class UserIn(Shape):
    id = fields.UUID(load_default=None)
    username = fields.String(required=True, validate=validate.Length(1, 64))
    name = fields.String(required=True, validate=validate.Length(1, 64))
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=32))
    password = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    roles = fields.List(fields.Nested(GrantIn), required=True, validate=validate.Length(1, 20))


class UserPatch(Shape):
    disabled = fields.Boolean()
    password = fields.String(validate=validate.Length(1, 200))


class UsersQuery(Shape):
    region = fields.String(load_default=None, validate=CODE)
    role = fields.String(load_default=None, validate=validate.OneOf(ROLES))


class HeldRegion(Shape):
    code = fields.Function(lambda region: code_text(region.code) if region.code is not None else None)
    name = fields.String()
    level = fields.String()


class HeldOut(Shape):
    id = fields.UUID()
    role = fields.String()
    region = fields.Nested(HeldRegion)


class PersonOut(Shape):
    id = fields.UUID(attribute="user.id")
    username = fields.String(attribute="user.username")
    name = fields.String(attribute="user.name")
    phone = fields.String(attribute="user.phone", allow_none=True)
    disabled = fields.Function(lambda person: person.user.disabled_at is not None)
    wechat = fields.Function(lambda person: person.user.wechat_openid is not None)
    roles = fields.List(fields.Nested(HeldOut))
