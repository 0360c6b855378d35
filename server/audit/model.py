"""Who did what to whose data, and when: every change, and every look at a full record. Rows are only added."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base


class AuditEntry(Base):
    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index(None, "county_id", "at"),
        sa.Index(None, "subject_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    county_id: Mapped[int | None]
    at: Mapped[dt.datetime]
    actor_id: Mapped[uuid.UUID | None]  # null: the system itself (a job, a command)
    action: Mapped[str] = mapped_column(sa.String(60))  # "elder.reveal", "visit.review", …
    subject: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any] | None]  # never personal data: codes, figures, ids
