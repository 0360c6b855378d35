"""Sending saved visits: in batches, in the bytes they were frozen in, until the server said what it has.

A lost reply is answered by sending the same again; the server knows the ids. A batch that the server cannot
take is halved until the one visit that it stumbles over stands alone; only that one is refused, and shown.
"""

from __future__ import annotations

import gzip
from typing import Any

from caregiver_app.store.outbox import Row
from caregiver_app.sync.http import NetworkError, Response
from caregiver_app.sync.link import DONE, NO_NETWORK, Link, Outcome, trouble

LARGEST_BATCH = 100
LARGEST_BODY = 2 * 1024 * 1024
ZIP_FROM = 1024
# Answers that blame the content: another batch may fare better.
CONTENT = (400, 413, 415, 422)


class Push:
    """Remembers between steps only how large a batch the line bears, up to `largest`."""

    def __init__(self, link: Link, largest: int = LARGEST_BATCH) -> None:
        self._link = link
        self.largest = largest
        self.limit = largest

    def waiting(self) -> bool:
        """Whether there is a visit to send."""
        return any(row.frozen is not None for row in self._link.store.outbox.pending(self.limit))

    def step(self) -> Outcome:
        """One batch."""
        rows = self._batch()
        body = b'{"visits":[' + b",".join(row.frozen or b"" for row in rows) + b"]}"
        more = {"Content-Type": "application/json"}
        if len(body) > ZIP_FROM:
            body = gzip.compress(body, 6, mtime=0)
            more["Content-Encoding"] = "gzip"
        try:
            response = self._link.call("POST", "/sync/visits", body, more)
        except NetworkError:
            return self._failed(rows, NO_NETWORK)
        if response.status == 200:
            return self._answered(rows, response)
        if response.status in CONTENT and response.json() is not None:
            return self._blamed(rows, response)
        return self._failed(rows, trouble(response))

    def _batch(self) -> list[Row]:
        rows: list[Row] = []
        size = 0
        for row in self._link.store.outbox.pending(self.limit):
            if row.frozen is None:  # only its sealed form is left
                continue
            size += len(row.frozen) + 1
            if rows and size > LARGEST_BODY:
                break
            rows.append(row)
        return rows

    def _answered(self, rows: list[Row], response: Response) -> Outcome:
        store = self._link.store
        answer = response.json() or {}
        asked = {row.id for row in rows}
        found = [result for result in answer.get("results") or () if _names(result, asked)]
        with store.database.transaction():
            store.learn_epoch(answer.get("epoch"))
            settled = store.answered(found, at=self._link.at())
            store.outbox.failed(sorted(asked - {result["id"] for result in found}), "no_result", counts=True)
        if not settled:
            return self._failed(rows, Outcome("failed", "odd"))
        self.limit = min(self.largest, self.limit * 2)
        return DONE

    def _blamed(self, rows: list[Row], response: Response) -> Outcome:
        if len(rows) > 1:
            self.limit = len(rows) // 2
            return DONE
        problem = response.json()
        refusal = {"id": rows[0].id, "status": "rejected", "error": problem}
        self._link.store.answered([refusal], at=self._link.at())
        return DONE

    def _failed(self, rows: list[Row], outcome: Outcome) -> Outcome:
        if outcome.kind == "failed":
            self.limit = max(1, len(rows) // 2)
            self._link.store.outbox.failed(
                [row.id for row in rows], outcome.code, counts=outcome.code == "server_error"
            )
        return outcome


def _names(result: Any, asked: set[str]) -> bool:
    return isinstance(result, dict) and result.get("id") in asked and "status" in result
