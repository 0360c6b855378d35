"""What else the phone has to tell (`POST /sync/events`): an SOS, the outcome of a call, a course done.

Their frozen bytes lie in the device compartment: an SOS pressed a second before the phone locked itself goes
out all the same, and a forgotten PIN loses none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from caregiver_app.store.queue import Queue

_COLUMNS = "id, kind, subject, state, urgent, frozen, created_at, attempts, last_error, answer, answered_at"


@dataclass(frozen=True, slots=True)
class EventRow:
    """A kept event. `subject`: the id it is about, if any; `answer`: the server's result, None while locked."""

    id: str
    kind: str
    subject: str | None
    state: str
    urgent: bool
    frozen: bytes
    created_at: str
    attempts: int
    last_error: str | None
    answer: dict[str, Any] | None
    answered_at: str | None

    def event(self) -> dict[str, Any]:
        """The event as it was kept, in wire shape; empty if its bytes are spoiled."""
        loaded: dict[str, Any] = json.loads(self.frozen) if self.frozen else {}
        return loaded


class Events(Queue):
    """The queue of events, urgent ones first."""

    table = "events"

    def add(
        self, event_id: str, kind: str, frozen: bytes, *, urgent: bool = False, subject: str | None = None, at: str
    ) -> None:
        """Keep a frozen event; one id is kept once."""
        self._database.write(
            "INSERT INTO events (id, kind, subject, state, urgent, frozen, created_at)"
            " VALUES (?, ?, ?, 'pending', ?, ?, ?)",
            (
                event_id,
                kind,
                subject,
                int(urgent),
                self._database.vault.close(f"events/{event_id}", frozen, device=True),
                at,
            ),
        )
        self._database.note(self.table, event_id)

    def get(self, event_id: str) -> EventRow | None:
        """One event."""
        found = self._found("WHERE id = ?", event_id)
        return found[0] if found else None

    def pending(self, limit: int, *, urgent: bool | None = None) -> list[EventRow]:
        """The next to send: urgent first, those tried least, in the order they were kept. `urgent`: only such."""
        only = "" if urgent is None else f" AND urgent = {int(urgent)}"
        return self._found(f"WHERE state = 'pending'{only} ORDER BY urgent DESC, attempts, seq LIMIT ?", limit)

    def listed(self, state: str, limit: int = 200) -> list[EventRow]:
        """Events of a state for showing, newest first."""
        return self._found("WHERE state = ? ORDER BY seq DESC LIMIT ?", state, limit)

    def of(self, kind: str, subject: str | None = None) -> list[EventRow]:
        """Events of a kind, about `subject` if given, newest first."""
        if subject is None:
            return self._found("WHERE kind = ? ORDER BY seq DESC", kind)
        return self._found("WHERE kind = ? AND subject = ? ORDER BY seq DESC", kind, subject)

    def hold_back(self, error: str) -> int:
        """Nobody may send what is pending any more; it is kept, with the reason → how many."""
        return self._database.write(
            "UPDATE events SET state = 'refused', last_error = ? WHERE state = 'pending'", (error,)
        )

    def all(self) -> list[EventRow]:
        """Every event in the order they were kept."""
        return self._found("ORDER BY seq")

    def _found(self, where: str, *values: Any) -> list[EventRow]:
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM events {where}", values)
        return [
            EventRow(
                *row[:4],
                urgent=bool(row[4]),
                frozen=self._open(f"events/{row[0]}", row[5]) or b"",
                created_at=row[6],
                attempts=row[7],
                last_error=row[8],
                answer=self._answer(row[0], row[9]),
                answered_at=row[10],
            )
            for row in rows
        ]
