"""/shifts: who is on duty for calls for help."""

from __future__ import annotations

import uuid
from typing import Any

from server import clock
from server.database import session
from server.http import Page, PageArgs, Router, actor, reach
from server.people.api import today
from server.problems import problem
from server.regions.codes import code_text
from server.roster import queries, service
from server.roster.queries import Row
from server.roster.schemas import ShiftIn, ShiftOut

api = Router("shifts")


@api.get("/shifts", right="shifts.read", answer=ShiftOut, paged=True)
def list_shifts(page: PageArgs) -> Page[dict[str, Any]]:
    """Who is and will be on duty in my regions."""
    return queries.listed(session(), reach(), page, now=clock.now()).map(shift_wire)


@api.post("/shifts", right="shifts.write", body=ShiftIn, answer=ShiftOut, status=201, creates=True)
def add_shift(body: dict[str, Any]) -> dict[str, Any]:
    """Put somebody on duty for a region and all below it."""
    shift = service.add_shift(
        session(), reach(), body["id"], body["user_id"], int(body["region"]), body["starts_at"], body["ends_at"],
        now=clock.now(), today=today(), actor_id=actor().user_id,
    )  # fmt: skip
    return shift_wire(_mine(shift.id))


@api.post("/shifts/<uuid:shift_id>/cancel", right="shifts.write", answer=ShiftOut)
def cancel_shift(shift_id: uuid.UUID) -> dict[str, Any]:
    """Take somebody off duty."""
    service.cancel_shift(session(), _mine(shift_id)[0], now=clock.now(), actor_id=actor().user_id)
    return shift_wire(_mine(shift_id))


def _mine(shift_id: uuid.UUID) -> Row:
    found = queries.one(session(), reach(), shift_id)
    if found is None:
        raise problem("not_found")
    return found


def shift_wire(row: Row) -> dict[str, Any]:
    shift, user, region = row
    return {
        "id": shift.id, "user": {"id": str(user.id), "name": user.name},
        "region": {
            "code": code_text(region.code) if region.code is not None else None, "name": region.name,
            "level": region.level,
        },
        "starts_at": shift.starts_at, "ends_at": shift.ends_at, "cancelled_at": shift.cancelled_at,
    }  # fmt: skip
