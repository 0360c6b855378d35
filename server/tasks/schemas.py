"""Shapes of /tasks."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from server.validation import Instant, Shape


class TaskQuery(Shape):
    kind = fields.String(load_default=None, validate=validate.Length(max=40))
    state = fields.String(load_default=None, validate=validate.OneOf(["queued", "running", "done", "failed"]))


class TaskOut(Shape):
    """`result` is the kind's own; `error` a problem object or null; `file` the address to download, or null."""

    id = fields.UUID()
    kind = fields.String()
    state = fields.String()
    progress = fields.Integer()
    total = fields.Integer(allow_none=True)
    result = fields.Function(lambda task: _result(task), metadata={"type": "object", "nullable": True})
    error = fields.Function(lambda task: _error(task), metadata={"type": "object", "nullable": True})
    file = fields.Function(lambda task: _file(task), metadata={"type": "string", "nullable": True})
    created_at = Instant()
    started_at = Instant(allow_none=True)
    finished_at = Instant(allow_none=True)


def _error(task: Any) -> Any:
    return (task.result or {}).get("error") if task.state == "failed" else None


def _result(task: Any) -> Any:
    return None if task.state == "failed" else task.result


def _file(task: Any) -> str | None:
    return f"/api/v1/tasks/{task.id}/file" if task.state == "done" and task.file_id is not None else None
