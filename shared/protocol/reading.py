"""Reading whatever a phone sends.

CONTRACT's rule is that nothing a visitor did may be lost to a broken field. So only what a visit cannot be without
(`id`, `channel`, `outcome`, `started_at`) can make it unreadable; anything else that cannot be read becomes null,
its path goes into `faults` and the visit carries the flag `value_unknown`. Nothing here raises, whatever JSON comes.

The code is plain on purpose: a server reads thousands of these, and 40 µs a visit is a fraction of what a schema
library takes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import PhoneClock
from shared.geo import gcj02_to_wgs84, valid
from shared.ids import read_uuid
from shared.protocol.record import WIRE_VERSION, FormRef, Need, Position, ReadVisit, Urgent, Visit
from shared.protocol.values import OUTCOMES
from shared.rules.forms import form as form_of
from shared.rules.policy import CHANNELS

_CODE = re.compile(r"[a-z0-9_]{1,40}").fullmatch
_ITEM_ID = re.compile(r"[a-z0-9_.]{1,80}").fullmatch
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}").fullmatch
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:)([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-][0-9]{2}:[0-9]{2}))"
).fullmatch
_BAD_CHARACTER = re.compile("[\x00\ud800-\udfff]")
_INT_MAX = 1 << 53
WORD_MAX = 40
FAULTS_MAX = 50
"""Paths that are told; an item of 64 KiB can hold thousands."""
_DATUMS = ("wgs84", "gcj02")


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


def read_code(value: object) -> str | None:
    """A code of a closed list that may grow: `[a-z0-9_]{1,40}`; None for anything else."""
    return value if type(value) is str and _CODE(value) is not None else None


def read_word(value: object) -> str | None:
    """A required word. One that no list has is kept, however it is written (the first 40 characters: the raw item has
    the whole); None where there is none."""
    return clean_text(value)[:WORD_MAX] or None if type(value) is str else None


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


def read_position(value: object) -> Position | None:
    """A position in wire shape, in WGS-84; None where there is none that could be read."""
    return _position(value, "position", []) if value is not None else None


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


def read_clock(value: object, faults: list[str]) -> PhoneClock | None:
    """The `clock` of a visit or an event; what of it cannot be read is None and named in `faults`."""
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
    kind = read_code(value.get("kind"))
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
    channel = read_word(raw)
    if channel is None:
        errors["channel"] = ["required" if raw is None else "not_a_code"]
    elif channel not in CHANNELS:
        faults.append("channel")
    raw = get("outcome")
    outcome = read_word(raw)
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
    if (raw := get("tag_by")) is not None and (tag_by := read_code(raw)) is None:
        faults.append("tag_by")
    reason = None
    if (raw := get("reason")) is not None and (reason := read_code(raw)) is None:
        faults.append("reason")
    clock = None if (raw := get("clock")) is None else read_clock(raw, faults)
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
    return ReadVisit(visit, id_, tuple(dict.fromkeys(faults))[:FAULTS_MAX])
