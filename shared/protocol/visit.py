"""A visit on the wire: reading whatever a phone sends, and writing what the phone saves.

CONTRACT's rule is that nothing a visitor did may be lost to a broken field. So only what a visit cannot be without
(`id`, `channel`, `outcome`, `started_at`) can make it unreadable; anything else that cannot be read becomes null,
its path goes into `faults` and the visit carries the flag `value_unknown`. Nothing here raises, whatever JSON comes.

The code is plain on purpose: a server reads thousands of these, and 40 µs a visit is an eighth of what a schema
library takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import PhoneClock
from shared.geo import gcj02_to_wgs84, valid
from shared.ids import read_uuid
from shared.protocol.jsontext import loads, raw_text, size
from shared.rules.forms import form as form_of
from shared.rules.policy import CALLS, CHANNELS

__all__ = [
    "Need", "Position", "ReadVisit", "Urgent", "Visit", "loads", "raw_text", "read_time", "read_visit", "same_content",
    "size", "spoken_to", "write_time", "write_visit",
]  # fmt: skip

WIRE_VERSION = 1
OUTCOMES = frozenset(("met", "not_home", "refused"))
NOT_HOME_REASONS = (
    "no_answer", "neighbour_says_out", "in_hospital", "with_family", "travelling", "moved", "died",
    "door_unsafe", "other",
)  # fmt: skip
WHEREABOUTS = frozenset(("in_hospital", "with_family", "travelling", "moved", "died"))
"""Reasons that say where the elder is: `not_home` with one of them starts no ladder. (`neighbour_says_out` does:
nobody has seen the elder.)"""
REFUSED_REASONS = ("unwell_now", "does_not_want", "family_refuses", "other")
URGENT_KINDS = ("ill", "fallen", "danger_at_home", "no_food", "abuse", "other")
NEED_KINDS = ("meals", "medical", "bathing", "cleaning", "emergency", "mobility", "leisure", "other")

_CODE = re.compile(r"[a-z0-9_]{1,40}").fullmatch
_ITEM_ID = re.compile(r"[a-z0-9_.]{1,80}").fullmatch
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}").fullmatch
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:)([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-][0-9]{2}:[0-9]{2}))"
).fullmatch
_BAD_CHARACTER = re.compile("[\x00\ud800-\udfff]")
_INT_MAX = 1 << 53
_DATUMS = ("wgs84", "gcj02")


@dataclass(frozen=True, slots=True)
class Position:
    """A reading in WGS-84 degrees; `accuracy_m` None where the receiver did not say (or said nonsense)."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    mocked: bool = False

    @property
    def point(self) -> tuple[float, float]:
        return self.lat, self.lon


