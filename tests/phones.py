"""A phone for tests: its id and key, what it sends to enrol and to refresh."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.public import PublicKey, SealedBox

from shared.ids import uuid7
from shared.protocol.signing import b64, photo_text, refresh_text, sealed_text
from tests.conftest import NOW
from tests.people import KEYS


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

    def sealed(self, visit: Any, key: Any = None, **changes: Any) -> dict[str, Any]:
        """An item of `POST /sync/sealed`: the visit (or any bytes), sealed when it was saved."""
        key = key or KEYS.sealing[0]
        clear = visit if isinstance(visit, bytes) else json.dumps(visit).encode()
        box = SealedBox(PublicKey(key.public)).encrypt(clear)
        item_id = changes.pop("id", None) or visit["id"]
        signed = self.key.sign(sealed_text(item_id, box))
        return {"id": item_id, "key_id": key.id, "sealed": b64(box), "signature": b64(signed), **changes}

    def send_sealed(self, *items: dict[str, Any], device_id: Any = None, **options: Any) -> Any:
        body = {"device_id": str(device_id or self.id), "items": list(items)}
        return self.client.post("/api/v1/sync/sealed", json=body, **options)

    def sealed_photo(self, visit_id: str, sha256: str, data: bytes, key: Any = None) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of a sealed photo."""
        key = key or KEYS.sealing[0]
        box = SealedBox(PublicKey(key.public)).encrypt(data)
        return box, self.photo_headers(visit_id, sha256, box, key)

    def photo_headers(self, visit_id: str, sha256: str, box: bytes, key: Any = None) -> dict[str, str]:
        signature = b64(self.key.sign(photo_text(visit_id, sha256, box)))
        key = key or KEYS.sealing[0]
        return {"Yuetan-Device": str(self.id), "Yuetan-Key-Id": key.id, "Yuetan-Signature": signature}

    def me(self, token: str) -> Any:
        return self.client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
