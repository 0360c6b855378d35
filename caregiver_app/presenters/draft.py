"""A visit from its beginning to its frozen bytes, as a dict in the wire's shape.

Keys that begin with `_` are notes of the phone's own and never leave it. Times are what the phone's clock
said, uncorrected; the `clock` block lets the server work out the real ones.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from caregiver_app.platform.protocols import Platform, Reading
from caregiver_app.presenters.common import Common
from caregiver_app.sync.offset import end_block, parse, stamp, start_block
from shared.ids import uuid7
from shared.protocol.limits import PHONE_ITEM_MAX
from shared.protocol.values import NOT_HOME_REASONS, REFUSED_REASONS
from shared.protocol.visit import read_visit

# A draft left lying longer is finished as of its last touch: nobody stays with an elder for a night.
LONGEST_VISIT = timedelta(hours=12)
# A receiver that was just switched on takes a while; who came to visit has not left by then.
LATEST_START = timedelta(minutes=3)

#: Nobody stands at a door in a call: the reasons that fit "not reached".
CALL_REASONS = ("no_answer", "in_hospital", "with_family", "travelling", "moved", "died", "other")


def resume(
    common: Common, elder_id: str | None, *, tag: str | None, tag_by: str | None, channel: str
) -> str:
    """The id of the draft that is going on with this elder (the tag is added to it), or else of one that begins now."""
    drafts, now = common.store.drafts, common.platform.clock.now()
    draft_id = drafts.by_elder().get(elder_id) if elder_id else None
    draft = drafts.get(draft_id) if draft_id else None
    if draft is None or lies_long(draft, now):
        draft = begin(common, elder_id, tag=tag, tag_by=tag_by, channel=channel)
    elif tag and not draft["tag"]:
        draft = {**draft, "tag": tag, "tag_by": tag_by}
    else:
        return str(draft["id"])
    touch(draft, common.platform)
    drafts.put(draft, stamp(now))
    return str(draft["id"])


def begin(common: Common, elder_id: str | None, *, tag: str | None, tag_by: str | None, channel: str) -> dict[str, Any]:
    """A new draft: start, uptime and position are those of this moment."""
    clock = common.platform.clock
    started = clock.now()
    return {
        "v": 1,
        "id": str(uuid7(started)),
        "elder_id": elder_id,
        "tag": tag,
        "tag_by": tag_by,
        "channel": channel,
        "outcome": "met",
        "reason": None,
        "started_at": stamp(started),
        "ended_at": None,
        "clock": start_block(common.store.meta, clock),
        "start_position": position(common.platform) if channel == "home" else None,
        "position": None,
        "form": None,
        "answers": {},
        "all_good_tapped": False,
        "urgent": None,
        "needs": [],
        "note": "",
        "photos": [],
        "companion_ids": [],
        "device_id": common.store.meta.get("device_id"),
    }


def touch(draft: dict[str, Any], platform: Platform) -> None:
    """Note when the draft was last worked on; and where it began, if the phone did not know in that moment."""
    draft["_touched"] = {
        "at": stamp(platform.clock.now()),
        "boot": platform.clock.boot(),
        "uptime_ms": platform.clock.uptime_ms(),
    }
    _locate(draft, platform)


def _locate(draft: dict[str, Any], platform: Platform) -> None:
    started = parse(draft.get("started_at"))
    if draft["channel"] != "home" or draft["start_position"] is not None or started is None:
        return
    if abs(platform.clock.now() - started) <= LATEST_START:
        draft["start_position"] = position(platform)


def reasons(channel: str, outcome: str) -> tuple[str, ...]:
    """The reasons that an outcome can have."""
    if outcome == "not_home":
        return NOT_HOME_REASONS if channel == "home" else CALL_REASONS
    return REFUSED_REASONS if outcome == "refused" else ()


def lies_long(draft: dict[str, Any], now: datetime) -> bool:
    """Whether the draft is too old to be the visit that is going on."""
    started = parse(draft.get("started_at"))
    return started is None or abs(now - started) > LONGEST_VISIT


def finish(draft: dict[str, Any], common: Common, form: dict[str, Any] | None) -> dict[str, Any]:
    """The visit as it will be sent: ended now, or when last touched if it lay long."""
    platform = common.platform
    visit = {key: value for key, value in draft.items() if not key.startswith("_")}
    visit["clock"] = end_block(common.store.meta, platform.clock, visit.get("clock") or {})
    visit["ended_at"] = stamp(platform.clock.now())
    touched = draft.get("_touched")
    if lies_long(draft, platform.clock.now()) and touched:
        visit["ended_at"] = touched["at"]
        visit["clock"].update(end_boot=touched["boot"], end_uptime_ms=touched["uptime_ms"])
    elif visit["channel"] == "home":
        visit["position"] = position(platform)
    if visit["outcome"] == "met" and form is not None:
        known = {item["id"] for item in form["items"]}
        visit["form"] = {"id": form["id"], "version": form["version"]}
        visit["answers"] = {key: value for key, value in visit["answers"].items() if key in known}
    else:
        visit.update(form=None, answers={}, all_good_tapped=False)
    if visit["outcome"] == "met":
        visit["reason"] = None
    return visit


def unsaved(draft: dict[str, Any], common: Common, form: dict[str, Any] | None) -> bytes | None:
    """The visit as it would be saved now, marked as not saved by its visitor: sent only if the phone is wiped."""
    try:
        return freeze({**finish(draft, common, form), "unsaved": True})
    except ValueError:
        return None


def freeze(visit: dict[str, Any]) -> bytes:
    """The bytes that are kept and sent, always the same ones. ValueError: over 32 KiB, or not a visit."""
    if read_visit(visit).visit is None:
        raise ValueError("this is not a visit that a server could read")
    frozen = json.dumps(visit, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(frozen) > PHONE_ITEM_MAX:
        raise ValueError("the visit is too long")
    return frozen


def clean(text: str, longest: int) -> str:
    """Text as it may be kept: no lone surrogates or NULs from odd keyboards, cut to length."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def position(platform: Platform) -> dict[str, Any] | None:
    """Where the phone is now, in wire shape."""
    reading: Reading | None = platform.position.reading()
    if reading is None:
        return None
    return {
        "lat": reading.lat,
        "lon": reading.lon,
        "accuracy_m": reading.accuracy_m,
        "datum": "wgs84",
        "mocked": reading.mocked,
    }
