import datetime as dt
import hashlib
import os

import pytest
import sqlalchemy as sa

from server.auth.model import AuthSession, LoginFailure
from server.devices.model import EnrolmentCode
from server.files.blobs import FolderBlobs
from server.files.model import StoredFile
from server.files.service import Files, NewFile, keep
from server.scheduler.cleaning import clean_up
from server.sync.model import FeedMark
from server.tasks import service as tasks
from server.tasks.model import JobRun, Task
from server.tasks.service import NewTask
from shared.ids import uuid7
from tests import factories

DAY = dt.timedelta(days=1)
KEPT = (AuthSession, LoginFailure, EnrolmentCode, FeedMark, StoredFile, Task, JobRun)


@pytest.fixture
def cleaned(app, session, tmp_path):
    """Clean up as of an instant, in the app's context. → what went"""
    store = Files(FolderBlobs(tmp_path), lambda purpose: [hashlib.sha256(purpose.encode()).digest()])
    app.extensions["yuetan_files"] = store

    def run(now: dt.datetime) -> dict[str, int]:
        with app.app_context():
            return {k: v for k, v in clean_up(session, now=now, frequent=["deliver"]).items() if v}

    yield run, store
    del app.extensions["yuetan_files"]


def rows(session) -> list[int]:
    return [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in KEPT]


def auth_session(user, at, **columns) -> AuthSession:
    values = {"kind": "login", "refresh_generation": 0, "created_at": at, "last_used_at": at, **columns}
    return AuthSession(id=uuid7(), user_id=user.id, **values)


def test_what_ran_out_goes_and_what_is_needed_stays(session, cleaned, now):
    clean, store = cleaned
    user, county = factories.user(session), factories.county(session)
    login = auth_session(user, now, expires_at=now + DAY)
    phone = auth_session(user, now, kind="device")
    lost = auth_session(user, now, kind="device", revoked_at=now)
    session.add_all([login, phone, lost])
    session.flush()
    session.add_all(FeedMark(id=uuid7(), session_id=s.id, created_at=now, holds=b"") for s in (login, phone, lost))
    session.add(LoginFailure(id=uuid7(), username="somebody", at=now))
    session.add(
        EnrolmentCode(hash=b"h" * 32, user_id=user.id, county_id=county.id, issued_at=now, expires_at=now + DAY)
    )
    session.add_all(
        JobRun(job=job, period="2026-11-14", started_at=now, finished_at=now) for job in ("remind", "deliver")
    )
    task = tasks.enqueue(session, NewTask(county.id, "report", {}), now=now)
    held = tasks.claim(session, ["report"], now=now)
    file = keep(session, store, NewFile(county.id, "report", "text/plain"), b"report", now=now)
    tasks.finish(session, held, {}, file.id, (1, 1), now=now)
    tasks.enqueue(session, NewTask(county.id, "waits", {}), now=now)
    keep(session, store, NewFile(county.id, "photo", "image/jpeg"), b"photo", now=now)
    session.commit()
    for name, _ in list(store.blobs.names()):
        os.utime(store.blobs.root / name, (now.timestamp(), now.timestamp()))
    assert task.id == held.task_id

    before = rows(session)
    assert clean(now + DAY) == {}
    assert rows(session) == before
    assert clean(now + 3 * DAY) == {"runs": 1}
    assert clean(now + 32 * DAY) == {"failures": 1, "codes": 1, "marks": 2, "sessions": 1}
    assert clean(now + 91 * DAY) == {"results": 1, "tasks": 1, "orphaned_files": 1}
    assert clean(now + 91 * DAY) == {}
    assert rows(session) == [2, 0, 0, 1, 1, 1, 1]
