"""What is pushed, and how it looks on the wire: visits, events, and visits in the form they were sealed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from caregiver_app.store.events import EventRow
from caregiver_app.store.outbox import Row
from caregiver_app.store.sealing import SealedItem
from caregiver_app.store.store import ENROLLED
from caregiver_app.sync.link import Link
from caregiver_app.sync.push import LARGEST_BODY, Queue
from shared.protocol.signing import b64

# Rows that are looked at for one that can be sent this way.
LOOK = 20
# What the server says of a sealed visit that it cannot open; with tokens it can still be sent as it is.
CLOSED = ("signature_invalid", "seal_key_unknown", "seal_broken")


def visits_of(link: Link) -> Queue:
    """Saved visits that can be read: of the others only the sealed form is left."""
    outbox = link.store.outbox

    def pending(limit: int) -> list[Row]:
        return [row for row in outbox.pending(max(limit, LOOK)) if row.frozen][:limit]

    return Queue("/sync/visits", pending, _frozen_list("visits"), _frozen_size, link.store.answered, outbox.failed)


def events_of(link: Link, *, urgent: bool) -> Queue:
    """Calls for help (`urgent`), or everything else there is to tell."""
    store = link.store

    def pending(limit: int) -> list[EventRow]:
        return [row for row in store.events.pending(max(limit, LOOK), urgent=urgent) if row.frozen][:limit]

    return Queue(
        "/sync/events", pending, _frozen_list("events"), _frozen_size, store.events_answered, store.events.failed
    )


def sealed_of(link: Link) -> Queue:
    """Visits that go sealed: all of them while there is no right to speak or the app is locked, else the unreadable."""
    store = link.store

    def pending(limit: int) -> list[SealedItem]:
        batch = store.sealed_batch(LARGEST_BODY // 2, max(limit, LOOK))
        if speaks(link) and not store.locked:
            batch = [item for item in batch if not _readable(link, item.id)]
        return batch[:limit]

    def answered(results: list[dict[str, Any]], *, at: str) -> int:
        kept = [r["id"] for r in results if _closed(r) and (not speaks(link) or _readable(link, r["id"]))]
        with store.database.transaction():
            store.outbox.failed(kept, "sealed", counts=True)
            return store.answered([r for r in results if r["id"] not in kept], at=at)

    return Queue("/sync/sealed", pending, _sealed_list, _sealed_size, answered, store.outbox.failed, bearer=False)


def sealed_events_of(link: Link, *, urgent: bool) -> Queue:
    """Events of a phone that has no right to speak, sealed when they are sent: what opens them is never locked.

    Only for a server that said it takes them so: an older one would refuse them as visits, for good.
    """
    store = link.store

    def pending(limit: int) -> list[SealedItem]:
        config = store.meta.get("config")
        if speaks(link) or not isinstance(config, dict) or not config.get("sealed_events"):
            return []
        rows = [row for row in store.events.pending(max(limit, LOOK), urgent=urgent) if row.frozen]
        return [item for row in rows[:limit] if (item := store.sealed_event(row)) is not None]

    def answered(results: list[dict[str, Any]], *, at: str) -> int:
        kept = [r["id"] for r in results if _closed(r)]
        with store.database.transaction():
            store.events.failed(kept, "sealed", counts=True)
            return store.events_answered([r for r in results if r["id"] not in kept], at=at)

    return Queue("/sync/sealed", pending, _sealed_event_list, _sealed_size, answered, store.events.failed, bearer=False)


def speaks(link: Link) -> bool:
    """Whether this phone has, or can get, the right to speak for its holder."""
    return link.store.standing == ENROLLED


def _frozen_list(name: str) -> Callable[[Sequence[Any]], bytes]:
    """Items that were frozen as JSON: exactly those bytes, in a list called `name`."""

    def wire(items: Sequence[Any]) -> bytes:
        return b'{"' + name.encode() + b'":[' + b",".join(item.frozen for item in items) + b"]}"

    return wire


def _frozen_size(item: Any) -> int:
    return len(item.frozen)


def _sealed_list(items: Sequence[SealedItem], **more: str) -> bytes:
    told = [
        {"id": item.id, **more, "key_id": item.key_id, "sealed": b64(item.sealed), "signature": b64(item.signature)}
        for item in items
    ]
    return json.dumps({"device_id": items[0].device_id, "items": told}).encode()


def _sealed_event_list(items: Sequence[SealedItem]) -> bytes:
    return _sealed_list(items, kind="event")


def _sealed_size(item: SealedItem) -> int:
    # Closed boxes do not shrink: as large as four times their size in words.
    return len(item.sealed) * 4


def _readable(link: Link, visit_id: str) -> bool:
    row = link.store.outbox.get(visit_id)
    return row is not None and bool(row.frozen)


def _closed(result: dict[str, Any]) -> bool:
    error = result.get("error")
    return isinstance(error, dict) and error.get("code") in CLOSED
