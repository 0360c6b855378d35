"""Trusted time: golden cases, and what holds for any clock whatever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import PhoneClock, trusted_times
from tests.vectors import load

TIMES = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28)).map(lambda t: t.replace(tzinfo=UTC))  # noqa: DTZ001
RECEIVED = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))  # noqa: DTZ001
NUMBERS = st.none() | st.integers(-(1 << 53), 1 << 53) | st.integers(0, 10**10)
BOOTS = st.none() | st.sampled_from(["a", "b", ""])
CLOCKS = st.none() | st.builds(
    PhoneClock, NUMBERS, st.none() | TIMES | RECEIVED, NUMBERS, BOOTS, BOOTS, NUMBERS, BOOTS, NUMBERS
)


def time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@pytest.mark.parametrize("case", load("clocks"), ids=lambda case: case["name"])
def test_golden(case):
    clock = case["clock"] and PhoneClock(**{**case["clock"], "learnt_at": time(case["clock"]["learnt_at"])})
    times = trusted_times(time(case["started_at"]), time(case["ended_at"]), clock, time(case["received_at"]))
    assert (times.start, times.stay_s, times.proved) == (time(case["start"]), case["stay_s"], case["proved"])
    assert times.notes == set(case["notes"])
    if "set_by_s" in case:
        assert times.set_by_s == case["set_by_s"]


@given(TIMES | RECEIVED, st.none() | TIMES | RECEIVED, CLOCKS, RECEIVED)
def test_any_clock_gives_a_time_that_can_be(started_at, ended_at, clock, received_at):
    times = trusted_times(started_at, ended_at, clock, received_at)
    assert datetime(1970, 1, 1, tzinfo=UTC) < times.start
    assert times.start <= received_at
    assert times.start.tzinfo is UTC
    assert (times.end is None) == (times.stay_s is None)
    if times.end is not None:
        assert times.start <= times.end <= received_at
        assert times.stay_s == (times.end - times.start) // timedelta(seconds=1)
    assert times.proved != ("clock_unproved" in times.notes)


@given(TIMES, TIMES, st.integers(0, 10**8), st.integers(0, 10**7))
def test_no_setting_of_the_clock_moves_a_proved_time(one, other, since_ms, stay_ms):
    met = datetime(2026, 11, 3, tzinfo=UTC)
    clock = PhoneClock(0, met, 5_000, "a", "a", 5_000 + since_ms, None, 5_000 + since_ms + stay_ms)
    received = met + timedelta(milliseconds=since_ms + stay_ms)
    first = trusted_times(one, one, clock, received)
    second = trusted_times(other, other, clock, received)
    assert first.proved
    assert (first.start, first.end, first.stay_s) == (second.start, second.end, second.stay_s)
    assert first.start == met + timedelta(milliseconds=since_ms)


def test_clocks_in_other_zones_say_the_same():
    at = datetime(2026, 11, 3, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    received = datetime(2026, 11, 3, 2, tzinfo=UTC)
    assert trusted_times(at, None, None, received) == trusted_times(at.astimezone(UTC), None, None, received)


def test_the_first_and_the_last_instant_there_is_do_no_harm():
    received = datetime(2026, 11, 3, tzinfo=UTC)
    east, west = (timezone(timedelta(hours=hours)) for hours in (14, -12))
    first = trusted_times(datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west), None, received)
    assert first.start.year == 1970
    last = trusted_times(datetime.max.replace(tzinfo=west), None, PhoneClock(offset_ms=10**12), received)
    assert last.start == received
    assert "time_future" in last.notes


def test_an_unknown_end_boot_is_the_boot_of_the_start():
    received = datetime(2026, 11, 3, 2, tzinfo=UTC)
    start = datetime(2026, 11, 3, 1, tzinfo=UTC)
    clock = PhoneClock(0, start, 0, "a", "a", 60_000, None, 120_000)
    assert trusted_times(start, None, clock, received).stay_s == 60
    assert trusted_times(start, None, replace(clock, end_boot="b"), received).stay_s is None
