"""`presence evaluate` on lines that somebody else's tool wrote: a verdict for each, whatever is odd about it."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from server.visits.evaluating import Line, Unread, judged, read_lines

HOME = {"id": str(UUID(int=5)), "lat": 34.02, "lon": 113.82}
PLACE = {"lat": 34.0203, "lon": 113.82, "accuracy_m": 20.0, "datum": "wgs84", "mocked": False}
CLOCK = {
    "offset_ms": -204, "learnt_at": "2026-11-03T08:40:02+08:00", "learnt_uptime_ms": 1_000_000, "learnt_boot": "b",
    "boot": "b", "start_uptime_ms": 2_949_000, "end_uptime_ms": 4_149_000,
}  # fmt: skip


def line(visit=None, **more):
    told = {
        "id": str(UUID(int=7)), "elder_id": HOME["id"], "tag": "x", "channel": "home", "outcome": "met",
        "started_at": "2026-11-03T09:12:31+08:00", "ended_at": "2026-11-03T09:32:31+08:00", "clock": CLOCK,
        "start_position": PLACE, "position": {**PLACE, "lat": 34.0204}, **(visit or {}),
    }  # fmt: skip
    return {"visit": told, "received_at": "2026-11-03T10:00:00+08:00", "visitor_id": "a", "home": HOME,
            "tag_verdict": "right", **more}  # fmt: skip


def said(*lines):
    read = list(read_lines(json.dumps(each) for each in lines))
    assert all(isinstance(each, Line) for each in read)
    return [judgement for _, judgement in judged(read)]


def test_an_ordinary_line_is_verified():
    assert said(line())[0].assurance == "verified"


@pytest.mark.parametrize("odd", [
    {"home": None}, {"home": []}, {"home": {}}, {"home": {**HOME, "lat": 0, "lon": 0}}, {"home": {**HOME, "lon": None}},
    {"home": {**HOME, "lat": float("nan")}}, {"home": {**HOME, "lat": "north"}}, {"home": {**HOME, "id": "H-1"}},
    {"home": {**HOME, "id": 12}}, {"tag_verdict": None}, {"tag_verdict": "odd"}, {"tag_verdict": []},
    {"visitor_id": None}, {"visitor_id": 5}, {"received_at": None}, {"received_at": "soon"}, {"more": 1},
], ids=str)  # fmt: skip
def test_what_a_line_lacks_or_says_oddly_is_not_known(odd):
    assert said(line(**odd))[0].assurance in ("verified", "plausible")


@pytest.mark.parametrize("odd", [
    {"position": {**PLACE, "lat": 0, "lon": 0}}, {"position": {**PLACE, "lat": 48.85, "lon": 2.35}},
    {"position": {**PLACE, "accuracy_m": 0}}, {"position": {**PLACE, "accuracy_m": 100_000}}, {"position": [1, 2]},
    {"clock": None}, {"clock": {}}, {"clock": "x"}, {"clock": {**CLOCK, "end_uptime_ms": 5}},
    {"clock": {**CLOCK, "start_uptime_ms": -5}}, {"clock": {**CLOCK, "start_uptime_ms": 10**30}},
    {"ended_at": None}, {"ended_at": "2026-11-03T08:00:00+08:00"}, {"answers": [1]}, {"device_id": "phone"},
], ids=str)  # fmt: skip
def test_odd_instruments_alone_doubt_nobody(odd):
    assert said(line(odd))[0].assurance in ("verified", "plausible")


@pytest.mark.parametrize("year", ["1999", "2031"])
def test_years_ago_and_ahead_are_told(year):
    judgement = said(line({"started_at": f"{year}-01-01T00:00:00+08:00", "ended_at": None, "clock": None}))[0]
    assert {"time_old", "time_future"}.intersection(judgement.codes)


def test_what_cannot_be_read_does_not_stop_the_rest():
    texts = ["{", "[]", "", json.dumps(line({"started_at": None})), json.dumps(line({"id": None})), json.dumps(line())]
    read = list(read_lines(texts))
    assert [(type(each), each.number, each.id) for each in read[:-1]] == [
        (Unread, 1, None), (Unread, 2, None), (Unread, 4, str(UUID(int=7))), (Unread, 5, None),
    ]  # fmt: skip
    assert isinstance(read[-1], Line)
