"""Positions on the ground: distances, and the shifted coordinates of Chinese maps.

Everything is kept in WGS-84 degrees. Chinese map services and many phones give GCJ-02, which lies 50–700 m off by
a published formula; it is converted on arrival, because a reading left unconverted looks like a visitor who was
never there.
"""

from __future__ import annotations

import math

Point = tuple[float, float]
"""(latitude, longitude) in degrees."""

_RADIUS_M = 6_371_008.8
_A = 6_378_245.0  # Krasovsky 1940, which GCJ-02 is built on
_EE = 0.006693421622965943
_METRE = math.pi * _RADIUS_M / 180
_HALF_RADIAN = math.pi / 360


def distance_m(a: Point, b: Point) -> float:
    """Metres from `a` to `b` along the sphere (haversine; within 0.5 % of the ellipsoid)."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    d_lat, d_lon = math.sin((lat_b - lat_a) / 2), math.sin(math.radians(b[1] - a[1]) / 2)
    h = d_lat * d_lat + math.cos(lat_a) * math.cos(lat_b) * d_lon * d_lon
    return 2 * _RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def flat_m(a: Point, b: Point) -> float:
    """Metres from `a` to `b` as on a flat map: four times as fast, within 1 % of `distance_m` up to some 20 km."""
    d_lon = (b[1] - a[1]) * math.cos((a[0] + b[0]) * _HALF_RADIAN)
    return _METRE * math.hypot(b[0] - a[0], d_lon)


def valid(lat: float, lon: float) -> bool:
    """Is this a position on Earth at all (finite, within ±90 and ±180)?"""
    return -90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0


def plausible(lat: float, lon: float) -> bool:
    """Can a visit have been there: on Earth and within the box around China (which leaves out 0,0)?"""
    return 3.0 <= lat <= 54.0 and 73.0 <= lon <= 136.0


def _shift(lat: float, lon: float) -> Point:
    """How far GCJ-02 moves a WGS-84 position, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    d_lat += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    d_lon += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    d_lon += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    rad = math.radians(lat)
    magic = 1.0 - _EE * math.sin(rad) ** 2
    root = math.sqrt(magic)
    return (
        d_lat * 180.0 / ((_A * (1.0 - _EE)) / (magic * root) * math.pi),
        d_lon * 180.0 / (_A / root * math.cos(rad) * math.pi),
    )


def _shifted_land(lat: float, lon: float) -> bool:
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def wgs84_to_gcj02(lat: float, lon: float) -> Point:
    """The GCJ-02 position of a WGS-84 one; outside China the two are the same."""
    if not _shifted_land(lat, lon):
        return lat, lon
    d_lat, d_lon = _shift(lat, lon)
    return lat + d_lat, lon + d_lon


def gcj02_to_wgs84(lat: float, lon: float) -> Point:
    """The WGS-84 position of a GCJ-02 one, exact to less than a centimetre; outside China the same."""
    if not _shifted_land(lat, lon):
        return lat, lon
    guess_lat, guess_lon = lat, lon
    for _ in range(6):  # the shift changes so slowly that each round gains three digits
        d_lat, d_lon = _shift(guess_lat, guess_lon)
        guess_lat, guess_lon = lat - d_lat, lon - d_lon
    return guess_lat, guess_lon


def move(point: Point, north_m: float, east_m: float) -> Point:
    """The position `north_m` and `east_m` metres from `point` (for small distances)."""
    return (
        point[0] + north_m / _METRE,
        point[1] + east_m / (_METRE * max(0.01, math.cos(math.radians(point[0])))),
    )
