"""Running one job: claimed for its period (the scheduler), or because somebody said so (`yuetan job run`)."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import clock, database
from server.regions.model import County
from server.scheduler import claims
from server.scheduler.jobs import Job
from server.scheduler.timing import Daily

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger("yuetan.scheduler")


@dataclass(slots=True)
class Run:
    """What came of it: results by county (None: all of them at once) and the counties that failed."""

    job: str
    period: str
    results: dict[int | None, dict[str, Any]] = field(default_factory=dict)
    failed: dict[int | None, Exception] = field(default_factory=dict)

    def totals(self) -> dict[str, Any]:
        """The results of all counties in one: numbers added, lists joined."""
        out: dict[str, Any] = {}
        for result in self.results.values():
            for name, value in result.items():
                out[name] = out[name] + value if name in out else value
        return out


def run(app: Flask, job: Job, *, now: dt.datetime, claimed: bool) -> Run:
    """`claimed`: only what nobody has done yet for the period in which `now` stands. Otherwise it is done in any case
    and leaves no claim behind: one run by hand, perhaps at an invented time, must not stop the scheduler's."""
    with app.app_context():
        session = database.session()
        done = Run(job.name, job.when.period(now, clock.zone()))
        for county_id in _counties(session) if job.by_county else [None]:
            try:
                result = _one(session, job, done.period, county_id, now, claimed)
            except Exception as wrong:
                session.rollback()
                done.failed[county_id] = wrong
                log.error("job failed", exc_info=wrong, extra={"job": job.name, "county": county_id})
                continue
            if result is not None:
                done.results[county_id] = result
        if done.results and claimed:
            told = {f"result_{name}": value for name, value in done.totals().items()}
            # one that runs every few seconds speaks only when it did something
            loud = isinstance(job.when, Daily) or any(told.values())
            log.log(logging.INFO if loud else logging.DEBUG, "job done", extra={
                "job": job.name, "period": done.period, **told,
            })  # fmt: skip
        return done


def _counties(session: Session) -> list[int | None]:
    database.begin_reading(session)
    found = list(session.scalars(sa.select(County.id).order_by(County.id)))
    session.rollback()
    return [*found]


def _one(
    session: Session, job: Job, period: str, county_id: int | None, now: dt.datetime, claimed: bool
) -> dict[str, Any] | None:
    key = job.key(period, county_id)
    if claimed:
        database.begin_reading(session)
        known = claims.finished(session, job.name, key)  # most often so; a look takes no lock
        session.rollback()
        if known:
            return None
    if not job.commits:
        claims.queue_up(session, job.name)
    if claimed:
        if not claims.claim(session, job.name, key, now=now):
            session.rollback()
            return None
        if job.commits:
            session.commit()
    result = job.body(session, county_id, now)
    if claimed:
        claims.finish(session, job.name, key, result, now=clock.now())
    session.commit()
    return result
