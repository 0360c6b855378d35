"""Numbers, dates and times as the reader of either language writes them, in the county's time zone."""

from __future__ import annotations

import datetime as dt
import math

from server import clock
from server.console.texts import say
from server.language import language
from shared.rules.months import Month, local_date

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NOTHING = "—"


def percent(rate: float | None) -> str:
    """0.8571 → 85.7%; nothing due: a dash."""
    if rate is None:
        return NOTHING
    # never rounded up to 100: somebody is still missing then
    tenths = int(rate * 1000 + 0.5) if rate >= 1 else min(999, int(rate * 1000 + 0.5))
    return "100%" if tenths == 1000 else f"{tenths / 10:.1f}%"


def percent_up(rate: float) -> str:
    """0.01814 → 1.9%: a bound, never made smaller by rounding."""
    return f"{math.ceil(rate * 1000 - 1e-9) / 10:.1f}%"


def number(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"


def month(value: Month) -> str:
    first = value.first
    if language() == "zh":
        return f"{first.year}年{first.month}月"
    return f"{MONTHS[first.month - 1]} {first.year}"


def month_name(value: dt.date) -> str:
    return month(Month.of(value))


def day(value: dt.date | None) -> str:
    """11月3日; of another year 2025年11月3日."""
    if value is None:
        return NOTHING
    this_year = local_date(clock.now(), clock.zone()).year
    if language() == "zh":
        text = f"{value.month}月{value.day}日"
        return text if value.year == this_year else f"{value.year}年{text}"
    text = f"{value.day} {MONTHS[value.month - 1][:3]}"
    return text if value.year == this_year else f"{text} {value.year}"


def local_day(value: dt.datetime | None) -> str:
    return NOTHING if value is None else day(local_date(value, clock.zone()))


def time_of_day(value: dt.datetime | None) -> str:
    return NOTHING if value is None else f"{value.astimezone(clock.zone()):%H:%M}"


def moment(value: dt.datetime | str | None) -> str:
    """11月3日 09:12"""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return f"{local_day(value)} {time_of_day(value)}"


def until(end: str, start: str) -> str:
    """The end of what began at `start`: the time alone on the same day."""
    first, last = dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)
    zone = clock.zone()
    return time_of_day(last) if local_date(first, zone) == local_date(last, zone) else moment(last)


def days_since(value: dt.datetime | dt.date | None) -> int | None:
    """Whole local days since then."""
    if value is None:
        return None
    then = local_date(value, clock.zone()) if isinstance(value, dt.datetime) else value
    return (local_date(clock.now(), clock.zone()) - then).days


def stay(seconds: int | None) -> str:
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(seconds, 60)
    if minutes:
        return say("unit.minutes", n=minutes)
    return say("unit.seconds", n=rest)
