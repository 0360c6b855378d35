"""/tasks: how far long work is, and what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from server.database import session
from server.files.download import download
from server.http import Page, PageArgs, Router, reach
from server.problems import problem
from server.tasks import queries
from server.tasks.model import Task
from server.tasks.schemas import TaskOut, TaskQuery

api = Router("tasks")


@api.get("/tasks", right="tasks.read", query=TaskQuery, answer=TaskOut, paged=True)
def list_tasks(query: dict[str, Any], page: PageArgs) -> Page[Task]:
    """Your long work and that of your regions, newest first."""
    return queries.listed(session(), reach(), page, **query)


@api.get("/tasks/<uuid:task_id>", right="tasks.read", answer=TaskOut)
def show_task(task_id: uuid.UUID) -> Task:
    """One task: state, progress, result."""
    return _load(task_id)


@api.get("/tasks/<uuid:task_id>/file", right="tasks.read")
def download_result(task_id: uuid.UUID) -> Response:
    """The file that the task made."""
    return download(queries.file_of(session(), _load(task_id)))


def _load(task_id: uuid.UUID) -> Task:
    task = queries.one(session(), reach(), task_id)
    if task is None:
        raise problem("not_found")
    return task
