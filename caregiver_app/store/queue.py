"""What waits for the server, in the very bytes it was frozen in: the common half of outbox and events.

A row is pending, sent or refused, and no error ever deletes one. Sent ones stay 60 days, because a server
that was restored from a backup asks for them again.
"""

from __future__ import annotations

from typing import Any

from caregiver_app.store.database import Database
from caregiver_app.store.vault import Locked, Spoiled

KEEP_SENT_DAYS = 60


class Queue:
    """One table of frozen things. Answers lie in the device compartment: they arrive while the app is locked."""

    table: str

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        counts = {"pending": 0, "sent": 0, "refused": 0}
        counts.update(self._database.rows(f"SELECT state, count(*) FROM {self.table} GROUP BY state"))
        return counts

    def settle(self, row_id: str, state: str, answer: dict[str, Any], *, error: str | None, at: str) -> None:
        """The server answered for this row: `sent` or `refused`."""
        self._database.write(
            f"UPDATE {self.table} SET state = ?, answer = ?, last_error = ?, answered_at = ?,"
            " attempts = attempts + 1 WHERE id = ?",
            (state, self._database.pack(f"answer/{row_id}", answer, device=True), error, at, row_id),
        )

    def failed(self, row_ids: list[str], error: str, *, counts: bool) -> None:
        """An attempt came to nothing; the rows stay pending. `counts`: it may be their own fault."""
        with self._database.transaction():
            for row_id in row_ids:
                self._database.write(
                    f"UPDATE {self.table} SET attempts = attempts + ?, last_error = ?"
                    " WHERE id = ? AND state = 'pending'",
                    (int(counts), error, row_id),
                )

    def again(self, row_id: str) -> bool:
        """Put a refused row back in the queue, unchanged → whether it was refused."""
        return bool(
            self._database.write(
                f"UPDATE {self.table} SET state = 'pending', attempts = 0 WHERE id = ? AND state = 'refused'",
                (row_id,),
            )
        )

    def all_again(self) -> int:
        """The server lost its memory: everything that was sent is pending once more → how many."""
        return self._database.write(f"UPDATE {self.table} SET state = 'pending', attempts = 0 WHERE state = 'sent'")

    def sent_before(self, at: str) -> list[str]:
        """Ids of rows sent before `at` (UTC RFC 3339, as `answered_at` is written)."""
        rows = self._database.rows(f"SELECT id FROM {self.table} WHERE state = 'sent' AND answered_at < ?", (at,))
        return [row[0] for row in rows]

    def forget_sent(self, row_id: str) -> None:
        """Remove a sent row whose time is over; any other state is left alone."""
        self._database.write(f"DELETE FROM {self.table} WHERE id = ? AND state = 'sent'", (row_id,))

    def has(self, row_id: str) -> bool:
        """Whether there is such a row."""
        return self._database.row(f"SELECT 1 FROM {self.table} WHERE id = ?", (row_id,)) is not None

    def _open(self, place: str, closed: bytes) -> bytes | None:
        try:
            return self._database.vault.open(place, closed)
        except (Locked, Spoiled):
            return None

    def _answer(self, row_id: str, closed: bytes | None) -> dict[str, Any] | None:
        if closed is None:
            return None
        try:
            answer: dict[str, Any] = self._database.unpack(f"answer/{row_id}", closed)
        except (Locked, Spoiled):
            return None
        return answer
