"""Every job of the scheduler, in one list: its name, when it runs, what it does.

The work itself stands in the nouns' services; here it is only called. A body never commits (`commits` says which ones
do, because they must not hold a transaction while they talk to others) and does nothing the second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import closing, outcomes, rejudging
from server.alerts import jobs as alerts
from server.clock import zone
from server.elders import vault
from server.notify import jobs as notify
from server.scheduler import cleaning
from server.scheduler.timing import Daily, Every, When
from server.tasks.model import JobRun
from shared.rules.months import local_date

BACK = dt.timedelta(days=62)  # how far back periods are opened that no scheduler was there to open

Body = Callable[[Session, int | None, dt.datetime], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """`by_county`: run and claimed county by county, so that trouble in one stops no other; else the body is handed
    None. `commits`: the body commits by itself, batch by batch."""

    name: str
    when: When
    body: Body
    by_county: bool = False
    commits: bool = False

    def key(self, period: str, county_id: int | None) -> str:
        return period if county_id is None else f"{period}@{county_id}"


def _open_periods(session: Session, county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    assert county_id is not None
    made = 0
    for moment in [*_unopened(session, county_id, now), now]:
        made += outcomes.open_periods(session, county_id, now=moment)
    return {"opened": made}


def _unopened(session: Session, county_id: int, now: dt.datetime) -> list[dt.datetime]:
    """Noon of each day since the last run that began a month or a week: what a scheduler that was away has missed."""
    last = session.scalar(
        sa.select(sa.func.max(JobRun.started_at)).where(
            JobRun.job == "open-periods", JobRun.period.like(f"%@{county_id}"), JobRun.finished_at.is_not(None)
        )
    )
    if last is None:
        return []
    tz = zone()
    today, day = local_date(now, tz), local_date(max(last, now - BACK), tz) + dt.timedelta(days=1)
    missed = []
    while day < today:
        if day.day == 1 or day.isoweekday() == 1:
            missed.append(dt.datetime.combine(day, dt.time(12), tz))
        day += dt.timedelta(days=1)
    return missed


def _flag_missing(session: Session, county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    assert county_id is not None
    return {"flagged": outcomes.flag_missing(session, county_id, now=now)}


def _remind(session: Session, _county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    return asdict(alerts.remind(session, now))


def _close_month(session: Session, county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    assert county_id is not None
    written = closing.close_months(session, county_id, now=now)
    return {"closed": [{"month": str(month), "version": version} for month, version in written]}


def _draw_callbacks(session: Session, county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    assert county_id is not None
    drawn = closing.draw_callbacks(session, county_id, vault=vault.current(), now=now)
    return {"drawn": [{"month": str(month), "visits": n} for month, n in drawn]}


def _rejudge(session: Session, county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    assert county_id is not None
    return rejudging.rejudge(session, county_id, vault=vault.current(), now=now)


def _climb(session: Session, _county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    return {"climbed": alerts.climb(session, now)}


def _deliver(session: Session, _county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    return asdict(notify.deliver(session, now))


def _clean_up(session: Session, _county_id: int | None, now: dt.datetime) -> dict[str, Any]:
    return cleaning.clean_up(session, now=now, frequent=FREQUENT_NAMES)


# In the order in which those whose time has come are caught up with: a period is opened before it is flagged.
JOBS: tuple[Job, ...] = (
    Job("open-periods", Daily(dt.time(0, 1)), _open_periods, by_county=True),
    Job("flag-missing", Daily(dt.time(0, 10)), _flag_missing, by_county=True),
    Job("close-month", Daily(dt.time(0, 20)), _close_month, by_county=True),
    Job("draw-callbacks", Daily(dt.time(0, 40)), _draw_callbacks, by_county=True),
    Job("clean-up", Daily(dt.time(3, 30)), _clean_up, commits=True),
    Job("remind", Daily(dt.time(8, 0)), _remind),
    Job("rejudge", Every(3600), _rejudge, by_county=True),
    Job("climb-alerts", Every(60), _climb),
    Job("deliver", Every(15), _deliver, commits=True),
)

BY_NAME = {job.name: job for job in JOBS}
FREQUENT_NAMES = tuple(job.name for job in JOBS if isinstance(job.when, Every))
