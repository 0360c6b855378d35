"""/devices: how phones come in, stay in, and are shut out."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from flask import current_app, request

from server import clock, keys
from server.auth.api import issuer, today, with_user
from server.auth.service import Tokens
from server.database import session
from server.devices import queries, service
from server.devices.model import Device
from server.devices.schemas import CodeIn, CodeOut, DeviceOut, EnrolIn, EnrolledOut, RefreshIn, RevokeIn
from server.devices.service import Phone
from server.http import PUBLIC, Page, PageArgs, Router, actor, reach
from server.language import Text
from server.people.model import User
from server.problems import problem
from server.settings import Settings
from shared.protocol.signing import b64, unb64
from shared.protocol.version import HEADER, read_version

api = Router("devices")


@api.post("/devices/enrol", right=PUBLIC, body=EnrolIn, answer=EnrolledOut)
def enrol(body: dict[str, Any]) -> dict[str, Any]:
    """Take a phone in with a code; the same again is the same enrolment with fresh tokens."""
    now = clock.now()
    told = body["device"]
    words = {name: told[name] or "" for name in ("model", "os", "app_version")}
    phone = Phone(told["id"], told["public_key"], **words)
    tokens = service.enrol(session(), issuer(), body["code"], phone, request.remote_addr or "", now)
    return enrolled(tokens, now)


@api.post("/devices/refresh", right=PUBLIC, body=RefreshIn, answer=EnrolledOut)
def refresh(body: dict[str, Any]) -> dict[str, Any]:
    """New tokens for a phone, signed for by its key."""
    now = clock.now()
    device_id, at, signature = signed_fields(body)
    texts = (body["device_id"], body["refresh_token"], body["at"])
    tokens = service.refresh(
        session(), issuer(), device_id, texts, at, signature, now, app_version=app_version(request.headers)
    )
    return enrolled(tokens, now)


@api.post("/devices/codes", right="devices.enrol", body=CodeIn, answer=CodeOut, status=201, creates=True)
def issue_code(body: dict[str, Any]) -> dict[str, Any]:
    """A code that enrols one phone of a person within 24 hours."""
    if not queries.reaches_user(session(), body["user_id"], reach(), today()):
        raise problem("not_found")
    issued = service.issue_code(
        session(), keys.ring(), body["user_id"], now=clock.now(), today=today(), code_id=body["id"],
        counties=reach().counties, actor_id=actor().user_id, replaces=body["replaces"],
    )  # fmt: skip
    url = enrolment_url(issued.code)
    return {"code": issued.code, "url": url, "expires_at": issued.expires_at, "user_id": issued.user.id}


@api.get("/devices", right="devices.read", answer=DeviceOut, paged=True)
def list_devices(page: PageArgs) -> Page[dict[str, Any]]:
    """My phones, and those of the people in my regions."""
    return queries.devices_page(session(), page, reach(), today()).map(lambda row: device_wire(*row))


@api.post("/devices/<uuid:device_id>/revoke", right="devices.revoke", body=RevokeIn, answer=DeviceOut)
def revoke(device_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Shut a phone out: its holder left, it was replaced, or it is lost."""
    found = queries.visible_device(session(), device_id, reach(), today())
    if found is None:
        raise problem("not_found")
    device = service.revoke(
        session(), device_id, body["revoked_as"], now=clock.now(), actor_id=actor().user_id
    )
    return device_wire(device, session().get_one(User, device.user_id))


def enrolled(tokens: Tokens, now: dt.datetime) -> dict[str, Any]:
    """Tokens, and what a phone must know of this server."""
    # first what may have to write: a transaction that began as a reader cannot always become a writer
    epoch = service.installation(session(), now).epoch
    return {
        **with_user(tokens),
        "server_time": now,
        "epoch": epoch,
        "server_key": b64(keys.ring().sealing[0].public),
        "config": config(),
    }


def config() -> dict[str, Any]:
    """The `config` of enrolment, refresh and `/sync/changes`."""
    settings: Settings = current_app.extensions["yuetan_settings"]
    # `sealed_events`: this server takes them by `/sync/sealed`; phones hold them back from one that does not say so.
    return {"server_keys": service.server_keys(keys.ring()), "min_app": settings.min_app, "sealed_events": True}


def app_version(headers: Mapping[str, str]) -> str | None:
    """The asking app's version: its header's, else its User-Agent's."""
    said = headers.get(HEADER) or headers.get("User-Agent", "").partition("Yuetan/")[2]
    return said if read_version(said) is not None else None


def enrolment_url(code: str) -> str:
    """What the QR code of an enrolment holds; the code stands after `#`, so that no log on the way sees it."""
    settings: Settings = current_app.extensions["yuetan_settings"]
    return f"{settings.public_url}/enrol#{code}"


def signed_fields(body: dict[str, Any]) -> tuple[uuid.UUID, dt.datetime, bytes]:
    """Device id, time and signature as values; 422 where one is none, 401 where no device could have that id."""
    errors: dict[str, list[Text]] = {}
    at, signature = None, b""
    with contextlib.suppress(ValueError):
        at = dt.datetime.fromisoformat(body["at"])
    if at is None or at.tzinfo is None:
        errors["at"] = [Text("时间格式不对，需要带时区", "Must be an RFC 3339 time with offset.")]
    try:
        signature = unb64(body["signature"])
    except ValueError:
        errors["signature"] = [Text("应为 base64url", "Must be base64url.")]
    if errors:
        raise problem("validation", errors=errors)
    assert at is not None
    try:
        return uuid.UUID(body["device_id"]), at, signature
    except ValueError:
        raise problem("device_unknown") from None


def device_wire(device: Device, user: User) -> dict[str, Any]:
    return {
        "id": device.id, "user": user, "model": device.model, "os": device.os, "app_version": device.app_version,
        "enrolled_at": device.enrolled_at, "last_seen_at": device.last_seen_at, "revoked_at": device.revoked_at,
        "revoked_as": device.revoked_as,
    }  # fmt: skip
