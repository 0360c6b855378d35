"""Writing to the audit log. Composed into use cases, so it never commits: what is not done is not logged either."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy.orm import Session

from server.audit.model import AuditEntry
from shared.ids import uuid7


def record(
    session: Session,
    action: str,
    subject: str,
    subject_id: uuid.UUID | None,
    *,
    now: dt.datetime,
    actor_id: uuid.UUID | None,
    county_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add one line: `action` ("elder.reveal") done by `actor_id` (None: the system) to `subject`/`subject_id`."""
    session.add(
        AuditEntry(
            id=uuid7(now), county_id=county_id, at=now, actor_id=actor_id, action=action, subject=subject,
            subject_id=subject_id, details=details,
        )
    )  # fmt: skip
