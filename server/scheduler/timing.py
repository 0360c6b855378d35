"""When a job runs, and the name of the period that a run is for.

The period is what a run claims: a job that ran late, twice, or on two machines does its period's work once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day at that local time. The period is the day whose time has come: before it, still the day before."""

    at: dt.time

    def period(self, now: dt.datetime, tz: dt.tzinfo) -> str:
        local = now.astimezone(tz)
        day = local.date() if local.time() >= self.at else local.date() - dt.timedelta(days=1)
        return day.isoformat()

    def trigger(self, tz: dt.tzinfo) -> BaseTrigger:
        return CronTrigger(hour=self.at.hour, minute=self.at.minute, second=self.at.second, timezone=tz)

    def __str__(self) -> str:
        return f"{self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many seconds (a divisor of a day, so that periods do not depend on when a process began)."""

    seconds: int

    def period(self, now: dt.datetime, tz: dt.tzinfo) -> str:
        begun = int(now.timestamp()) // self.seconds * self.seconds
        return dt.datetime.fromtimestamp(begun, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def trigger(self, tz: dt.tzinfo) -> BaseTrigger:
        return IntervalTrigger(seconds=self.seconds, timezone=tz)

    def __str__(self) -> str:
        return f"/{self.seconds} s"


When = Daily | Every