@dataclass(frozen=True, slots=True)
class FormRef:
    """Which form in which version the answers belong to."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Urgent:
    """Danger seen; `kind` None where it could not be read (the alert is raised all the same)."""

    kind: str | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Something the visit found missing; `kind` None where it could not be read."""

    kind: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as the phone recorded it, typed: aware UTC datetimes, WGS-84, no unreadable values.

    `started_at` and `ended_at` are the phone's clock, uncorrected (`shared.clock` works out trusted times).
    `answers` has only items that were answered; `photos` are lowercase SHA-256 hex digests.
    """

    id: UUID
    channel: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None = None
    elder_id: UUID | None = None
    tag: str | None = None
    tag_by: str | None = None
    reason: str | None = None
    clock: PhoneClock | None = None
    start_position: Position | None = None
    position: Position | None = None
    form: FormRef | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    all_good_tapped: bool = False
    urgent: Urgent | None = None
    needs: tuple[Need, ...] = ()
    note: str = ""
    photos: tuple[str, ...] = ()
    companion_ids: tuple[UUID, ...] = ()
    device_id: UUID | None = None
    v: int = WIRE_VERSION


@dataclass(frozen=True, slots=True)
class ReadVisit:
    """What came of reading an item.

    `visit` is None exactly when `errors` is not empty: `{"started_at": ["not_a_time"]}`, codes `required`,
    `not_a_uuid`, `not_a_code`, `not_a_time`, `not_an_object`. `id` is there whenever it could be read, so that the
    answer can name it. `faults` are the paths whose value was read as null (flag `value_unknown`).
    """

    visit: Visit | None
    id: UUID | None
    faults: tuple[str, ...] = ()
    errors: dict[str, list[str]] = field(default_factory=dict)


# Single values. Each gives the value, or None for what it cannot read.


def read_time(value: object) -> datetime | None:
    """An RFC 3339 time with offset as UTC, or None. A leap second is the second after it; finer than µs is cut."""
    if type(value) is not str or (found := _TIME(value)) is None:
        return None
    day, clock, second, fraction, offset = found.groups()
    leap = second == "60"
    try:
        at = datetime.fromisoformat(
            f"{day}T{clock}{'59' if leap else second}.{(fraction or '')[:6]:0<6}{offset or '+00:00'}"
        )
        return (at + timedelta(seconds=1) if leap else at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def clean_text(value: str) -> str:
    """`value` with U+0000 and lone surrogates, which no database takes, as U+FFFD."""
    if value.isascii() and "\x00" not in value:
        return value
    return _BAD_CHARACTER.sub("\ufffd", value)


def _code(value: object) -> str | None:
    return value if type(value) is str and _CODE(value) is not None else None


def _number(value: object) -> float | None:
    if type(value) is int:
        return float(value) if -_INT_MAX <= value <= _INT_MAX else None
    if type(value) is float and -1e300 < value < 1e300:  # leaves out NaN and the infinities
        return value
    return None


def _integer(value: object) -> int | None:
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and -_INT_MAX <= value <= _INT_MAX else None


# Composite values. Each appends the paths of what it could not read to `faults`.


def _position(value: object, path: str, faults: list[str]) -> Position | None:
    if type(value) is not dict:
        faults.append(path)
        return None
    lat, lon = _number(value.get("lat")), _number(value.get("lon"))
    if lat is None or lon is None or not valid(lat, lon):
        bad_lat = lat is None or not -90.0 <= lat <= 90.0
        faults.append(f"{path}.lat" if bad_lat else f"{path}.lon")
        return None
    accuracy = None
    if (raw := value.get("accuracy_m")) is not None:
        accuracy = _number(raw)
        if accuracy is None or accuracy < 0:
            accuracy = None
            faults.append(f"{path}.accuracy_m")
    mocked = value.get("mocked")
    if mocked is None:
        mocked = False
    elif type(mocked) is not bool:
        mocked = False
        faults.append(f"{path}.mocked")
    datum = value.get("datum")
    if datum is not None and datum not in _DATUMS:
        faults.append(f"{path}.datum")  # a position in an unknown datum may lie anywhere: it is not known
        return None
    if datum == "gcj02":
        lat, lon = gcj02_to_wgs84(lat, lon)
        lat, lon = round(lat, 7), round(lon, 7)
    return Position(lat, lon, accuracy, mocked)


def _clock(value: object, faults: list[str]) -> PhoneClock | None:
    if type(value) is not dict:
        faults.append("clock")
        return None
    get = value.get
    numbers: list[int | None] = []
    for name in ("offset_ms", "learnt_uptime_ms", "start_uptime_ms", "end_uptime_ms"):
        number = get(name)
        if number is not None and (number := _integer(number)) is None:
            faults.append("clock." + name)
        numbers.append(number)
    boots: list[str | None] = []
    for name in ("learnt_boot", "boot", "end_boot"):
        boot = get(name)
        if boot is not None:
            if type(boot) is str and len(boot) <= 200:
                boot = clean_text(boot) or None
            else:
                faults.append("clock." + name)
                boot = None
        boots.append(boot)
    learnt_at = None
    if (raw := get("learnt_at")) is not None and (learnt_at := read_time(raw)) is None:
        faults.append("clock.learnt_at")
    read = PhoneClock(numbers[0], learnt_at, numbers[1], boots[0], boots[1], numbers[2], boots[2], numbers[3])
    return None if read == _NO_CLOCK else read


_NO_CLOCK = PhoneClock()


def _form(value: object, faults: list[str]) -> FormRef | None:
    if type(value) is not dict:
        faults.append("form")
        return None
    id_, version = value.get("id"), _integer(value.get("version"))
    if type(id_) is not str or not 0 < len(id_) <= 80:
        faults.append("form.id")
        return None
    if version is None or not 0 <= version < 1 << 31:
        faults.append("form.version")
        return None
    return FormRef(clean_text(id_), version)


def _options(which: FormRef | None) -> dict[str, frozenset[str] | None] | None:
    """Item id → allowed options (None: free) of a known form; None for an unknown one."""
    if which is None:
        return None
    key = (which.id, which.version)
    if key not in _OPTIONS:
        known = form_of(*key)
        if known is None:
            return None
        _OPTIONS[key] = {item["id"]: frozenset(item["options"]) or None for item in known["items"]}
    return _OPTIONS[key]


_OPTIONS: dict[tuple[str, int], dict[str, frozenset[str] | None]] = {}


def _answers(value: object, which: FormRef | None, faults: list[str]) -> dict[str, Any]:
    """The answers to items of the form. Of a form that is not known here, every short answer is kept."""
    if type(value) is not dict:
        faults.append("answers")
        return {}
    known = _options(which)
    read: dict[str, Any] = {}
    for item, answer in value.items():
        if known is not None:
            if item not in known or answer is None:
                continue  # a field that is not known is ignored; it stays in the raw item
            options = known[item]
            if options is not None:
                if type(answer) is str and answer in options:
                    read[item] = answer
                else:
                    faults.append("answers." + item)
                continue
        elif answer is None:
            continue
        elif _ITEM_ID(item) is None:
            faults.append("answers")
            continue
        kind = type(answer)
        if kind is str:
            read[item] = clean_text(answer)
        elif kind is bool or ((kind is int or kind is float) and _number(answer) is not None):
            read[item] = answer
        else:
            faults.append("answers." + item)
    return read


def _coded(value: object, path: str, words: str, faults: list[str]) -> tuple[str | None, str] | None:
    """`{"kind": code, words: text}` of an urgent report or a need."""
    if type(value) is not dict:
        faults.append(path)
        return None
    kind = _code(value.get("kind"))
    if kind is None:
        faults.append(path + ".kind")
    text = value.get(words)
    if text is None:
        text = ""
    elif type(text) is str:
        text = clean_text(text)
    else:
        faults.append(f"{path}.{words}")
        text = ""
    return kind, text


def _list(value: object, path: str, faults: list[str]) -> list[object]:
    if type(value) is list:
        return value
    faults.append(path)
    return []


def read_visit(item: object) -> ReadVisit:
    """Read one item of `POST /sync/visits`. Never raises; see `ReadVisit`."""
    if type(item) is not dict:
        return ReadVisit(None, None, errors={"": ["not_an_object"]})
    get = item.get
    faults: list[str] = []
    errors: dict[str, list[str]] = {}

    raw = get("id")
    id_ = read_uuid(raw)
    if id_ is None:
        errors["id"] = ["required" if raw is None else "not_a_uuid"]
    raw = get("channel")
    channel = _code(raw)
    if channel is None:
        errors["channel"] = ["required" if raw is None else "not_a_code"]
    elif channel not in CHANNELS:
        faults.append("channel")
    raw = get("outcome")
    outcome = _code(raw)
    if outcome is None:
        errors["outcome"] = ["required" if raw is None else "not_a_code"]
    elif outcome not in OUTCOMES:
        faults.append("outcome")
    raw = get("started_at")
    started_at = read_time(raw)
    if started_at is None:
        errors["started_at"] = ["required" if raw is None else "not_a_time"]
    if id_ is None or channel is None or outcome is None or started_at is None:
        return ReadVisit(None, id_, errors=errors)

    ended_at = None
    if (raw := get("ended_at")) is not None and (ended_at := read_time(raw)) is None:
        faults.append("ended_at")
    elder_id = None
    if (raw := get("elder_id")) is not None and (elder_id := read_uuid(raw)) is None:
        faults.append("elder_id")
    device_id = None
    if (raw := get("device_id")) is not None and (device_id := read_uuid(raw)) is None:
        faults.append("device_id")
    tag = None
    if (raw := get("tag")) is not None:
        if type(raw) is str:
            tag = clean_text(raw) or None
        else:
            faults.append("tag")
    tag_by = None
    if (raw := get("tag_by")) is not None and (tag_by := _code(raw)) is None:
        faults.append("tag_by")
    reason = None
    if (raw := get("reason")) is not None and (reason := _code(raw)) is None:
        faults.append("reason")
    clock = None if (raw := get("clock")) is None else _clock(raw, faults)
    start_position = None if (raw := get("start_position")) is None else _position(raw, "start_position", faults)
    position = None if (raw := get("position")) is None else _position(raw, "position", faults)
    form = None if (raw := get("form")) is None else _form(raw, faults)
    answers = {} if (raw := get("answers")) is None else _answers(raw, form, faults)
    all_good_tapped = False
    if (raw := get("all_good_tapped")) is not None:
        if type(raw) is bool:
            all_good_tapped = raw
        else:
            faults.append("all_good_tapped")
    urgent = None
    if (raw := get("urgent")) is not None and (coded := _coded(raw, "urgent", "words", faults)) is not None:
        urgent = Urgent(*coded)
    needs: tuple[Need, ...] = ()
    if raw := get("needs"):
        read = (_coded(v, f"needs.{i}", "note", faults) for i, v in enumerate(_list(raw, "needs", faults)))
        needs = tuple(Need(*coded) for coded in read if coded is not None)
    elif raw is not None and type(raw) is not list:
        faults.append("needs")
    note = ""
    if (raw := get("note")) is not None:
        if type(raw) is str:
            note = clean_text(raw)
        else:
            faults.append("note")
    photos: dict[str, None] = {}
    if (raw := get("photos")) is not None:
        for i, digest in enumerate(_list(raw, "photos", faults)):
            if type(digest) is str and _SHA256(digest) is not None:
                photos[digest.lower()] = None
            else:
                faults.append(f"photos.{i}")
    companions: dict[UUID, None] = {}
    if (raw := get("companion_ids")) is not None:
        for i, text in enumerate(_list(raw, "companion_ids", faults)):
            if (who := read_uuid(text)) is not None:
                companions[who] = None
            else:
                faults.append(f"companion_ids.{i}")
    v = WIRE_VERSION
    if (raw := get("v")) is not None:
        number = _integer(raw)
        if number is None or not 0 <= number < 1 << 31:
            faults.append("v")
        else:
            v = number
    visit = Visit(
        id_, channel, outcome, started_at, ended_at, elder_id, tag, tag_by, reason, clock, start_position, position,
        form, answers, all_good_tapped, urgent, needs, note, tuple(photos), tuple(companions), device_id, v,
    )  # fmt: skip
    return ReadVisit(visit, id_, tuple(faults))


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
    """RFC 3339 with the offset that `at` has, to the millisecond where it has any."""
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")


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
        "learnt_at": None if clock.learnt_at is None else clock.learnt_at.isoformat(),
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
        "started_at": visit.started_at.isoformat(),
        "ended_at": None if visit.ended_at is None else visit.ended_at.isoformat(),
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
