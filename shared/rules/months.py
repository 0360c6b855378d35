"""Calendar months, ISO weeks, and what belongs to which.

Every figure the directors see hangs on when a month begins and ends *locally*; the awkward dates (leap days, weeks
across a new year, the 20th, the 6th) are settled here and nowhere else (DOMAIN, The monthly visit rate).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

LAST_DAY_TO_REGISTER = 20
"""Who registers later in a month is due from the next."""
GRACE_DAYS = 5
"""A visit counts if it arrives within this many days after its month's end."""

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])").fullmatch
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})").fullmatch

PeriodKind = Literal["month", "week"]


def midnight(day: date, tz: tzinfo) -> datetime:
    """The instant, in UTC, at which `day` begins in `tz`."""
    return datetime.combine(day, time(), tz).astimezone(UTC)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month. `str()` is `2026-11`; `first` and `last` are dates, both inside."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.year <= 9999):
            raise ValueError(f"no such month: {self.year}-{self.month}")

    @classmethod
    def parse(cls, text: str) -> Month:
        """`2026-11` → Month; ValueError for anything else."""
        found = _MONTH(text)
        if found is None:
            raise ValueError("month as YYYY-MM expected")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that holds `day`."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return self.next().first - timedelta(days=1)

    @property
    def days(self) -> int:
        return self.last.day

    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> Month:
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def starts(self, tz: tzinfo) -> datetime:
        """First instant of the month in `tz`, as UTC."""
        return midnight(self.first, tz)

    def ends(self, tz: tzinfo) -> datetime:
        """First instant after the month in `tz`, as UTC."""
        return midnight(self.next().first, tz)

    def deadline(self, tz: tzinfo) -> datetime:
        """Visits of this month count if they arrive before this: 00:00 on the 6th of the next, local time."""
        return midnight(self.next().first + timedelta(days=GRACE_DAYS), tz)

    def weeks(self) -> tuple[Week, ...]:
        """The ISO weeks that belong to this month: those whose Thursday is in it (four or five)."""
        week = Week.of(self.first)
        if week.month != self:
            week = week.next()
        found = []
        while week.month == self:
            found.append(week)
            week = week.next()
        return tuple(found)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week, Monday to Sunday. `str()` is `2026-W47`; it belongs to the month that holds its Thursday."""

    year: int
    week: int

    def __post_init__(self) -> None:
        date.fromisocalendar(self.year, self.week, 1)

    @classmethod
    def parse(cls, text: str) -> Week:
        """`2026-W47` → Week; ValueError for anything else."""
        found = _WEEK(text)
        if found is None:
            raise ValueError("week as YYYY-Www expected")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Week:
        """The week that holds `day`."""
        year, week, _ = day.isocalendar()
        return cls(year, week)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.week:02}"

    @property
    def first(self) -> date:
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def last(self) -> date:
        return date.fromisocalendar(self.year, self.week, 7)

    @property
    def month(self) -> Month:
        return Month.of(date.fromisocalendar(self.year, self.week, 4))

    def next(self) -> Week:
        return Week.of(self.first + timedelta(days=7))

    def previous(self) -> Week:
        return Week.of(self.first - timedelta(days=7))

    def starts(self, tz: tzinfo) -> datetime:
        """First instant of the week in `tz`, as UTC."""
        return midnight(self.first, tz)

    def ends(self, tz: tzinfo) -> datetime:
        """First instant after the week in `tz`, as UTC."""
        return midnight(self.last + timedelta(days=1), tz)

    def deadline(self, tz: tzinfo) -> datetime:
        """As its month's: a week's figure closes with the month it belongs to."""
        return self.month.deadline(tz)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A month or a week as a duty row has it: kind, first and last day (both inside)."""

    kind: PeriodKind
    start: date
    end: date

    @classmethod
    def of(cls, unit: Month | Week) -> Period:
        return cls("month" if isinstance(unit, Month) else "week", unit.first, unit.last)

    @classmethod
    def of_day(cls, kind: PeriodKind, day: date) -> Period:
        """The period of that kind which holds `day`."""
        return cls.of(Month.of(day) if kind == "month" else Week.of(day))

    @property
    def unit(self) -> Month | Week:
        return Month.of(self.start) if self.kind == "month" else Week.of(self.start)

    @property
    def month(self) -> Month:
        """The month whose figures this period enters."""
        unit = self.unit
        return unit if isinstance(unit, Month) else unit.month

    def __str__(self) -> str:
        return str(self.unit)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day <= self.end

    def starts(self, tz: tzinfo) -> datetime:
        return self.unit.starts(tz)

    def ends(self, tz: tzinfo) -> datetime:
        return self.unit.ends(tz)

    def deadline(self, tz: tzinfo) -> datetime:
        return self.unit.deadline(tz)


def parse_period(text: str) -> Period:
    """`2026-11` or `2026-W47` → Period; ValueError for anything else."""
    return Period.of(Week.parse(text) if "W" in text else Month.parse(text))


def local_date(instant: datetime, tz: tzinfo) -> date:
    """The date in `tz` at `instant` (aware)."""
    return instant.astimezone(tz).date()


def month_of(instant: datetime, tz: tzinfo) -> Month:
    """The month in `tz` at `instant` (aware)."""
    return Month.of(local_date(instant, tz))


def arrived_on_time(local_day: date, received_at: datetime, tz: tzinfo) -> bool:
    """Does a visit of `local_day` that arrives at `received_at` still count in its month (before the 6th, 00:00)?"""
    return received_at < Month.of(local_day).deadline(tz)


def is_due(registered_on: date, left_on: date | None, month: Month) -> bool:
    """Is an elder owed a visit in `month`: on the register for part of it, registered on or before its 20th?

    `left_on` is the first day off the register (died, moved, institution). Who left before being visited is due
    here and judged `left` by the duty, which takes them out of the denominator.
    """
    if registered_on > month.first.replace(day=LAST_DAY_TO_REGISTER):
        return False
    return left_on is None or (left_on > month.first and left_on > registered_on)


def is_due_week(registered_on: date, left_on: date | None, week: Week) -> bool:
    """Is a focused elder owed a visit in `week`?

    Due in the week's month, registered on or before its Thursday, and not gone before its Tuesday: nobody is owed a
    week of which only a weekend is left.
    """
    if not is_due(registered_on, left_on, week.month) or registered_on > week.first + timedelta(days=3):
        return False
    return left_on is None or left_on > week.first
