"""Becoming known to a server, and staying known: enrolment and refresh.

Both may be repeated after a lost reply: the same code, device and key is the same enrolment, and a refresh
token yields successors until one of them is used.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from caregiver_app.platform.protocols import Platform
from caregiver_app.store import keys
from caregiver_app.store.store import ENROL_AGAIN, ENROLLED, Store
from caregiver_app.sync import offset
from caregiver_app.sync.http import Http, NetworkError, Request, Response
from caregiver_app.version import VERSION
from shared.protocol.signing import refresh_text

API = "/api/v1"


class Refused(Exception):
    """The server answered and would not. `words` are its own, in the user's language."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.words = words


def headers(store: Store) -> dict[str, str]:
    """What every request carries."""
    language = {"zh": "zh-CN", "en": "en"}[str(store.meta.get("language", "zh"))]
    return {"Accept": "application/json", "Accept-Language": language}


def post_json(store: Store, path: str, value: Any) -> Request:
    """A request with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Request("POST", API + path, {**headers(store), "Content-Type": "application/json"}, body)


def exchange(store: Store, platform: Platform, http: Http, request: Request, base_url: str = "") -> Response:
    """Send, and learn the server's time and epoch from whatever answer it gives. Raises NetworkError."""
    clock = platform.clock
    asked = clock.now(), clock.uptime_ms(), clock.boot()
    response = http.send(base_url or str(store.meta.get("base_url")), request)
    answer = response.json()
    if answer is not None and "server_time" in answer:
        offset.learn(store.meta, clock, answer["server_time"], *asked)
    return response


def enrol(store: Store, platform: Platform, http: Http, base_url: str, code: str) -> None:
    """Exchange a code for tokens. Raises Refused, NetworkError.

    A phone that was another person's becomes a new one: nothing of theirs is left to be read, and what they saved
    still goes out, sealed, under the enrolment it was saved under.
    """
    try:
        answer = _exchanged(store, platform, http, base_url, code)
    except Refused as refused:
        if refused.code != "device_bound":
            raise
        store.change_holder(new_name=True)
        answer = _exchanged(store, platform, http, base_url, code)
    user = answer.get("user") or {}
    holder = store.meta.get("holder") or (store.meta.get("user") or {}).get("id")
    if holder not in (None, user.get("id")):
        store.change_holder(new_name=False)
    with store.database.transaction():
        if store.meta.get("base_url") not in (None, base_url):
            store.cache.drop()
        store.learn_epoch(answer.get("epoch"))
        keep_tokens(store, platform, answer)
        store.meta.set(
            base_url=base_url,
            holder=user.get("id"),
            user=user,
            server_key=answer.get("server_key"),
            standing=ENROLLED,
        )
    # What was saved before there was a key to seal for: a PIN may be chosen, and forgotten, before anything is sent.
    store.seal_waiting()


def _exchanged(store: Store, platform: Platform, http: Http, base_url: str, code: str) -> dict[str, Any]:
    """The server's answer to a code. Raises Refused, NetworkError."""
    device = {
        "id": keys.device_id(store.meta),
        "public_key": keys.public_key(store.meta),
        "model": platform.model,
        "os": platform.os,
        "app_version": VERSION,
    }
    request = post_json(store, "/devices/enrol", {"code": code, "device": device})
    response = exchange(store, platform, http, request, base_url)
    answer = response.json()
    if response.status not in (200, 201):
        raise Refused(response.code or "unexpected", _words(answer))
    if answer is None or not isinstance(answer.get("access_token"), str):
        raise Refused("unexpected")
    return answer


def refresh_request(store: Store, platform: Platform) -> Request:
    """A signed request for new tokens, dated with the server's time as far as it is known."""
    device, token = keys.device_id(store.meta), str(store.meta.get("refresh_token") or "")
    at = offset.server_now(store.meta, platform.clock).isoformat(timespec="seconds")
    signature = keys.sign(store.meta, refresh_text(device, token, at))
    return post_json(
        store,
        "/devices/refresh",
        {"device_id": device, "refresh_token": token, "at": at, "signature": signature},
    )


def keep_tokens(store: Store, platform: Platform, answer: dict[str, Any]) -> None:
    """Keep new tokens, and until when the access token is worth trying."""
    lives = answer.get("expires_in")
    seconds = float(lives) if isinstance(lives, int | float) else 600.0
    ends = offset.server_now(store.meta, platform.clock) + timedelta(seconds=seconds)
    store.meta.set(
        access_token=answer.get("access_token"),
        refresh_token=answer.get("refresh_token") or store.meta.get("refresh_token"),
        access_ends=ends.isoformat(timespec="seconds"),
    )
    if isinstance(answer.get("config"), dict):
        # The server's keys change; what is saved from now on is sealed for the new one.
        store.meta.set(config=answer["config"])


def lost(store: Store) -> None:
    """The server no longer knows this phone: it must be enrolled again; the outbox waits."""
    store.meta.set(standing=ENROL_AGAIN, access_token=None)


def _words(answer: dict[str, Any] | None) -> str:
    return str((answer or {}).get("detail") or (answer or {}).get("title") or "")


__all__ = [
    "API",
    "NetworkError",
    "Refused",
    "enrol",
    "exchange",
    "headers",
    "keep_tokens",
    "lost",
    "post_json",
    "refresh_request",
]
