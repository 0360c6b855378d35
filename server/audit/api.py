"""GET /audit: who did what to whose data, and when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import fields, validate

from server import clock
from server.audit import queries
from server.database import session
from server.http import Page, PageArgs, Router, reach
from server.validation import Instant, Shape
from shared.rules.months import midnight

api = Router("audit")


class AuditQuery(Shape):
    first = fields.Date(data_key="from", metadata={"description": "local date, included"})
    last = fields.Date(data_key="to")
    action = fields.String(
        validate=validate.Length(max=60), metadata={"description": "elder.reveal, or all of a kind: elder"}
    )
    by = fields.UUID()
    subject = fields.UUID(metadata={"description": "the id of the elder, visit, person … it was about"})


class Somebody(Shape):
    id = fields.UUID()
    name = fields.String()


class AuditOut(Shape):
    id = fields.UUID()
    at = Instant()
    by = fields.Nested(Somebody, allow_none=True, metadata={"description": "null: the system itself"})
    action = fields.String()
    subject = fields.String()
    subject_id = fields.UUID(allow_none=True)
    details = fields.Raw(allow_none=True, metadata={"description": "codes and figures, never personal data"})


@api.get("/audit", right="audit.read", query=AuditQuery, answer=AuditOut, paged=True)
def list_audit(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """The audit log of one's counties, the newest first; for whoever holds a county whole."""
    return queries.listed(session(), reach().whole_counties, filter_of(**query), page)


def filter_of(
    first: dt.date | None = None, last: dt.date | None = None, action: str | None = None, by: Any = None,
    subject: Any = None,
) -> queries.Filter:  # fmt: skip
    """Local days as instants."""
    tz = clock.zone()
    return queries.Filter(
        midnight(first, tz) if first else None, midnight(last + dt.timedelta(days=1), tz) if last else None, action,
        by, subject,
    )  # fmt: skip
