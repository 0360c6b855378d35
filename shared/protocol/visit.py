"""A visit on the wire: the one place to import from, but for the lists of values (`values`).

`read_visit` turns what came into a `Visit` (see `reading`), `write_visit` turns it back, `same_content` decides
whether an id that comes again is the same visit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from shared.clock import PhoneClock
from shared.protocol.jsontext import loads, raw_text, size
from shared.protocol.reading import clean_text, read_time, read_visit
from shared.protocol.record import (
    WIRE_VERSION,
    FormRef,
    Need,
    Position,
    ReadVisit,
    Urgent,
    Visit,
)
from shared.rules.policy import CALLS

__all__ = [
    "WIRE_VERSION",
    "FormRef",
    "Need",
    "PhoneClock",
    "Position",
    "ReadVisit",
    "Urgent",
    "Visit",
    "clean_text",
    "loads",
    "raw_text",
    "read_time",
    "read_visit",
    "same_content",
    "size",
    "spoken_to",
    "write_position",
    "write_time",
    "write_visit",
]


def same_content(a: Visit, b: Visit) -> bool:
    """Do two readings say the same (CONTRACT: known fields, instants, missing = null = default; no order)?

    Reading has already dropped unknown fields, made instants UTC and defaults of nulls, so what is left is to let
    lists that are sets be sets.
    """
    return _content(a) == _content(b)


def _content(visit: Visit) -> tuple[object, ...]:
    return (
        visit.id, visit.channel, visit.outcome, visit.started_at, visit.ended_at, visit.elder_id, visit.tag,
        visit.tag_by, visit.reason, visit.clock, visit.start_position, visit.position, visit.form, visit.answers,
        visit.all_good_tapped, visit.urgent, sorted((need.kind or "", need.note) for need in visit.needs),
        visit.note, frozenset(visit.photos), frozenset(visit.companion_ids), visit.device_id, visit.v,
    )  # fmt: skip


def spoken_to(visit: Visit) -> str | None:
    """Who was reached on a call, for `rules.duty.VisitFact`: an option of `call.spoken_to`.

    `not_said` where the call's own form left it open (such a call does not qualify); None for home visits and for
    calls that came without that form, whose outcome is then taken at its word.
    """
    if visit.channel not in CALLS:
        return None
    said = visit.answers.get("call.spoken_to")
    if isinstance(said, str):
        return said
    return "not_said" if visit.form is not None and visit.form.id == "contact-call" else None


# Writing.


def write_time(at: datetime) -> str:
    """RFC 3339 with the offset that `at` has, to the microsecond where it has any."""
    return at.isoformat()


def write_position(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    return {
        "lat": position.lat,
        "lon": position.lon,
        "accuracy_m": position.accuracy_m,
        "datum": "wgs84",
        "mocked": position.mocked,
    }


def _write_clock(clock: PhoneClock | None) -> dict[str, Any] | None:
    if clock is None:
        return None
    return {
        "offset_ms": clock.offset_ms,
        "learnt_at": None if clock.learnt_at is None else write_time(clock.learnt_at),
        "learnt_uptime_ms": clock.learnt_uptime_ms,
        "learnt_boot": clock.learnt_boot,
        "boot": clock.boot,
        "start_uptime_ms": clock.start_uptime_ms,
        "end_boot": clock.end_boot,
        "end_uptime_ms": clock.end_uptime_ms,
    }


def write_visit(visit: Visit) -> dict[str, Any]:
    """The wire form. `read_visit(write_visit(v)).visit` has the same content as `v`."""
    return {
        "v": visit.v,
        "id": str(visit.id),
        "elder_id": _text(visit.elder_id),
        "tag": visit.tag,
        "tag_by": visit.tag_by,
        "channel": visit.channel,
        "outcome": visit.outcome,
        "reason": visit.reason,
        "started_at": write_time(visit.started_at),
        "ended_at": None if visit.ended_at is None else write_time(visit.ended_at),
        "clock": _write_clock(visit.clock),
        "start_position": write_position(visit.start_position),
        "position": write_position(visit.position),
        "form": None if visit.form is None else {"id": visit.form.id, "version": visit.form.version},
        "answers": dict(visit.answers),
        "all_good_tapped": visit.all_good_tapped,
        "urgent": None if visit.urgent is None else {"kind": visit.urgent.kind, "words": visit.urgent.words},
        "needs": [{"kind": need.kind, "note": need.note} for need in visit.needs],
        "note": visit.note,
        "photos": list(visit.photos),
        "companion_ids": [str(who) for who in visit.companion_ids],
        "device_id": _text(visit.device_id),
    }


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
