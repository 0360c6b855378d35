"""Shapes of phones and their enrolment."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from server.auth.schemas import TokensOut
from server.devices.model import REVOCATIONS
from server.language import Text
from server.validation import Instant, Shape
from shared.protocol.signing import unb64


class Base64(fields.Field[bytes]):
    """base64url without padding; `length` bytes."""

    def __init__(self, length: int, **options: Any) -> None:
        super().__init__(**options)
        self.length = length

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bytes:
        try:
            read = unb64(value) if isinstance(value, str) else b""
        except ValueError:
            read = b""
        if len(read) != self.length:
            fault = f"base64url, {self.length} bytes"
            raise ValidationError([Text(f"应为 {self.length} 字节的 base64url", fault)])
        return read


class DeviceIn(Shape):
    id = fields.UUID(required=True)
    public_key = Base64(32, required=True, metadata={"type": "string", "description": "Ed25519, base64url"})
    model = fields.String(load_default="", allow_none=True, validate=validate.Length(max=100))
    os = fields.String(load_default="", allow_none=True, validate=validate.Length(max=60))
    app_version = fields.String(load_default="", allow_none=True, validate=validate.Length(max=40))


class EnrolIn(Shape):
    code = fields.String(required=True, validate=validate.Length(1, 100))
    device = fields.Nested(DeviceIn, required=True)


class RefreshIn(Shape):
    """`device_id` and `at` stay texts: they are signed as they were sent."""

    device_id = fields.String(required=True, validate=validate.Length(1, 64))
    refresh_token = fields.String(required=True, validate=validate.Length(1, 500))
    at = fields.String(required=True, validate=validate.Length(1, 64))
    signature = fields.String(required=True, validate=validate.Length(1, 200))


class ServerKeyOut(Shape):
    id = fields.String()
    key = fields.String(metadata={"description": "X25519, base64url"})


class ConfigOut(Shape):
    server_keys = fields.List(fields.Nested(ServerKeyOut))
    min_app = fields.String()
    sealed_events = fields.Boolean(metadata={"description": "`/sync/sealed` takes events too"})


class EnrolledOut(TokensOut):
    server_time = Instant()
    epoch = fields.UUID()
    server_key = fields.String(metadata={"description": "X25519, base64url"})
    config = fields.Nested(ConfigOut)


class CodeIn(Shape):
    id = fields.UUID(load_default=None)
    user_id = fields.UUID(required=True)
    replaces = fields.UUID(
        load_default=None, allow_none=True,
        metadata={"description": "the person's phone that is revoked as `replaced` when the code is used"},
    )  # fmt: skip


class CodeOut(Shape):
    code = fields.String()
    url = fields.String(metadata={"description": "what the enrolment's QR code holds"})
    expires_at = Instant()
    user_id = fields.UUID()


class RevokeIn(Shape):
    revoked_as = fields.String(required=True, data_key="as", validate=validate.OneOf(REVOCATIONS))


class HolderOut(Shape):
    id = fields.UUID()
    name = fields.String()


class DeviceOut(Shape):
    id = fields.UUID()
    user = fields.Nested(HolderOut)
    model = fields.String()
    os = fields.String()
    app_version = fields.String()
    enrolled_at = Instant()
    last_seen_at = Instant()
    revoked_at = Instant(allow_none=True)
    revoked_as = fields.String(allow_none=True)
