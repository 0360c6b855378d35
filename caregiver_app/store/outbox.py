"""Saved visits, in the very bytes they were frozen in, and where each stands with the server.

A row is pending, sent or refused, and no error ever deletes one. Sent ones stay 60 days, because a server
that was restored from a backup asks for them again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from caregiver_app.store.database import Database

KEEP_SENT_DAYS = 60
_COLUMNS = "id, elder_id, state, urgent, frozen, created_at, attempts, last_error, answer, answered_at"


@dataclass(frozen=True, slots=True)
class Row:
    """A saved visit. `answer` is the server's result for it, as it came; times are RFC 3339 texts."""

    id: str
    elder_id: str | None
    state: str
    urgent: bool
    frozen: bytes
    created_at: str
    attempts: int
    last_error: str | None
    answer: dict[str, Any] | None
    answered_at: str | None

    def visit(self) -> dict[str, Any]:
        """The visit as it was saved, in wire shape."""
        loaded: dict[str, Any] = json.loads(self.frozen)
        return loaded


class Outbox:
    """The queue of saved visits, urgent ones first, otherwise in the order they were saved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, visit_id: str, elder_id: str | None, frozen: bytes, *, urgent: bool, at: str) -> None:
        """Keep a frozen visit; one id is kept once."""
        self._database.write(
            "INSERT INTO outbox (id, elder_id, state, urgent, frozen, created_at) VALUES (?, ?, 'pending', ?, ?, ?)",
            (visit_id, elder_id, int(urgent), self._database.vault.close(f"outbox/{visit_id}", frozen), at),
        )

    def get(self, visit_id: str) -> Row | None:
        """The row of a visit."""
        row = self._database.row(f"SELECT {_COLUMNS} FROM outbox WHERE id = ?", (visit_id,))
        return None if row is None else self._row(row)

    def pending(self, limit: int) -> list[Row]:
        """The next to send: urgent first, then those tried least, then in the order they were saved.

        An urgent one that the server stumbled over three times queues with the others: it would block them.
        """
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM outbox WHERE state = 'pending'"
            " ORDER BY urgent AND attempts < 3 DESC, attempts, seq LIMIT ?",
            (limit,),
        )
        return [self._row(row) for row in rows]

    def listed(self, state: str, limit: int = 200) -> list[Row]:
        """Rows of a state for showing, newest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM outbox WHERE state = ? ORDER BY seq DESC LIMIT ?", (state, limit)
        )
        return [self._row(row) for row in rows]

    def of_elder(self, elder_id: str, limit: int = 10) -> list[Row]:
        """An elder's visits from this phone, newest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM outbox WHERE elder_id = ? ORDER BY seq DESC LIMIT ?", (elder_id, limit)
        )
        return [self._row(row) for row in rows]

    def all(self) -> list[Row]:
        """Every row in the order they were saved."""
        return [self._row(row) for row in self._database.rows(f"SELECT {_COLUMNS} FROM outbox ORDER BY seq")]

    def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        counts = {"pending": 0, "sent": 0, "refused": 0}
        counts.update(self._database.rows("SELECT state, count(*) FROM outbox GROUP BY state"))
        return counts

    def settle(self, visit_id: str, state: str, answer: dict[str, Any], *, error: str | None, at: str) -> None:
        """The server answered for this visit: `sent` or `refused`."""
        self._database.write(
            "UPDATE outbox SET state = ?, answer = ?, last_error = ?, answered_at = ?,"
            " attempts = attempts + 1 WHERE id = ?",
            (state, self._database.pack(f"answer/{visit_id}", answer), error, at, visit_id),
        )

    def failed(self, visit_ids: list[str], error: str, *, counts: bool) -> None:
        """An attempt came to nothing; the visits stay pending. `counts`: it may be the visit's own fault."""
        with self._database.transaction():
            for visit_id in visit_ids:
                self._database.write(
                    "UPDATE outbox SET attempts = attempts + ?, last_error = ? WHERE id = ? AND state = 'pending'",
                    (int(counts), error, visit_id),
                )

    def again(self, visit_id: str) -> bool:
        """Put a refused visit back in the queue, unchanged → whether it was refused."""
        return bool(
            self._database.write(
                "UPDATE outbox SET state = 'pending', attempts = 0 WHERE id = ? AND state = 'refused'",
                (visit_id,),
            )
        )

    def all_again(self) -> int:
        """The server lost its memory: everything that was sent is pending once more → how many."""
        return self._database.write("UPDATE outbox SET state = 'pending', attempts = 0 WHERE state = 'sent'")

    def sent_before(self, at: str) -> list[str]:
        """Ids of visits sent before `at` (UTC RFC 3339, as `answered_at` is written)."""
        rows = self._database.rows("SELECT id FROM outbox WHERE state = 'sent' AND answered_at < ?", (at,))
        return [row[0] for row in rows]

    def forget_sent(self, visit_id: str) -> None:
        """Remove a sent visit whose time is over; any other state is left alone."""
        self._database.write("DELETE FROM outbox WHERE id = ? AND state = 'sent'", (visit_id,))

    def saved_by_elder(self) -> dict[str, list[dict[str, Any]]]:
        """Per elder the visits that are not confirmed yet, in wire shape."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.pending(100_000):
            if row.elder_id is not None:
                found.setdefault(row.elder_id, []).append(row.visit())
        return found

    def _row(self, row: tuple[Any, ...]) -> Row:
        visit_id, elder_id, state, urgent, frozen, created, attempts, error, answer, answered = row
        return Row(
            id=visit_id,
            elder_id=elder_id,
            state=state,
            urgent=bool(urgent),
            frozen=self._database.vault.open(f"outbox/{visit_id}", frozen),
            created_at=created,
            attempts=attempts,
            last_error=error,
            answer=None if answer is None else self._database.unpack(f"answer/{visit_id}", answer),
            answered_at=answered,
        )
