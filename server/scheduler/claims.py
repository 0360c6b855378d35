"""Claims of periods: a row that is there once, whoever writes it first.

A claim without an end is that of a process which died half-way (only the leader runs jobs, and one job never twice at
the same time), so it is taken over: jobs are idempotent, and doing half of one again is safe.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.database import insert_into
from server.tasks.model import JobRun


def queue_up(session: Session, job: str) -> None:
    """Wait until no other transaction runs this job (SQLite has one writer anyway): one started by hand and the
    scheduler's own then see each other's work."""
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"yuetan job {job}".encode()).digest()[:8], "big", signed=True)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def claim(session: Session, job: str, period: str, *, now: dt.datetime) -> bool:
    """Whether this period's work is ours to do. Composed: never commits."""
    mine = {"job": job, "period": period, "started_at": now}
    made = insert_into(session, JobRun).values(**mine).on_conflict_do_nothing().returning(JobRun.job)
    if session.scalar(made) is not None:
        return True
    taken_over = (
        sa.update(JobRun)
        .where(JobRun.job == job, JobRun.period == period, JobRun.finished_at.is_(None))
        .values(started_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(taken_over).rowcount)  # type: ignore[attr-defined]


def finish(session: Session, job: str, period: str, result: dict[str, Any], *, now: dt.datetime) -> None:
    """Say that it is done. Composed: never commits."""
    session.execute(
        sa.update(JobRun)
        .where(JobRun.job == job, JobRun.period == period)
        .values(finished_at=now, result=result)
        .execution_options(synchronize_session=False)
    )


def finished(session: Session, job: str, period: str) -> bool:
    found = sa.select(JobRun.job).where(JobRun.job == job, JobRun.period == period, JobRun.finished_at.is_not(None))
    return session.scalar(found) is not None


def last_runs(session: Session) -> dict[str, tuple[str, dt.datetime | None]]:
    """Of each job the newest run: (period, when it ended; None: it has not)."""
    newest = sa.select(JobRun.job, sa.func.max(JobRun.started_at).label("at")).group_by(JobRun.job).subquery()
    rows = session.execute(
        sa.select(JobRun).join(newest, sa.and_(JobRun.job == newest.c.job, JobRun.started_at == newest.c.at))
    ).scalars()
    return {row.job: (row.period, row.finished_at) for row in rows}
