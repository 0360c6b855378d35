"""Sending what was saved: in batches, in the bytes it was frozen in, until the server said what it has.

A lost reply is answered by sending the same again; the server knows the ids. A batch that the server cannot take is
halved until the one item that it stumbles over stands alone; only that one waits, or is refused and shown.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from caregiver_app.sync.http import NetworkError, Response
from caregiver_app.sync.link import CUT, DONE, NO_NETWORK, Link, Outcome, trouble

LARGEST_BATCH = 100
FIRST_BATCH = 25
LARGEST_BODY = 2 * 1024 * 1024
ZIP_FROM = 1024
# What JSON of visits shrinks to at least: the line's pace is in zipped bytes.
ZIPPED = 4
# Answers that blame the content: another batch may fare better.
CONTENT = (400, 413, 415, 422)
HELPLESS_S = 3600.0
KNOWN = ("accepted", "duplicate", "rejected")


class Item(Protocol):
    """A row of an outbox."""

    @property
    def id(self) -> str: ...

    @property
    def urgent(self) -> bool: ...

    @property
    def attempts(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Queue:
    """Where items come from, how they look on the wire, and who is told what the server said of them.

    `pending(limit)`: the next to send. `wire(items)`: the body. `size(item)`: its bytes before zipping.
    `answered(results, at=)`: settles, and says how many. `failed(ids, error, counts=)`: an attempt came to nothing.
    """

    path: str
    pending: Callable[[int], Sequence[Any]]
    wire: Callable[[Sequence[Any]], bytes]
    size: Callable[[Any], int]
    answered: Callable[..., int]
    failed: Callable[..., None]
    bearer: bool = True


class Push:
    """One batch per step. Remembers only how many items a batch may have, up to `largest`."""

    def __init__(self, link: Link, queue: Queue, largest: int = LARGEST_BATCH) -> None:
        self._link = link
        self._queue = queue
        self.largest = largest
        self.limit = min(largest, FIRST_BATCH)

    def waiting(self) -> bool:
        """Whether there is something to send."""
        return bool(self._queue.pending(1))

    def fresh(self) -> bool:
        """Whether the next to send was not tried before."""
        return any(item.attempts == 0 for item in self._queue.pending(1))

    def step(self) -> Outcome:
        """One batch."""
        items = self._batch()
        if not items:
            return DONE
        body = self._queue.wire(items)
        more = {"Content-Type": "application/json"}
        if len(body) > ZIP_FROM:
            body = gzip.compress(body, 6, mtime=0)
            more["Content-Encoding"] = "gzip"
        try:
            response = self._link.call("POST", self._queue.path, body, more, bearer=self._queue.bearer)
        except NetworkError:
            return self._failed(items, NO_NETWORK)
        if response.status == 200:
            return self._answered(items, response)
        if response.status in CONTENT and response.json() is not None and response.code != CUT:
            return self._blamed(items, response)
        return self._failed(items, trouble(response))

    def _batch(self) -> list[Any]:
        """Urgent items go without the others, and those tried before without the new: who is to blame is not known."""
        found: list[Any] = []
        size, most = 0, min(LARGEST_BODY, self._link.pace.size * ZIPPED)
        for item in self._queue.pending(self.limit):
            size += self._queue.size(item) + 1
            if found and (size > most or _kind(item) != _kind(found[0])):
                break
            found.append(item)
        return found

    def _answered(self, items: list[Any], response: Response) -> Outcome:
        store = self._link.store
        answer = response.json() or {}
        asked = {item.id for item in items}
        results = answer.get("results")
        found = [result for result in results if _names(result, asked)] if isinstance(results, list) else []
        with store.database.transaction():
            store.learn_epoch(answer.get("epoch"))
            settled = self._queue.answered(found, at=self._link.at())
            self._queue.failed(sorted(asked - {result["id"] for result in found}), "no_result", counts=True)
        if not settled and found and not self._queue.bearer:
            return Outcome("stuck", "sealed", "", HELPLESS_S)
        if not settled:
            # JSON that says nothing of what was sent may be one item's fault; anything else is not our server's.
            return self._failed(items, Outcome("failed" if response.json() is None else "stuck", "odd"))
        self.limit = min(self.largest, self.limit * 2)
        return DONE

    def _blamed(self, items: list[Any], response: Response) -> Outcome:
        if len(items) > 1:
            self.limit = len(items) // 2
            return DONE
        refusal = {"id": items[0].id, "status": "rejected", "error": response.json()}
        self._queue.answered([refusal], at=self._link.at())
        return DONE

    def _failed(self, items: list[Any], outcome: Outcome) -> Outcome:
        """The items stay pending. A server that stumbled may have stumbled over one of them."""
        if outcome.kind == "unauthorised" and self._queue.bearer:
            return outcome
        if outcome.kind == "unauthorised" or (outcome.code == "refused" and not self._queue.bearer):
            # The phone's signature is all it has, and the server would not have it: only people can help.
            outcome = Outcome("stuck", "auth", outcome.detail, HELPLESS_S)
        self.limit = max(1, len(items) // 2)
        self._queue.failed([item.id for item in items], outcome.code, counts=outcome.kind == "stuck")
        return replace(outcome, narrowed=outcome.kind == "stuck" and len(items) > 1)


def _kind(item: Item) -> tuple[bool, bool]:
    """What may share a batch."""
    return bool(item.urgent), item.attempts > 0


def _names(result: Any, asked: set[str]) -> bool:
    """Whether this is a result that says something of an item we asked about."""
    return isinstance(result, dict) and result.get("id") in asked and result.get("status") in KNOWN
