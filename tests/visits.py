"""Visits as phones send them, for tests: `sent(elder, …)` is one item of `POST /sync/visits`."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from server.elders.model import Elder
from shared.ids import uuid7
from tests.conftest import NOW

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def sent(
    elder: Elder | uuid.UUID | None, start: dt.datetime | None = None, *, minutes: float = 20, **changes: Any
) -> dict[str, Any]:
    """A home visit that met the elder, begun an hour before NOW unless told otherwise, with a proved clock, no tag
    and no position: `plausible`. `changes` replace or add fields of the wire."""
    begins = (start or NOW - dt.timedelta(hours=1)).astimezone(SHANGHAI)
    ends = begins + dt.timedelta(minutes=minutes)
    met = begins - dt.timedelta(minutes=30)
    uptime = 50_000_000 + int(begins.timestamp()) % 10_000_000 * 100
    elder_id = elder.id if isinstance(elder, Elder) else elder
    return {
        "v": 1, "id": str(uuid7(begins)), "elder_id": str(elder_id) if elder_id else None, "channel": "home",
        "outcome": "met", "started_at": begins.isoformat(), "ended_at": ends.isoformat(),
        "clock": {
            "offset_ms": 0, "learnt_at": met.isoformat(), "boot": "b1", "learnt_boot": "b1",
            "learnt_uptime_ms": uptime - 30 * 60_000, "start_uptime_ms": uptime,
            "end_uptime_ms": uptime + int(minutes * 60_000),
        },
        "form": {"id": "home-visit", "version": 1}, "answers": {"health.mobility": "good"}, "note": "", **changes,
    }  # fmt: skip
