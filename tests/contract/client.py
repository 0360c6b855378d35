"""What the contract's checks speak with: HTTP as a phone or a script would, and the `yuetan` command. Nothing of the
server is imported here; keys and signatures are made as CONTRACT's words say, not by the product's own code."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import http.client
import json
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CHINA = dt.timezone(dt.timedelta(hours=8))
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    def json(self) -> Any:
        data = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return json.loads(data.decode("utf-8"))


class Http:
    """One connection that is kept; a call is an answer, whatever its status."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.line: http.client.HTTPConnection | None = None

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None,
        query: dict[str, Any] | None = None, headers: dict[str, str] | None = None, raw: bytes | None = None,
    ) -> Answer:  # fmt: skip
        if not path.startswith(("/t/", "/h5", "/healthz", "/readyz", "/metrics", "/api", "/console")) and path != "/":
            path = "/api/v1" + path
        if query:
            path += "?" + urlencode(query)
        sent = {"Accept": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        for attempt in (1, 2):
            line = self.line or http.client.HTTPConnection(self.host, self.port, timeout=60)
            self.line = line
            try:
                line.request(method, path, data, sent)
                answer = line.getresponse()
                read = answer.read()
                return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, read)
            except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest):
                line.close()  # a kept connection that the server let go of
                self.line = None
                if attempt == 2:
                    raise
        raise AssertionError

    def close(self) -> None:
        if self.line is not None:
            self.line.close()

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def uuid7() -> str:
    value = (int(time.time() * 1000) << 80) | (0x7 << 76) | (random.getrandbits(12) << 64)
    return str(uuid.UUID(int=value | (0b10 << 62) | random.getrandbits(62)))


def now(**ago: float) -> dt.datetime:
    """This moment on a Chinese wall, less what is given (`minutes=30`)."""
    return dt.datetime.now(CHINA).replace(microsecond=0) - dt.timedelta(**ago)


def picture(seed: str = "") -> tuple[bytes, str]:
    """A small JPEG (as far as its first bytes say) and its digest."""
    data = JPEG + hashlib.sha256((seed or uuid7()).encode()).digest() * 40
    return data, hashlib.sha256(data).hexdigest()


@dataclass
class Phone:
    """A phone with a key of its own, enrolled for one person."""

    http: Http
    code: str
    username: str
    id: str = field(default_factory=uuid7)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def public_key(self) -> str:
        return b64(self.key.public_key().public_bytes_raw())

    @property
    def token(self) -> str:
        return str(self.tokens["access_token"])

    @property
    def user_id(self) -> str:
        return str(self.tokens["user"]["id"])

    def enrol(self, code: str | None = None, **changes: Any) -> Answer:
        device = {"id": self.id, "public_key": self.public_key, "model": "Redmi 9A", "os": "Android 11",
                  "app_version": "0.1.0", **changes}  # fmt: skip
        answer = self.http.post("/devices/enrol", {"code": code or self.code, "device": device})
        if answer.status == 200:
            self.tokens = answer.json()
        return answer

    def refresh(
        self, refresh_token: str, at: dt.datetime | None = None, key: Ed25519PrivateKey | None = None
    ) -> Answer:
        when = (at or now()).isoformat()
        text = f"yuetan-refresh\n{self.id}\n{refresh_token}\n{when}".encode()
        body = {"device_id": self.id, "refresh_token": refresh_token, "at": when}
        return self.http.post("/devices/refresh", {**body, "signature": b64((key or self.key).sign(text))})

    def pull(self, cursor: str | None = None) -> Answer:
        return self.http.get("/sync/changes", token=self.token, query={"cursor": cursor} if cursor else None)

    def push(self, *visits: Any, token: str | None = None) -> list[dict[str, Any]]:
        answer = self.http.post("/sync/visits", {"visits": list(visits)}, token=token or self.token)
        assert answer.status == 200, answer.body
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def elders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.pull().json()["elders"]
        return found


def visit(elder_id: str | None, **changes: Any) -> dict[str, Any]:
    """A plain home visit of a quarter of an hour, an hour ago."""
    return {
        "v": 1, "id": uuid7(), "elder_id": elder_id, "tag": None, "tag_by": None, "channel": "home", "outcome": "met",
        "reason": None, "started_at": now(minutes=60).isoformat(), "ended_at": now(minutes=45).isoformat(),
        "clock": None, "start_position": None, "position": None, "form": {"id": "home-visit", "version": 1},
        "answers": {"health.mobility": "good", "safety.gas": "fair"}, "all_good_tapped": False, "urgent": None,
        "needs": [], "note": "", "photos": [], "companion_ids": [], "device_id": None, **changes,
    }  # fmt: skip


def codes(result: dict[str, Any]) -> set[str]:
    return {flag["code"] for flag in result["flags"]}
