"""Taking away what nobody needs any more: sessions, codes, forgotten uploads, old marks, runs and tasks.

People's data are not touched here: visits, duties, ledger and audit log have rules of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from server.auth.model import AuthSession, LoginFailure
from server.devices.model import EnrolmentCode
from server.files import service as files
from server.files.current import files as file_store
from server.files.model import StoredFile
from server.keys import ring
from server.sync.model import FeedMark
from server.sync.spool import Spool
from server.tasks.model import JobRun, Task

DAY = dt.timedelta(days=1)
FAILURES_FOR, CODES_FOR, SESSIONS_FOR = 30 * DAY, 30 * DAY, 30 * DAY
RUNS_FOR, FREQUENT_FOR = 400 * DAY, 2 * DAY
TASKS_FOR = 90 * DAY


def clean_up(session: Session, *, now: dt.datetime, frequent: Sequence[str]) -> dict[str, Any]:
    """Commits after each kind, so that no lock is held for long. `frequent`: jobs that run every minute or so, whose
    claims are kept for days only. → how many of each went."""
    over = AuthSession.expires_at < now - SESSIONS_FOR  # a device's has no such day
    ended = sa.select(AuthSession.id).where(sa.or_(AuthSession.revoked_at < now - SESSIONS_FOR, over))
    old = sa.and_(Task.state.in_(("done", "failed")), Task.finished_at < now - TASKS_FOR)
    made = sa.exists().where(Task.county_id == StoredFile.county_id, Task.file_id == StoredFile.id, old)
    gone = {
        "marks": sa.delete(FeedMark).where(FeedMark.session_id.in_(ended)),
        "sessions": sa.delete(AuthSession).where(over),
        "failures": sa.delete(LoginFailure).where(LoginFailure.at < now - FAILURES_FOR),
        "codes": sa.delete(EnrolmentCode).where(EnrolmentCode.expires_at < now - CODES_FOR),
        "results": sa.delete(StoredFile).where(made),
        "tasks": sa.delete(Task).where(old),
        "runs": sa.delete(JobRun).where(
            sa.or_(
                JobRun.started_at < now - RUNS_FOR,
                sa.and_(JobRun.job.in_(frequent), JobRun.started_at < now - FREQUENT_FOR),
            )
        ),
    }
    counts: dict[str, Any] = {}
    for name, statement in gone.items():
        done = session.execute(statement.execution_options(synchronize_session=False))
        session.commit()
        counts[name] = done.rowcount  # type: ignore[attr-defined]
    swept = files.sweep(session, file_store(), now=now)
    home = current_app.extensions["yuetan_settings"].home
    parts = Spool(home / "spool", ring().key("photo spool")).sweep(now)
    return {**counts, "expired_files": swept.expired, "orphaned_files": swept.orphans, "photo_parts": parts}
