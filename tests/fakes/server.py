"""A server that keeps the contract in memory: what phones are tested against, and what a faulty line does to it.

It is no model of the real server's rules (everything it can read is `plausible`); it is strict about what the
contract fixes: identities, tokens and their succession, signatures, cursors, per-item results, photos, epochs.
"""

from __future__ import annotations

import copy
import gzip
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.signing import VerifyKey

from caregiver_app.sync.http import NetworkError, Request, Response
from shared.ids import uuid7
from shared.protocol.event import read_event
from shared.protocol.limits import MAX_BATCH, MAX_BODY, MAX_ITEM
from shared.protocol.signing import b64, photo_text, refresh_text, sealed_text, unb64
from shared.protocol.visit import read_visit, same_content
from shared.rules.forms import FORMS

POLICY = {"id": "universal", "version": 1, "channels": ["home", "phone", "video"], "stay_min_s": 180}
TOKEN_S = 3600
SEALING = PrivateKey(b"a key of the fake server's only!")
KEY_ID = "key-1"


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.headers, self.more = status, code, headers or {}, more


@dataclass
class Device:
    user: str
    key: bytes
    code: str
    generation: int = 0
    revoked: bool = False


@dataclass
class State:
    """All that a backup would hold."""

    epoch: str = "epoch-1"
    codes: dict[str, str] = field(default_factory=dict)  # code -> user
    used: dict[str, str] = field(default_factory=dict)  # code -> device
    devices: dict[str, Device] = field(default_factory=dict)
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    elders: dict[str, dict[str, Any]] = field(default_factory=dict)
    paired: dict[str, set[str]] = field(default_factory=dict)  # user -> elders
    tags: dict[str, str | None] = field(default_factory=dict)  # hash -> elder
    visits: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> {raw, user, answer, photos}
    photos: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sealed_parts: dict[tuple[str, str], bytes] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> {raw, user}
    marks: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)  # cursor -> (device, elder versions)


