"""Histories as bytes, small and quick to read: they are read and written with every batch of visits.

Each begins with the number of its form. What was packed in a form that this version does not know is let go: a history
is made of visits, and fills again with those to come.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from shared.geo import Point
from shared.rules.history import Day, DeviceHistory, Trace, VisitorHistory
from shared.rules.homes import HomeHistory, Place, Seen
from shared.rules.remembering import PhotoUse

FORM = 2
_COUNTS = struct.Struct("<B5H")
_TRACE = struct.Struct("<16s16s4Q5d4d4fIB")
_DAY = struct.Struct("<IHH")
_SPOT = struct.Struct("<16s16s2df2dI")
_PRINT = struct.Struct("<Q16s16s")
_BEAT = struct.Struct("<16s2d")
_PLACE = struct.Struct("<2df3H")
_SEEN = struct.Struct("<16sQI2df")
_USE = struct.Struct("<16s16s2dIB")
_NONE = bytes(16)
_NAN = math.nan
_PROVED, _PRESENT, _LAST_EVENING = 1, 2, 4


def pack_visitor(history: VisitorHistory) -> bytes:
    """A visitor's history."""
    parts = [
        _COUNTS.pack(
            FORM, len(history.traces), len(history.days), len(history.spots), len(history.beat), len(history.prints)
        ),
        *map(_pack_trace, history.traces.values()),
    ]
    parts += [_DAY.pack(n, min(day.visits, 65_535), min(day.unplaced, 65_535)) for n, day in history.days.items()]
    parts += [
        _SPOT.pack(visit, home, *at, accuracy, *home_at, day)
        for visit, (home, at, accuracy, home_at, day) in history.spots.items()
    ]
    parts += [_BEAT.pack(home, *point) for home, point in history.beat.items()]
    parts += [_PRINT.pack(*seen) for seen in history.prints]
    return b"".join(parts)


def unpack_visitor(packed: bytes | None) -> VisitorHistory:
    """The history that was packed; an empty one of nothing, or of another form."""
    history = VisitorHistory()
    if not packed or packed[0] != FORM:
        return history
    _, traces, days, spots, beat, prints = _COUNTS.unpack_from(packed)
    at = _COUNTS.size
    end = at + traces * _TRACE.size
    for trace in _traces(packed[at:end]):
        history.index(trace)
    at, end = end, end + days * _DAY.size
    history.days = {day: Day(visits, unplaced) for day, visits, unplaced in _DAY.iter_unpack(packed[at:end])}
    at, end = end, end + spots * _SPOT.size
    for visit, home, lat, lon, accuracy, home_lat, home_lon, day in _SPOT.iter_unpack(packed[at:end]):
        history.spots[visit] = home, (lat, lon), accuracy, (home_lat, home_lon), day
    at, end = end, end + beat * _BEAT.size
    history.beat = {home: (lat, lon) for home, lat, lon in _BEAT.iter_unpack(packed[at:end])}
    at, end = end, end + prints * _PRINT.size
    history.prints = list(_PRINT.iter_unpack(packed[at:end]))
    return history


def pack_device(history: DeviceHistory) -> bytes:
    """A phone's history."""
    return bytes([FORM]) + b"".join(map(_pack_trace, history.traces.values()))


def unpack_device(packed: bytes | None) -> DeviceHistory:
    history = DeviceHistory()
    for trace in _traces(packed[1:]) if packed and packed[0] == FORM else ():
        history.add(trace)
    return history


def pack_home(history: HomeHistory) -> bytes:
    """A home's history."""
    place = history.place
    told = (_NAN, _NAN, 0.0, 0, 0, 0) if place is None else (
        place.lat, place.lon, place.spread_m, place.visitors, place.days, place.readings
    )  # fmt: skip
    seen = (_SEEN.pack(s.visit, s.visitor, s.day, s.lat, s.lon, s.accuracy_m) for s in history.seen)
    refused = (_SEEN.pack(_NONE, 0, 0, *at, 0.0) for at in history.refused)  # as readings of nobody
    return bytes([FORM]) + _PLACE.pack(*told) + b"".join((*seen, *refused))


def unpack_home(packed: bytes | None) -> HomeHistory:
    if not packed or packed[0] != FORM:
        return HomeHistory()
    lat, *rest = _PLACE.unpack_from(packed, 1)
    seen = [Seen(visit, *more) for visit, *more in _SEEN.iter_unpack(packed[1 + _PLACE.size :])]
    refused: list[Point] = []
    while seen and not seen[-1].visitor:  # marks are never 0
        refused.insert(0, (seen[-1].lat, seen.pop().lon))
    return HomeHistory(seen, None if math.isnan(lat) else Place(lat, *rest), refused)


def pack_photo(uses: Sequence[PhotoUse]) -> bytes:
    """Who showed a photo."""
    return bytes([FORM]) + b"".join(
        _USE.pack(use.visit, use.home, *(use.home_at or (_NAN, _NAN)), use.day, use.alike) for use in uses
    )


def unpack_photo(packed: bytes | None) -> list[PhotoUse]:
    if not packed or packed[0] != FORM:
        return []
    return [
        PhotoUse(visit, b"" if home == _NONE else home, _point(lat, lon), day, bool(alike))
        for visit, home, lat, lon, day, alike in _USE.iter_unpack(packed[1:])
    ]


def _pack_trace(t: Trace) -> bytes:
    return _TRACE.pack(
        t.id, t.home, t.visitor, t.device, t.boot, t.answers, t.start, t.end, t.arrived, t.claimed,
        _NAN if t.uptime_s is None else t.uptime_s, *(t.home_at or (_NAN, _NAN)), *(t.at or (_NAN, _NAN)),
        t.accuracy_m, t.off_m, t.bits, t.doubt, t.day,
        _PROVED * t.proved | _PRESENT * t.present | _LAST_EVENING * t.last_evening,
    )  # fmt: skip


def _traces(packed: bytes) -> list[Trace]:
    return [
        Trace(
            visit, visitor, device, b"" if home == _NONE else home, _point(home_lat, home_lon), start, end, day,
            arrived, claimed, bool(bits & _PROVED), boot, None if uptime != uptime else uptime, _point(lat, lon),
            accuracy, off, answers, told, bool(bits & _LAST_EVENING), doubt, bool(bits & _PRESENT),
        )
        for (
            visit, home, visitor, device, boot, answers, start, end, arrived, claimed, uptime, home_lat, home_lon, lat,
            lon, accuracy, off, told, doubt, day, bits,
        ) in _TRACE.iter_unpack(packed)
    ]  # fmt: skip


def _point(lat: float, lon: float) -> Point | None:
    return None if lat != lat else (lat, lon)
