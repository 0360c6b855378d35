"""A phone for tests: its id and key, what it sends to enrol and to refresh."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.ids import uuid7
from shared.protocol.signing import b64, refresh_text
from tests.conftest import NOW


@dataclass
class FakePhone:
    client: Any
    id: UUID = field(default_factory=uuid7)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def enrol(self, code: str, **changes: Any) -> Any:
        device = {
            "id": str(self.id), "public_key": b64(self.key.public_key().public_bytes_raw()), "model": "Redmi 9A",
            "os": "Android 11", "app_version": "0.1.0", **changes,
        }  # fmt: skip
        return self.client.post("/api/v1/devices/enrol", json={"code": code, "device": device})

    def signed(self, token: str, at: dt.datetime = NOW) -> dict[str, str]:
        """The body of a refresh."""
        body = {"device_id": str(self.id), "refresh_token": token, "at": at.isoformat()}
        text = refresh_text(body["device_id"], body["refresh_token"], body["at"])
        return {**body, "signature": b64(self.key.sign(text))}

    def refresh(self, token: str, at: dt.datetime = NOW) -> Any:
        return self.client.post("/api/v1/devices/refresh", json=self.signed(token, at))

    def me(self, token: str) -> Any:
        return self.client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
