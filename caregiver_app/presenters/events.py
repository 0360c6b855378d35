"""What the phone tells beside visits, frozen when it happens and queued like them (shared/protocol/event.py)."""

from __future__ import annotations

import json
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.sync.offset import stamp, start_block
from shared.ids import uuid7


def tell(common: Common, kind: str, subject_id: str | None, data: dict[str, Any], *, urgent: bool = False) -> str:
    """Queue an event → its id. OSError: the disk would not. Nothing is said to be sent by this."""
    clock = common.platform.clock
    at = clock.now()
    event = {
        "id": str(uuid7(at)),
        "kind": kind,
        "at": stamp(at),
        "clock": start_block(common.store.meta, clock),
        "subject_id": subject_id,
        "data": data,
    }
    frozen = json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    common.store.events.add(event["id"], kind, frozen, urgent=urgent, subject=subject_id, at=stamp(at))
    return str(event["id"])
