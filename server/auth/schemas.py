"""Shapes of signing in."""

from __future__ import annotations

from marshmallow import fields, validate

from server.regions.schemas import RegionRef
from server.validation import Shape

USERNAME = validate.Length(1, 64)
PASSWORD = validate.Length(1, 200)


class LoginIn(Shape):
    username = fields.String(required=True, validate=USERNAME)
    password = fields.String(required=True, validate=PASSWORD)


class PasswordIn(Shape):
    old = fields.String(required=True, validate=PASSWORD)
    password = fields.String(required=True, validate=PASSWORD)


class RefreshIn(Shape):
    refresh_token = fields.String(required=True, validate=validate.Length(1, 200))


class WechatIn(Shape):
    code = fields.String(required=True, validate=validate.Length(1, 200))


class BindIn(LoginIn):
    bind_token = fields.String(required=True, validate=validate.Length(1, 1000))


class RoleOut(Shape):
    role = fields.String()
    region = fields.Nested(RegionRef)


class UserOut(Shape):
    id = fields.UUID()
    name = fields.String()
    roles = fields.List(fields.Nested(RoleOut))


class TokensOut(Shape):
    access_token = fields.String()
    refresh_token = fields.String()
    expires_in = fields.Integer(metadata={"description": "seconds"})
    user = fields.Nested(UserOut)


class MeOut(UserOut):
    device_id = fields.UUID(allow_none=True)
