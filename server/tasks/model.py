"""Long work as rows (an import, a sheet of a thousand tags, a report), and the scheduler's claimed periods."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow


class Task(CountyRow, Base):
    """state: queued, running, done, failed. `progress` of `total` (null: not known yet). `claim_id` names the worker
    that runs it: only whoever holds it may write the end, so a worker that was thought dead and comes back cannot.
    `region_id`: whose directors see it, beside who asked for it."""

    __tablename__ = "tasks"
    __table_args__ = (
        sa.Index(None, "created_by", "created_at"),
        sa.Index("ix_tasks_open", "created_at", sqlite_where=sa.text("state IN ('queued','running')"),
                 postgresql_where=sa.text("state IN ('queued','running')")),
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(sa.String(40))
    params: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(sa.String(10), default="queued")
    progress: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None]
    file_id: Mapped[uuid.UUID | None]
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("regions.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    claim_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    heartbeat_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]


class JobRun(Base):
    """A job's claim of a period ("flag-missing", "2026-11-21"): two schedulers, or one twice, do it once."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    period: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    result: Mapped[dict[str, Any] | None]
