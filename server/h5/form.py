"""From the page's form to a visit on the wire, the same shape that the app sends (device_id and clock null).

What must not be made up by the browser (the visit's id, when the page was opened, by whom) travels in a signed text
beside the fields. It is also what proves that a form comes from our own page.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from server.keys import KeyRing
from shared.protocol.limits import NEEDS_MAX, NOTE_MAX
from shared.protocol.signing import b64, unb64
from shared.protocol.values import NEED_KINDS, NOT_HOME_REASONS, OUTCOMES, REFUSED_REASONS, URGENT_KINDS
from shared.rules.forms import HOME_VISIT, all_good

_PURPOSE = "h5 visit"
_MAC = 32
KEEP = dt.timedelta(days=3)  # how long a page may lie open and still be sent
REASONS = {"not_home": NOT_HOME_REASONS, "refused": REFUSED_REASONS}


@dataclass(frozen=True, slots=True)
class Begun:
    """A visit that was begun by opening the page."""

    visit_id: uuid.UUID
    user_id: uuid.UUID
    elder_id: uuid.UUID
    started_at: dt.datetime

    def sign(self, keys: KeyRing) -> str:
        said = [str(self.visit_id), str(self.user_id), str(self.elder_id), self.started_at.isoformat()]
        data = json.dumps(said).encode()
        return b64(keys.mac(_PURPOSE, data)[:_MAC] + data)


def read_begun(keys: KeyRing, text: str, now: dt.datetime) -> Begun | None:
    """None: not ours, altered, or from a page that lay open too long."""
    try:
        data = unb64(text)
    except ValueError:
        return None
    mac, said = data[:_MAC], data[_MAC:]
    if len(mac) != _MAC or not keys.verifies(_PURPOSE, said, mac):
        return None
    visit_id, user_id, elder_id, started = json.loads(said)
    begun = Begun(uuid.UUID(visit_id), uuid.UUID(user_id), uuid.UUID(elder_id), dt.datetime.fromisoformat(started))
    return begun if begun.started_at > now - KEEP else None


class Fields:
    """The fields of a posted form."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self.values = values

    @classmethod
    def of(cls, body: bytes) -> Fields:
        return cls(parse_qs(body.decode("utf-8", "replace"), keep_blank_values=False, max_num_fields=200))

    def one(self, name: str, longest: int = 200) -> str:
        return self.values.get(name, [""])[0].strip()[:longest]

    def many(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def pairs(self) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.values.items() for value in values]


def faults(fields: Fields) -> list[str]:
    """What the page asks to be mended before it sends, as keys of texts."""
    outcome = fields.one("outcome")
    if outcome not in OUTCOMES:
        return ["fault_outcome"]
    if outcome in REASONS:
        return [] if fields.one("reason") in REASONS[outcome] else ["fault_reason"]
    return [] if fields.one("all_good") or _graded(fields) else ["fault_grades"]


def visit_item(fields: Fields, begun: Begun, tag: str, now: dt.datetime, zone: dt.tzinfo) -> dict[str, Any]:
    """The visit as `POST /sync/visits` takes it."""
    outcome = fields.one("outcome")
    met = outcome == "met"
    tapped = bool(fields.one("all_good"))
    graded = _graded(fields)
    urgent = fields.one("urgent")
    return {
        "v": 1,
        "id": str(begun.visit_id),
        "elder_id": str(begun.elder_id),
        "tag": tag,
        "tag_by": "link",
        "channel": "home",
        "outcome": outcome,
        "reason": None if met else fields.one("reason"),
        "started_at": begun.started_at.astimezone(zone).isoformat(),
        "ended_at": now.astimezone(zone).isoformat(),
        "clock": None,
        "start_position": position(fields.one("start_position")),
        "position": position(fields.one("position")),
        "form": {"id": HOME_VISIT["id"], "version": HOME_VISIT["version"]} if met else None,
        "answers": ((all_good(HOME_VISIT) if tapped else {}) | graded) if met else {},
        "all_good_tapped": met and tapped,
        "urgent": {"kind": urgent, "words": fields.one("urgent_words", 500)} if urgent in URGENT_KINDS else None,
        "needs": [{"kind": kind, "note": ""} for kind in fields.many("need")[:NEEDS_MAX] if kind in NEED_KINDS],
        "note": fields.one("note", NOTE_MAX),
        "photos": [],
        "companion_ids": [],
        "device_id": None,
    }


def _graded(fields: Fields) -> dict[str, str]:
    found = {item["id"]: fields.one(f"a.{item['id']}") for item in HOME_VISIT["items"]}
    return {item: grade for item, grade in found.items() if grade}


def position(text: str) -> dict[str, Any] | None:
    """`lat,lon,accuracy` as the script writes it; None where there is none."""
    parts = text.split(",")
    try:
        lat, lon, accuracy = (float(part) for part in parts)
    except ValueError:
        return None
    return {"lat": lat, "lon": lon, "accuracy_m": accuracy, "datum": "wgs84", "mocked": False}
