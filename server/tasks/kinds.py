"""What kinds of long work there are: a name, and the function that does it. A noun says so in its jobs.py:

    @kind("tags.print")
    def print_sheet(work: Work) -> Outcome: ...

A worker may be killed at any moment and the task is then done again from its start, so a kind must not mind being
done twice. What it leaves uncommitted in `work.session` is committed together with the task's end: once, or not at
all. It should call `work.progress` often, outside of transactions: that is where it stops when the process must.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from server.files.service import Files


class Stopped(Exception):
    """The process ends, or another worker has the task now: give up at once; it is done again later."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`result`: plain JSON, shown to who asked. `file_id`: a stored file, offered for download."""

    result: dict[str, Any] = field(default_factory=dict)
    file_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A task as its function is handed it."""

    task_id: uuid.UUID
    county_id: int
    params: dict[str, Any]
    region_id: int | None
    created_by: uuid.UUID | None
    session: Session
    files: Files
    now: dt.datetime  # when this attempt began
    progress: Callable[[int, int | None], None]  # (done, total or None); raises Stopped


Function = Callable[[Work], Outcome]
KINDS: dict[str, Function] = {}


def kind(name: str) -> Callable[[Function], Function]:
    def declare(function: Function) -> Function:
        if KINDS.setdefault(name, function) is not function:
            raise LookupError(f"two kinds of task are named {name}")
        return function

    return declare
