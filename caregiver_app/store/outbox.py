"""Saved visits, in the very bytes they were frozen in, sealed for the server, and where each stands with it.

The frozen bytes lie in the personal compartment; the sealed form, ids and states lie open, so that what is
saved can be sent while the app is locked, without tokens, and after the PIN was forgotten.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from caregiver_app.store.queue import KEEP_SENT_DAYS, Queue
from caregiver_app.store.sealing import Sealed, SealedItem

_COLUMNS = (
    "id, elder_id, state, urgent, frozen, created_at, attempts, last_error, answer, answered_at, sealed NOTNULL"
)
_NEXT = "WHERE state = 'pending' ORDER BY urgent AND attempts < 3 DESC, attempts, seq LIMIT ?"


@dataclass(frozen=True, slots=True)
class Row:
    """A saved visit. `answer` is the server's result for it, as it came; times are RFC 3339 texts.

    `frozen` is None while the app is locked, and for good once the key it was closed under is gone; then the
    sealed form is all there is, and all that is needed.
    """

    id: str
    elder_id: str | None
    state: str
    urgent: bool
    frozen: bytes | None
    created_at: str
    attempts: int
    last_error: str | None
    answer: dict[str, Any] | None
    answered_at: str | None
    is_sealed: bool = False

    def visit(self) -> dict[str, Any]:
        """The visit as it was saved, in wire shape; empty if its bytes cannot be read."""
        loaded: dict[str, Any] = json.loads(self.frozen) if self.frozen else {}
        return loaded


class Outbox(Queue):
    """The queue of saved visits, urgent ones first, otherwise in the order they were saved."""

    table = "outbox"

    def add(
        self,
        visit_id: str,
        elder_id: str | None,
        frozen: bytes,
        *,
        urgent: bool,
        at: str,
        sealed: Sealed | None = None,
    ) -> None:
        """Keep a frozen visit; one id is kept once."""
        closed = self._database.vault.close(f"outbox/{visit_id}", frozen)
        self._insert(visit_id, elder_id, closed, urgent, at, sealed)

    def add_sealed(self, visit_id: str, elder_id: str | None, sealed: Sealed, *, urgent: bool, at: str) -> None:
        """Keep a visit of which only the sealed form is left."""
        self._insert(visit_id, elder_id, b"", urgent, at, sealed)

    def get(self, visit_id: str) -> Row | None:
        """The row of a visit."""
        found = self._found("WHERE id = ?", visit_id)
        return found[0] if found else None

    def pending(self, limit: int) -> list[Row]:
        """The next to send: urgent first, then those tried least, then in the order they were saved.

        An urgent one that the server stumbled over three times queues with the others: it would block them.
        """
        return self._found(_NEXT, limit)

    def sealed_batch(self, limit_bytes: int, limit_items: int) -> list[SealedItem]:
        """The next to send, as they were sealed: at least one if there is any, all signed under one enrolment."""
        batch: list[SealedItem] = []
        size = 0
        order = _NEXT.replace("'pending'", "'pending' AND sealed NOTNULL")
        for row in self._database.rows(f"SELECT id, length(sealed), device_id FROM outbox {order}", (limit_items,)):
            size += row[1]
            if batch and (size > limit_bytes or row[2] != batch[0].device_id):
                break
            found = self._database.row(
                "SELECT id, key_id, sealed, signature, device_id, urgent, attempts FROM outbox WHERE id = ?", (row[0],)
            )
            if found is not None:
                batch.append(SealedItem(*found[:5], urgent=bool(found[5]), attempts=found[6]))
        return batch

    def unsealed(self, limit: int = 1000) -> list[str]:
        """Ids of visits without a sealed form: saved before a server key was known, or by the first version."""
        rows = self._database.rows("SELECT id FROM outbox WHERE sealed IS NULL ORDER BY seq LIMIT ?", (limit,))
        return [row[0] for row in rows]

    def seal(self, visit_id: str, sealed: Sealed) -> None:
        """Add or renew the sealed form."""
        self._database.write(
            "UPDATE outbox SET sealed = ?, key_id = ?, signature = ?, device_id = ? WHERE id = ?",
            (sealed.sealed, sealed.key_id, sealed.signature, sealed.device_id, visit_id),
        )
        self._database.note(self.table, visit_id)

    def unsendable(self) -> int:
        """The key is gone: what was never sealed can be sent by nobody, and says so → how many."""
        return self._database.write(
            "UPDATE outbox SET state = 'refused', last_error = 'key_lost' WHERE state = 'pending' AND sealed IS NULL"
        )

    def listed(self, state: str, limit: int = 200) -> list[Row]:
        """Rows of a state for showing, newest first."""
        return self._found("WHERE state = ? ORDER BY seq DESC LIMIT ?", state, limit)

    def of_elder(self, elder_id: str, limit: int = 10) -> list[Row]:
        """An elder's visits from this phone, newest first."""
        return self._found("WHERE elder_id = ? ORDER BY seq DESC LIMIT ?", elder_id, limit)

    def all(self) -> list[Row]:
        """Every row in the order they were saved."""
        return self._found("ORDER BY seq")

    def saved_by_elder(self) -> dict[str, list[dict[str, Any]]]:
        """Per elder the visits that are not confirmed yet, in wire shape."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.pending(100_000):
            if row.elder_id is not None and row.frozen is not None:
                found.setdefault(row.elder_id, []).append(row.visit())
        return found

    def _insert(
        self, visit_id: str, elder_id: str | None, closed: bytes, urgent: bool, at: str, sealed: Sealed | None
    ) -> None:
        parts = (sealed.sealed, sealed.key_id, sealed.signature, sealed.device_id) if sealed else (None,) * 4
        self._database.write(
            "INSERT INTO outbox (id, elder_id, state, urgent, frozen, created_at, sealed, key_id, signature, device_id)"
            " VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?)",
            (visit_id, elder_id, int(urgent), closed, at, *parts),
        )
        self._database.note(self.table, visit_id)

    def _found(self, where: str, *values: Any) -> list[Row]:
        return [
            Row(
                *row[:3],
                urgent=bool(row[3]),
                frozen=self._open(f"outbox/{row[0]}", row[4]),
                created_at=row[5],
                attempts=row[6],
                last_error=row[7],
                answer=self._answer(row[0], row[8]),
                answered_at=row[9],
                is_sealed=bool(row[10]),
            )
            for row in self._database.rows(f"SELECT {_COLUMNS} FROM outbox {where}", values)
        ]


__all__ = ["KEEP_SENT_DAYS", "Outbox", "Row"]
