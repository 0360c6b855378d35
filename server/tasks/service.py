"""Long work as rows: asked for at the edge, claimed by a worker, done again if the worker dies.

A claim is one short transaction (PostgreSQL: SKIP LOCKED, so that workers never wait for each other; SQLite: the write
lock). A worker says every few seconds that it lives; one that fell silent for LOST_AFTER is taken for dead, and the
task is claimed anew, at most MAX_ATTEMPTS times. `enqueue`, `finish` are composed and never commit; the rest commit.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.database import begin_reading
from server.problems import problem
from server.tasks.model import Task
from shared.ids import uuid7

LOST_AFTER = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class NewTask:
    """`id`: the client's (asked twice, done once); None: a new one. `params`: plain JSON, never personal data."""

    county_id: int
    kind: str
    params: dict[str, Any]
    region_id: int | None = None
    created_by: uuid.UUID | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that this worker, and nobody else, now works on."""

    county_id: int
    task_id: uuid.UUID
    claim_id: uuid.UUID
    kind: str
    params: dict[str, Any]
    region_id: int | None
    created_by: uuid.UUID | None


class ClaimLost(Exception):
    """Another worker has the task: whatever was done must be rolled back."""


def enqueue(session: Session, new: NewTask, *, now: dt.datetime) -> Task:
    """Ask for work. The same id with the same request is the same task; with another one: problem id_reused."""
    if new.id is not None and (there := session.get(Task, (new.county_id, new.id))) is not None:
        if (there.kind, there.params, there.created_by) != (new.kind, new.params, new.created_by):
            raise problem("id_reused")
        return there
    task = Task(
        county_id=new.county_id, id=new.id or uuid7(now), kind=new.kind, params=new.params, state="queued",
        region_id=new.region_id, created_by=new.created_by, created_at=now,
    )  # fmt: skip
    session.add(task)
    session.flush()
    return task


def _claimable(kinds: Collection[str], now: dt.datetime) -> sa.ColumnElement[bool]:
    waiting = sa.or_(Task.state == "queued", sa.and_(Task.state == "running", Task.heartbeat_at < now - LOST_AFTER))
    # the states are said twice, so that the partial index on open tasks serves
    return sa.and_(Task.state.in_(("queued", "running")), waiting, Task.kind.in_(list(kinds)))


def something_waits(session: Session, kinds: Collection[str], *, now: dt.datetime) -> bool:
    """Whether `claim` would find anything: a look that takes no lock, for a worker that asks every second."""
    begin_reading(session)
    found = session.scalar(sa.select(Task.id).where(_claimable(kinds, now)).limit(1))
    session.rollback()
    return found is not None


def claim(session: Session, kinds: Collection[str], *, now: dt.datetime) -> Claim | None:
    """The oldest task that waits, or whose worker died; None: nothing to do."""
    found = (
        sa.select(Task)
        .where(_claimable(kinds, now))
        .order_by(Task.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    while (task := session.scalar(found)) is not None:
        if task.attempts < MAX_ATTEMPTS:
            break
        _end(task, "failed", now)
        task.result = {"error": {"code": "worker_lost", "attempts": task.attempts}}
        session.commit()
    if task is None:
        session.rollback()
        return None
    task.state, task.attempts, task.claim_id = "running", task.attempts + 1, uuid7(now)
    task.started_at = task.heartbeat_at = now
    task.progress, task.total = 0, None
    claimed = Claim(
        task.county_id, task.id, task.claim_id, task.kind, task.params, task.region_id, task.created_by
    )  # fmt: skip
    session.commit()
    return claimed


def beat(session: Session, held: Claim, progress: int, total: int | None, *, now: dt.datetime) -> bool:
    """Say that the worker lives and how far it is. False: it has lost the task."""
    values = {"heartbeat_at": now, "progress": progress, "total": total}
    alive = _update(session, held, values)
    session.commit()
    return alive


def finish(
    session: Session,
    held: Claim,
    result: dict[str, Any],
    file_id: uuid.UUID | None,
    progress: tuple[int, int | None],
    *,
    now: dt.datetime,
) -> None:
    """Mark it done, in the transaction of what it did. Raises ClaimLost."""
    values = {
        "state": "done", "result": result, "file_id": file_id, "finished_at": now, "claim_id": None,
        "progress": progress[0], "total": progress[1],
    }  # fmt: skip
    if not _update(session, held, values):
        raise ClaimLost(held.task_id)


def fail(session: Session, held: Claim, error: dict[str, Any], *, now: dt.datetime) -> None:
    """It cannot be done: `error` is a problem object. Commits."""
    _update(session, held, {"state": "failed", "result": {"error": error}, "finished_at": now, "claim_id": None})
    session.commit()


def give_back(session: Session, held: Claim) -> None:
    """Not done, through no fault of its own (the process ends): the next worker begins anew. Commits."""
    _update(session, held, {"state": "queued", "claim_id": None, "attempts": Task.attempts - 1})
    session.commit()


def _update(session: Session, held: Claim, values: dict[str, Any]) -> bool:
    mine = (Task.county_id == held.county_id, Task.id == held.task_id, Task.claim_id == held.claim_id)
    change = sa.update(Task).where(*mine).values(**values).execution_options(synchronize_session=False)
    return bool(session.execute(change).rowcount)  # type: ignore[attr-defined]


def _end(task: Task, state: str, now: dt.datetime) -> None:
    task.state, task.finished_at, task.claim_id = state, now, None
