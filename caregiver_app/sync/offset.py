"""What the phone knows of the server's time, and what it writes down for the server to work out its own.

Kept in the store's `clock`: `{offset_ms, learnt_at, learnt_uptime_ms, learnt_boot}` as in the wire's `clock`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from caregiver_app.platform.protocols import Clock
from caregiver_app.store.meta import Meta

# An answer that took longer says too little about when the server looked at its clock.
SLOWEST_MS = 10_000
# What is outside was not said by a server of ours, and arithmetic with it would end where dates end.
SANE = (2020, 2200)


def learn(meta: Meta, clock: Clock, server_time: Any, asked_at: datetime, asked_uptime: int, asked_boot: str) -> None:
    """Take the server's time from an exchange that began at the given phone time, uptime and boot.

    The middle of the exchange is taken as the moment of the server's reading. A slow exchange is used only if
    nothing is known of this boot.
    """
    at = parse(server_time)
    if at is None or not SANE[0] <= at.year < SANE[1] or clock.boot() != asked_boot:
        return
    took = max(0, clock.uptime_ms() - asked_uptime)
    known = meta.get("clock")
    if took > SLOWEST_MS and known and known["learnt_boot"] == asked_boot:
        return
    middle = asked_at + timedelta(milliseconds=took / 2)
    meta.set(
        clock={
            "offset_ms": round((at - middle).total_seconds() * 1000),
            "learnt_at": stamp(at),
            "learnt_uptime_ms": asked_uptime + took // 2,
            "learnt_boot": asked_boot,
        }
    )


def server_now(meta: Meta, clock: Clock) -> datetime:
    """The best guess at the server's time: by uptime in the same boot, else the phone's clock corrected."""
    known = meta.get("clock")
    if not known:
        return clock.now()
    if known["learnt_boot"] == clock.boot():
        learnt = datetime.fromisoformat(known["learnt_at"])
        passed = timedelta(milliseconds=clock.uptime_ms() - known["learnt_uptime_ms"])
        return (learnt + passed).astimezone(clock.now().tzinfo)
    return clock.now() + timedelta(milliseconds=known["offset_ms"])


def start_block(meta: Meta, clock: Clock) -> dict[str, Any]:
    """The wire's `clock` as far as it is known when a visit begins."""
    block: dict[str, Any] = dict(meta.get("clock") or {})
    block["boot"] = clock.boot()
    block["start_uptime_ms"] = clock.uptime_ms()
    return block


def end_block(meta: Meta, clock: Clock, started: dict[str, Any]) -> dict[str, Any]:
    """The `clock` of a visit that ends now.

    What was learnt since the start is better, unless the phone was rebooted in between: then only what was
    learnt in the boot of the start can prove the start.
    """
    block = dict(started)
    known = meta.get("clock")
    if known and (known["learnt_boot"] == block.get("boot") or "learnt_boot" not in block):
        block.update(known)
    block["end_boot"] = clock.boot()
    block["end_uptime_ms"] = clock.uptime_ms()
    return block


def parse(text: Any) -> datetime | None:
    """An RFC 3339 text as an aware datetime, or None."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def stamp(at: datetime) -> str:
    """RFC 3339 to the millisecond, as it is sent and kept."""
    return at.isoformat(timespec="milliseconds")
