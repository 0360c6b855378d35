"""What else a phone has to tell (CONTRACT, /sync/events): a ladder's call and its outcome, a course done, an SOS.

Read as forgivingly as a visit: only `id` and `kind` can make an event unreadable, and kinds that this version does
not know are kept all the same.

Kinds and their `data` today:
    ladder_call  subject: the alert, or the visit or SOS that raised it. `{"whom": "elder|contact|neighbour|director|
                 other", "outcome": "reached|no_answer|whereabouts|refused|other", "words": ""}`; `whereabouts`:
                 somebody said where the elder is, and `words` says where and how they know.
    sos          subject: the elder, or null. `{"words": "", "position": a visit's, or absent}`.
    course_done  subject: the course. `{"version": n, "correct": n, "of": n, "passed": bool}`: one attempt at its quiz.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.clock import PhoneClock
from shared.ids import read_uuid
from shared.protocol.jsontext import raw_text
from shared.protocol.reading import clean_text, read_clock, read_code, read_position, read_time
from shared.protocol.record import Position


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the phone recorded it. `at` is its own clock, uncorrected; `clock` as a visit's, at the event."""

    id: UUID
    kind: str
    at: datetime | None = None
    clock: PhoneClock | None = None
    subject_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)

    def word(self, name: str, longest: int = 200) -> str:
        """A text of `data`, cleaned and cut; "" where there is none."""
        value = self.data.get(name)
        return clean_text(value)[:longest] if isinstance(value, str) else ""

    def position(self) -> Position | None:
        """`data.position`, where the phone was; None where it does not say."""
        return read_position(self.data.get("position"))

    def number(self, name: str, largest: int = 100_000) -> int | None:
        """A whole number of `data`, from 0; None where there is none."""
        value = self.data.get(name)
        return value if type(value) is int and 0 <= value <= largest else None


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """As `ReadVisit`: `event` is None exactly when `errors` is not empty."""

    event: Event | None
    id: UUID | None
    faults: tuple[str, ...] = ()
    errors: dict[str, list[str]] = field(default_factory=dict)


def read_event(item: object) -> ReadEvent:
    """Read one item of a batch. Never raises."""
    if type(item) is not dict:
        return ReadEvent(None, None, (), {"": ["not_an_object"]})
    faults: list[str] = []
    errors: dict[str, list[str]] = {}
    event_id, kind = read_uuid(item.get("id")), read_code(item.get("kind"))
    if event_id is None:
        errors["id"] = ["required" if item.get("id") is None else "not_a_uuid"]
    if kind is None:
        errors["kind"] = ["required" if item.get("kind") is None else "not_a_code"]
    if event_id is None or kind is None:
        return ReadEvent(None, event_id, (), errors)
    at = subject_id = clock = None
    if (raw := item.get("at")) is not None and (at := read_time(raw)) is None:
        faults.append("at")
    if (raw := item.get("subject_id")) is not None and (subject_id := read_uuid(raw)) is None:
        faults.append("subject_id")
    if (raw := item.get("clock")) is not None:
        clock = read_clock(raw, faults)
    data = item.get("data")
    if data is not None and type(data) is not dict:
        faults.append("data")
        data = None
    return ReadEvent(Event(event_id, kind, at, clock, subject_id, data or {}), event_id, tuple(faults))


def event_content(event: Event) -> bytes:
    """SHA-256 of what an event says, whatever the order and spelling: the same again, or something else?"""
    clock = None
    if (c := event.clock) is not None:
        learnt_at = None if c.learnt_at is None else c.learnt_at.isoformat()
        clock = [
            c.offset_ms, learnt_at, c.learnt_uptime_ms, c.learnt_boot, c.boot, c.start_uptime_ms, c.end_boot,
            c.end_uptime_ms,
        ]  # fmt: skip
    at = None if event.at is None else event.at.isoformat()
    subject = None if event.subject_id is None else str(event.subject_id)
    said = [str(event.id), event.kind, at, clock, subject, _ordered(event.data)]
    return hashlib.sha256(raw_text(said).encode()).digest()


def _ordered(data: dict[str, Any]) -> str:
    try:
        return json.dumps(data, sort_keys=True, separators=(",", ":"))
    except RecursionError:  # deeper than the interpreter goes: then word for word
        return raw_text(data)
