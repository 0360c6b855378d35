"""Alerts: one open one of a kind per elder and period, its ladder, and who was told and took it on."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference

KINDS = ("due_soon", "missing", "no_answer", "urgent", "sos", "doubtful_visit", "tag_problem")


class Alert(CountyRow, Base):
    """`period`: "2026-11", "2026-W47", or for urgent, no_answer, sos, doubtful_visit the visit's or call's id.
    `subject` is the elder's id; where no elder is known the visit's, or the caller's: the key that keeps it single."""

    __tablename__ = "alerts"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "kind", "subject", "period"),
        county_reference("elder_id", "elders"),
        sa.Index(None, "county_id", "elder_id"),
        sa.Index(
            "ix_alerts_open", "county_id", "region_id", "opened_at",
            sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"),
        ),
        sa.Index(
            "ix_alerts_of_visit", "county_id", "visit_id",
            sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"),
        ),
        sa.Index(
            "ix_alerts_due", "due_at",
            sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"),
        ),
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[uuid.UUID]
    elder_id: Mapped[uuid.UUID | None]
    visit_id: Mapped[uuid.UUID | None]
    region_id: Mapped[int | None]
    period: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(12), default="open")  # open, acknowledged, resolved
    step: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[dt.datetime]
    since: Mapped[dt.datetime]  # what the ladder counts from: the attempt, the call; else the opening
    due_at: Mapped[dt.datetime | None]  # when the next step is taken
    acknowledged_by: Mapped[uuid.UUID | None]
    acknowledged_at: Mapped[dt.datetime | None]
    resolved_by: Mapped[uuid.UUID | None]  # null while resolved: a later visit did it
    resolved_at: Mapped[dt.datetime | None]
    result: Mapped[str | None] = mapped_column(sa.Text)
    said: Mapped[bytes | None]  # of a call for help: its words and the phone's position, sealed (said.py)
    version: Mapped[int] = mapped_column(default=1)  # grows with each change; the phone's feed compares it


class AlertEvent(CountyRow, Base):
    """opened, told, acknowledged, climbed, resolved: who, when, by which channel."""

    __tablename__ = "alert_events"
    __table_args__ = (sa.Index(None, "county_id", "alert_id", "at"),)

    alert_id: Mapped[uuid.UUID]
    at: Mapped[dt.datetime]
    kind: Mapped[str] = mapped_column(sa.String(20))
    by: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any] | None]
