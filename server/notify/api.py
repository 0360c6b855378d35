"""GET /messages: what the system told one."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from server.database import session
from server.http import SIGNED_IN, Page, PageArgs, Router, actor
from server.language import language
from server.notify import queries
from server.validation import Instant, Shape

api = Router("notify")


class MessageOut(Shape):
    id = fields.UUID()
    at = Instant()
    code = fields.String()
    title = fields.String()
    body = fields.String()
    params = fields.Raw(metadata={"description": "what it is about: visit_id, elder_id, alert_id"})


@api.get("/messages", right=SIGNED_IN, answer=MessageOut, paged=True)
def list_messages(page: PageArgs) -> Page[dict[str, Any]]:
    """One's own messages, the newest first."""
    return queries.inbox(session(), actor().user_id, page, language())