class FakeServer:
    """`now` gives the true time. `page` is how many elders one answer holds. Fulfils `sync.http.Http`."""

    def __init__(self, now: Callable[[], datetime], page: int = 500) -> None:
        self.now = now
        self.page = page
        self.state = State()
        self.poison: set[str] = set()  # visits that make it stumble (500)
        self.refuse: set[str] = set()  # visits it rejects
        self.requests = 0
        self.batches: list[int] = []
        self.arrivals: list[str] = []  # ids of visits and events, and digests of photos, as they came
        self.sealed = 0  # visits that came sealed
        self.sealed_events = 0
        self.takes_sealed_events = True
        self._serial = 0

    # For tests.

    def add_visitor(self, user: str, elders: list[dict[str, Any]]) -> str:
        """A person with paired elders → an enrolment code."""
        code = f"code-{user}"
        self.state.codes[code] = user
        self.state.paired[user] = {elder["id"] for elder in elders}
        self.state.elders.update({elder["id"]: elder for elder in elders})
        return code

    def backup(self) -> State:
        return copy.deepcopy(self.state)

    def restore(self, backup: State) -> None:
        """From a backup: an epoch of its own, and tokens made since are unknown."""
        self.state = copy.deepcopy(backup)
        self._serial += 1
        self.state.epoch = f"restored-{self._serial}"

    def touch(self, elder_id: str) -> None:
        self.state.elders[elder_id]["version"] += 1

    # HTTP.

    def send(self, base_url: str, request: Request) -> Response:
        self.requests += 1
        try:
            status, headers, answer = self._handle(request)
        except Problem as problem:
            body = {"status": problem.status, "code": problem.code, "title": problem.code, **problem.more}
            return Response(
                problem.status,
                {"content-type": "application/problem+json", **problem.headers},
                json.dumps(body).encode(),
            )
        body = b"" if answer is None else json.dumps(answer).encode()
        return Response(status, {"content-type": "application/json", **headers}, body)

    def _handle(self, request: Request) -> tuple[int, dict[str, str], Any]:
        parts = urlsplit(request.path)
        path = parts.path.removeprefix("/api/v1")
        body = request.body or b""
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if request.method == "POST" and path == "/devices/enrol":
            return 200, {}, self._enrol(json.loads(body))
        if request.method == "POST" and path == "/devices/refresh":
            return 200, {}, self._refresh(json.loads(body))
        if request.method == "POST" and path == "/sync/sealed":
            return 200, {}, self._sealed(body)
        if path.startswith("/sync/sealed/"):
            _, _, _, visit_id, _, digest = path.split("/")
            return self._sealed_photo(request, visit_id, digest)
        device_id = self._bearer(request)
        if request.method == "POST" and path == "/sync/visits":
            return 200, {}, self._visits(device_id, body)
        if request.method == "POST" and path == "/sync/events":
            return 200, {}, self._events(device_id, body)
        if request.method == "GET" and path == "/sync/changes":
            query = parse_qs(parts.query)
            limit = int(query.get("limit", [self.page])[0])
            return 200, {}, self._changes(device_id, query.get("cursor", [None])[0], min(limit, self.page))
        if request.method == "GET" and path == "/visits":
            query = parse_qs(parts.query)
            return 200, {}, self._own_visits(device_id, int(query["limit"][0]), query.get("cursor", ["0"])[0])
        if path.startswith("/sync/visits/") and "/photos/" in path:
            _, _, _, visit_id, _, digest = path.split("/")
            return self._photo(device_id, request, visit_id, digest)
        raise Problem(404, "not_found")

    def _time(self) -> str:
        return self.now().astimezone(UTC).isoformat(timespec="milliseconds")

    # Devices.

    def _enrol(self, body: dict[str, Any]) -> dict[str, Any]:
        code, told = body["code"], body["device"]
        user = self.state.codes.get(code)
        if user is None:
            raise Problem(401, "code_unknown")
        if self.state.used.get(code, told["id"]) != told["id"]:
            raise Problem(409, "code_used")
        key = unb64(told["public_key"])
        assert len(key) == 32
        known = self.state.devices.get(told["id"])
        if known is not None and known.user != user:
            raise Problem(409, "device_bound")
        self.state.used[code] = told["id"]
        generation = known.generation if known else 0
        self.state.devices[told["id"]] = Device(user, key, code, generation)
        return {**self._tokens(told["id"]), "server_time": self._time(), "epoch": self.state.epoch,
                "server_key": b64(bytes(SEALING.public_key)), "config": _config()}  # fmt: skip

    def _refresh(self, body: dict[str, Any]) -> dict[str, Any]:
        device = self.state.devices.get(body["device_id"])
        if device is None:
            raise Problem(401, "device_unknown")
        try:
            message = refresh_text(body["device_id"], body["refresh_token"], body["at"])
            VerifyKey(device.key).verify(message, unb64(body["signature"]))
        except (BadSignatureError, ValueError):
            raise Problem(401, "signature_wrong") from None
        if abs(datetime.fromisoformat(body["at"]) - self.now()) > timedelta(minutes=10):
            raise Problem(401, "clock_off", server_time=self._time())
        if device.revoked:
            raise Problem(401, "device_revoked")
        _, _, text = body["refresh_token"].rpartition("-")
        generation = int(text) if text.isdigit() else -1
        if generation < device.generation and not self.state.epoch.startswith("restored"):
            raise Problem(401, "refresh_used")
        device.generation = max(device.generation, generation)
        return {**self._tokens(body["device_id"]), "server_time": self._time(), "epoch": self.state.epoch}

    def _tokens(self, device_id: str) -> dict[str, Any]:
        device = self.state.devices[device_id]
        access = str(uuid7())
        self.state.tokens[access] = (device_id, self.now() + timedelta(seconds=TOKEN_S))
        return {
            "access_token": access,
            "refresh_token": f"refresh-{device_id}-{device.generation + 1}",
            "expires_in": TOKEN_S,
            "user": {"id": device.user, "name": device.user, "roles": []},
        }

    def _bearer(self, request: Request) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        device_id, until = self.state.tokens.get(token, ("", self.now()))
        if device_id in self.state.devices and self.state.devices[device_id].revoked:
            raise Problem(401, "device_revoked")
        if until <= self.now():
            raise Problem(401, "token_expired")
        return device_id

    # Visits.

    def _visits(self, device_id: str, body: bytes) -> dict[str, Any]:
        items = self._items(body, "visits")
        return self._results([self._visit(self.state.devices[device_id].user, item) for item in items])

    def _items(self, body: bytes, name: str) -> list[Any]:
        if len(body) > MAX_BODY:
            raise Problem(413, "body_too_large")
        try:
            items = json.loads(body)[name]
        except (ValueError, KeyError, TypeError):
            raise Problem(400, "json_invalid") from None
        self.batches.append(len(items))
        if not 0 < len(items) <= MAX_BATCH:
            raise Problem(422, "batch_size")
        if self.poison & {item.get("id") for item in items}:
            raise Problem(500, "internal")
        return list(items)

    def _results(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        return {"server_time": self._time(), "epoch": self.state.epoch, "results": results}

    def _events(self, device_id: str, body: bytes) -> dict[str, Any]:
        user, results = self.state.devices[device_id].user, []
        for item in self._items(body, "events"):
            read = read_event(item)
            known = self.state.events.get(item.get("id"))
            if read.event is None or item["id"] in self.refuse:
                results.append(_rejected(item.get("id"), 422, "validation", "it cannot be read"))
            elif known is not None and known != {"raw": item, "user": user}:
                results.append(_rejected(item["id"], 409, "id_reused", "another event has this id"))
            else:
                self.arrivals.append(item["id"])
                self.state.events[item["id"]] = {"raw": item, "user": user}
                status = "accepted" if known is None else "duplicate"
                results.append({"id": item["id"], "status": status, "assurance": None, "flags": [],
                                "photos_missing": [], "error": None})  # fmt: skip
        return self._results(results)

    def _sealed(self, body: bytes) -> dict[str, Any]:
        items = self._items(body, "items")
        device_id = json.loads(body)["device_id"]
        device = self._signer(device_id)
        results = []
        for item in items:
            sealed = unb64(item["sealed"])
            clear = _opened(device, item, sealed)
            if isinstance(clear, str):
                results.append(_rejected(item["id"], 422, clear, clear))
                continue
            visit = json.loads(clear)
            if item.get("kind") == "event" and self.takes_sealed_events:
                results += self._events(device_id, json.dumps({"events": [visit]}).encode())["results"]
                self.sealed_events += 1
                continue
            if item.get("kind") == "event":  # a server of before: not a visit, then
                results.append(_rejected(item["id"], 422, "validation", "it cannot be read"))
                continue
            if visit["id"] != item["id"] or visit["device_id"] != device_id:
                results.append(_rejected(item["id"], 422, "seal_mismatch", "inside and outside differ"))
                continue
            self.sealed += 1
            results.append(self._visit(device.user, visit))
        return self._results(results)

    def _signer(self, device_id: str) -> Device:
        device = self.state.devices.get(device_id)
        if device is None:
            raise Problem(401, "device_unknown")
        return device

    def _sealed_photo(self, request: Request, visit_id: str, digest: str) -> tuple[int, dict[str, str], Any]:
        device = self._signer(request.headers["Yuetan-Device"])
        visit = self.state.visits.get(visit_id)
        if visit is None or visit["user"] != device.user or digest not in visit["photos"]:
            raise Problem(404, "not_found")
        key = (visit_id, digest)
        there = self.state.sealed_parts.get(key, b"")
        done = digest not in visit["answer"]["photos_missing"]
        if request.method == "HEAD":
            return 200, {"upload-offset": str(10**9 if done else len(there))}, None
        if done:
            return 200, {}, {}
        begin, total = _span(request)
        if begin > len(there):
            raise Problem(409, "upload_gap", {"upload-offset": str(len(there))})
        data = there[:begin] + (request.body or b"")
        self.state.sealed_parts[key] = data
        if len(data) < total:
            return 202, {"upload-offset": str(len(data))}, None
        self.state.sealed_parts.pop(key)
        try:
            VerifyKey(device.key).verify(photo_text(visit_id, digest, data), unb64(request.headers["Yuetan-Signature"]))
            jpeg = SealedBox(SEALING).decrypt(data)
        except (BadSignatureError, CryptoError):
            raise Problem(422, "seal_broken") from None
        return self._photo_whole(visit, key, jpeg)

    def _photo_whole(
        self, visit: dict[str, Any], key: tuple[str, str], jpeg: bytes
    ) -> tuple[int, dict[str, str], Any]:
        digest = key[1]
        if hashlib.sha256(jpeg).hexdigest() != digest:
            self.state.photos.pop(key, None)
            raise Problem(422, "digest_mismatch")
        self.arrivals.append(digest)
        self.state.photos[key] = jpeg
        visit["answer"]["photos_missing"] = [one for one in visit["answer"]["photos_missing"] if one != digest]
        return 201, {}, {}

    def _visit(self, user: str, item: dict[str, Any]) -> dict[str, Any]:
        read = read_visit(item)
        if read.visit is None or item["id"] in self.refuse or len(json.dumps(item)) > MAX_ITEM:
            return _rejected(item.get("id"), 422, "unreadable", "it cannot be read")
        known = self.state.visits.get(item["id"])
        if known is not None:
            before = read_visit(known["raw"]).visit
            assert before is not None
            if known["user"] != user or not same_content(before, read.visit):
                return _rejected(item["id"], 409, "id_reused", "another visit has this id")
            return {**known["answer"], "status": "duplicate"}
        photos = list(item.get("photos") or ())
        flags = [{"code": fault, "message": fault} for fault in read.faults]
        answer = {
            "id": item["id"],
            "status": "accepted",
            "assurance": "plausible",
            "flags": flags,
            "photos_missing": photos,
            "error": None,
        }
        self.arrivals.append(item["id"])
        self.state.visits[item["id"]] = {"raw": item, "user": user, "answer": answer, "photos": photos}
        elder = self.state.elders.get(item.get("elder_id") or "")
        if elder is not None and item["outcome"] == "met":
            for duty in elder["due"]:
                duty["done"] += 1
            elder["version"] += 1
        return answer

    def _own_visits(self, device_id: str, limit: int, cursor: str) -> dict[str, Any]:
        user = self.state.devices[device_id].user
        own = [one["raw"] for _, one in sorted(self.state.visits.items()) if one["user"] == user]
        begin = int(cursor)
        after = begin + limit
        return {"items": own[begin:after], "next_cursor": str(after) if after < len(own) else None}

    # The feed.

    def _changes(self, device_id: str, cursor: str | None, page: int) -> dict[str, Any]:
        device = self.state.devices[device_id]
        held: dict[str, int] = {}
        if cursor is not None:
            owner, held = self.state.marks.get(cursor, ("", {}))
            if owner != device_id:
                raise Problem(410, "cursor_unknown")
        mine = {one: self.state.elders[one] for one in sorted(self.state.paired[device.user])}
        changed = [one for one, elder in mine.items() if held.get(one) != elder["version"]]
        now_held = {one: version for one, version in held.items() if one in mine}
        now_held |= {one: mine[one]["version"] for one in changed[:page]}
        self._serial += 1
        name = f"mark-{self._serial}"
        self.state.marks[name] = (device_id, now_held)
        return {
            "cursor": name,
            "has_more": len(changed) > page,
            "server_time": self._time(),
            "epoch": self.state.epoch,
            "elders": [copy.deepcopy(mine[one]) for one in changed[:page]],
            "removed_elder_ids": sorted(one for one in held if one not in mine),
            "tag_hashes": {d: owner for d, owner in self.state.tags.items() if owner is None or owner in now_held},
            "policies": [] if cursor else [POLICY],
            "forms": [] if cursor else list(FORMS),
            "alerts": [],
            "account": None,
            "courses": [],
            "people": [],
            "config": _config(),
        }

    # Photos.

    def _photo(self, device_id: str, request: Request, visit_id: str, digest: str) -> tuple[int, dict[str, str], Any]:
        visit = self.state.visits.get(visit_id)
        if visit is None or visit["user"] != self.state.devices[device_id].user or digest not in visit["photos"]:
            raise Problem(404, "not_found")
        key = (visit_id, digest)
        there = self.state.photos.get(key, b"")
        if request.method == "HEAD":
            return 200, {"upload-offset": str(len(there))}, None
        if digest not in visit["answer"]["photos_missing"]:
            return 200, {}, {}
        begin, total = _span(request)
        if begin > len(there):
            raise Problem(409, "upload_gap", {"upload-offset": str(len(there))})
        data = there[:begin] + (request.body or b"")
        self.state.photos[key] = data
        if len(data) < total:
            return 202, {"upload-offset": str(len(data))}, None
        return self._photo_whole(visit, key, data)


def _config() -> dict[str, Any]:
    key = {"id": KEY_ID, "key": b64(bytes(SEALING.public_key))}
    return {"min_app": "0.0.0", "sealed_events": True, "server_keys": [key]}


def _rejected(item_id: Any, status: int, code: str, detail: str) -> dict[str, Any]:
    error = {"status": status, "code": code, "detail": detail}
    return {"id": item_id, "status": "rejected", "assurance": None, "flags": [], "photos_missing": [], "error": error}


def _opened(device: Device, item: dict[str, Any], sealed: bytes) -> bytes | str:
    try:
        VerifyKey(device.key).verify(sealed_text(item["id"], sealed), unb64(item["signature"]))
    except (BadSignatureError, ValueError):
        return "signature_invalid"
    if item.get("key_id") not in (None, KEY_ID):
        return "seal_key_unknown"
    try:
        return bytes(SealedBox(SEALING).decrypt(sealed))
    except CryptoError:
        return "seal_broken"


def _span(request: Request) -> tuple[int, int]:
    """First byte and total of the photo that the request carries."""
    if "Content-Range" not in request.headers:
        return 0, len(request.body or b"")
    span, _, size = request.headers["Content-Range"].removeprefix("bytes ").partition("/")
    return int(span.split("-")[0]), int(size)


@dataclass
class FaultyLine:
    """A line that loses, repeats and garbles, by a seed; fulfils `sync.http.Http`.

    Chances per exchange: `lost` before the server saw it, `unanswered` after it acted, `twice` delivered two times,
    `stranger` somebody else answers (a hotel's login page), `busy` a proxy says 503.
    """

    server: FakeServer
    rng: random.Random
    lost: float = 0.0
    unanswered: float = 0.0
    twice: float = 0.0
    stranger: float = 0.0
    busy: float = 0.0
    down: bool = False
    sent: list[Request] = field(default_factory=list)

    def send(self, base_url: str, request: Request) -> Response:
        self.sent.append(request)
        if self.down or self.rng.random() < self.lost:
            raise NetworkError("lost")
        if self.rng.random() < self.stranger:
            return Response(200, {"content-type": "text/html"}, b"<html>please log in</html>")
        if self.rng.random() < self.busy:
            return Response(503, {"content-type": "text/plain", "retry-after": "3"}, b"busy")
        if self.rng.random() < self.twice:
            self.server.send(base_url, request)
        response = self.server.send(base_url, request)
        if self.rng.random() < self.unanswered:
            raise NetworkError("no reply")
        return response
