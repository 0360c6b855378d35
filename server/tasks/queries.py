"""Tasks as people see them: their own, and those of regions within their reach."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.files.model import StoredFile
from server.paging import Page, PageArgs
from server.regions.model import Region
from server.tasks.model import Task


def _visible(reach: Reach) -> sa.Select[Any]:
    mine = Task.created_by == reach.user_id if reach.own else sa.false()
    inside = reach.within(Region.code, Task.county_id)
    return sa.select(Task).outerjoin(Region, Region.id == Task.region_id).where(sa.or_(mine, inside))


def listed(session: Session, reach: Reach, page: PageArgs, *, kind: str | None, state: str | None) -> Page[Task]:
    """Newest first."""
    found = _visible(reach)
    if kind is not None:
        found = found.where(Task.kind == kind)
    if state is not None:
        found = found.where(Task.state == state)
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        at, task_id = after
        found = found.where(sa.or_(Task.created_at < at, sa.and_(Task.created_at == at, Task.id < task_id)))
    found = found.order_by(Task.created_at.desc(), Task.id.desc()).limit(page.limit + 1)
    return page.cut(session.scalars(found).all(), lambda task: (task.created_at, task.id))


def one(session: Session, reach: Reach, task_id: uuid.UUID) -> Task | None:
    return session.scalars(_visible(reach).where(Task.id == task_id).limit(1)).first()


def file_of(session: Session, task: Task) -> StoredFile | None:
    return session.get(StoredFile, (task.county_id, task.file_id)) if task.file_id is not None else None
