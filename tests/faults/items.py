"""Visits as a phone sends them now, drawn from a seed: who, when, how long, with what evidence."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from typing import Any

from caregiver_app.fleet.machine import picture
from tests.visits import sent

__all__ = ["draw", "drawn", "picture"]

OUTCOMES = (("met", None), ("not_home", "no_answer"), ("refused", "does_not_want"))


def draw(
    rng: random.Random, elders: Sequence[uuid.UUID], now: dt.datetime, *, hours: int = 20, **changes: Any
) -> dict[str, Any]:
    """A visit of one of these elders in the last hours: most met at home, some by phone, refused or nobody there."""
    start = now - dt.timedelta(minutes=rng.randint(30, hours * 60), seconds=rng.randint(0, 59))
    outcome, reason = rng.choices(OUTCOMES, (8, 1, 1))[0]
    item = sent(rng.choice(elders), start, minutes=rng.randint(5, 25), outcome=outcome, reason=reason)
    if rng.random() < 0.15:
        item["channel"], item["form"] = "phone", {"id": "contact-call", "version": 1}
        item["answers"] = {"call.spoken_to": "elder"}
    if rng.random() < 0.05:
        item["urgent"] = {"kind": "ill", "words": "请尽快联系"}
    item["note"] = "老人精神很好。" * rng.randint(0, 40)
    return {**item, **changes}


def drawn(
    rng: random.Random, elders: Sequence[uuid.UUID], now: dt.datetime, count: int, *, hours: int = 20
) -> list[dict[str, Any]]:
    """So many of them."""
    return [draw(rng, elders, now, hours=hours) for _ in range(count)]
