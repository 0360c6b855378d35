"""Months, weeks, and who is due in them: the awkward dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.months import (
    Month,
    Period,
    Week,
    arrived_on_time,
    is_due,
    is_due_week,
    local_date,
    month_of,
    parse_period,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
NOVEMBER = Month(2026, 11)


@given(DAYS)
def test_a_day_lies_in_its_month_and_in_no_neighbour(day):
    month = Month.of(day)
    assert month.first <= day <= month.last
    assert month.previous().last < day < month.next().first
    assert month.next().previous() == month == month.previous().next()
    assert month.previous() < month < month.next()
    assert Month.parse(str(month)) == month
    assert month.last + timedelta(days=1) == month.next().first
    assert month.days == month.last.day


@given(DAYS)
def test_a_day_lies_in_one_week_that_belongs_to_one_month(day):
    week = Week.of(day)
    assert week.first <= day <= week.last
    assert week.first.weekday() == 0
    assert week.last - week.first == timedelta(days=6)
    assert week.next().previous() == week
    assert Week.parse(str(week)) == week
    assert week in week.month.weeks()
    assert week not in week.month.next().weeks()
    assert week not in week.month.previous().weeks()


@given(DAYS)
def test_the_weeks_of_all_months_are_all_weeks_once(day):
    month = Month.of(day)
    weeks = month.weeks()
    assert len(weeks) in (4, 5)
    assert weeks[-1].next() == month.next().weeks()[0]


def test_the_week_across_new_year_belongs_to_the_month_of_its_thursday():
    week = Week.of(date(2027, 1, 1))
    assert str(week) == "2026-W53"
    assert week.month == Month(2026, 12)
    assert Week.of(date(2024, 12, 31)).month == Month(2025, 1)


def test_february_has_29_days_in_a_leap_year():
    assert Month(2028, 2).last == date(2028, 2, 29)
    assert Month(2100, 2).last == date(2100, 2, 28)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "26-01", "2026-11-01", "", "２０２６-11", "2026-11\n"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


@pytest.mark.parametrize("text", ["2026-W54", "2026-W00", "2025-W53", "2026-W1", "2026W01"])
def test_what_is_no_week_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        Week.parse(text)


def test_a_month_begins_at_local_midnight():
    assert NOVEMBER.starts(SHANGHAI) == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert NOVEMBER.ends(SHANGHAI) == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert NOVEMBER.deadline(SHANGHAI) == datetime(2026, 12, 5, 16, tzinfo=UTC)
    assert month_of(datetime(2026, 10, 31, 16, tzinfo=UTC), SHANGHAI) == NOVEMBER
    assert month_of(datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC), SHANGHAI) == Month(2026, 10)
    assert local_date(datetime(2026, 12, 31, 16, tzinfo=UTC), SHANGHAI) == date(2027, 1, 1)


def test_a_month_with_a_summer_time_change_still_begins_at_local_midnight():
    berlin = ZoneInfo("Europe/Berlin")
    assert Month(2026, 3).starts(berlin) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert Month(2026, 3).ends(berlin) == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_on_time_ends_with_the_first_instant_of_the_6th():
    deadline = datetime(2026, 12, 5, 16, tzinfo=UTC)
    assert arrived_on_time(date(2026, 11, 30), deadline - timedelta(microseconds=1), SHANGHAI)
    assert not arrived_on_time(date(2026, 11, 30), deadline, SHANGHAI)
    assert not arrived_on_time(date(2026, 11, 1), deadline, SHANGHAI)
    assert arrived_on_time(date(2026, 12, 1), deadline, SHANGHAI)


@pytest.mark.parametrize(
    ("registered", "left", "due"),
    [
        (date(2020, 1, 1), None, True),
        (date(2026, 11, 20), None, True),
        (date(2026, 11, 21), None, False),
        (date(2026, 12, 1), None, False),
        (date(2020, 1, 1), date(2026, 11, 1), False),
        (date(2020, 1, 1), date(2026, 11, 2), True),
        (date(2020, 1, 1), date(2026, 11, 30), True),
        (date(2026, 11, 5), date(2026, 11, 5), False),
    ],
)
def test_who_is_due(registered, left, due):
    assert is_due(registered, left, NOVEMBER) is due


@given(DAYS, DAYS)
def test_who_registers_after_the_20th_is_due_from_the_next_month(registered, day):
    month = Month.of(day)
    first = Month.of(registered) if registered.day <= 20 else Month.of(registered).next()
    assert is_due(registered, None, month) is (month >= first)


def test_a_week_is_owed_to_who_was_there_by_its_thursday():
    week = Week.parse("2026-W46")  # 9 to 15 November
    assert is_due_week(date(2026, 11, 12), None, week)
    assert not is_due_week(date(2026, 11, 13), None, week)
    assert not is_due_week(date(2026, 1, 1), date(2026, 11, 9), week)
    assert is_due_week(date(2026, 1, 1), date(2026, 11, 10), week)
    # registered after the 20th: due from December, weeks as well as months
    assert not is_due_week(date(2026, 11, 23), None, Week.parse("2026-W48"))
    assert is_due_week(date(2026, 11, 23), None, Week.parse("2026-W49"))


@given(DAYS, st.sampled_from(["month", "week"]))
def test_a_period_holds_its_days_and_names_itself(day, kind):
    period = Period.of_day(kind, day)
    assert day in period
    assert period.start - timedelta(days=1) not in period
    assert period.end + timedelta(days=1) not in period
    assert parse_period(str(period)) == period
    assert period.starts(SHANGHAI) < period.ends(SHANGHAI) <= period.deadline(SHANGHAI) + timedelta(days=2)
    assert period.month == (Month.of(day) if kind == "month" else Week.of(day).month)
