"""Reading the audit log: who did what to whose data. An entry names a county and no village, so it is read by those
whose reach is a whole county."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit.model import AuditEntry
from server.paging import Page, PageArgs

# People are a later noun; of their table only the name is needed.
_USERS = sa.table("users", sa.column("id", sa.Uuid), sa.column("name", sa.String))


@dataclass(frozen=True, slots=True)
class Filter:
    """`first` and `end` (exclusive) are instants; `action`: a whole action, or the beginning of one before its dot."""

    first: dt.datetime | None = None
    end: dt.datetime | None = None
    action: str | None = None
    actor_id: uuid.UUID | None = None
    subject_id: uuid.UUID | None = None


def listed(
    session: Session, counties: frozenset[int], wanted: Filter, page: PageArgs
) -> Page[dict[str, Any]]:
    """The newest first. One query a page."""
    query = (
        sa.select(AuditEntry, _USERS.c.name)
        .outerjoin(_USERS, _USERS.c.id == AuditEntry.actor_id)
        .where(AuditEntry.county_id.in_(sorted(counties)))
    )
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.first is not None:
        conditions.append(AuditEntry.at >= wanted.first)
    if wanted.end is not None:
        conditions.append(AuditEntry.at < wanted.end)
    if wanted.action is not None:
        whole = AuditEntry.action == wanted.action
        conditions.append(sa.or_(whole, AuditEntry.action.startswith(wanted.action + ".", autoescape=True)))
    if wanted.actor_id is not None:
        conditions.append(AuditEntry.actor_id == wanted.actor_id)
    if wanted.subject_id is not None:
        conditions.append(AuditEntry.subject_id == wanted.subject_id)
    if (after := page.after(dt.datetime, uuid.UUID)) is not None:
        conditions.append(sa.or_(
            AuditEntry.at < after[0], sa.and_(AuditEntry.at == after[0], AuditEntry.id < after[1])
        ))  # fmt: skip
    rows = session.execute(
        query.where(*conditions).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(page.limit + 1)
    ).all()
    return page.cut(rows, lambda row: (row[0].at, row[0].id)).map(_shown)


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    entry: AuditEntry = row[0]
    by = None if entry.actor_id is None else {"id": entry.actor_id, "name": row[1] or "—"}
    return {
        "id": entry.id, "at": entry.at, "by": by, "action": entry.action, "subject": entry.subject,
        "subject_id": entry.subject_id, "details": entry.details,
    }  # fmt: skip
