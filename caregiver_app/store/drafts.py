"""Visits that were begun and not yet saved: each change is on the disk before the screen shows it.

A draft is a dict in the wire's shape of a visit, under the visit's own id, with a few notes of the screen's
under keys that begin with `_`; those never leave the phone.
"""

from __future__ import annotations

from typing import Any

from caregiver_app.store.database import Database


class Drafts:
    """Drafts by visit id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, visit_id: str) -> dict[str, Any] | None:
        """The draft, if it is still one."""
        row = self._database.row("SELECT body FROM drafts WHERE id = ?", (visit_id,))
        return None if row is None else self._database.unpack(f"drafts/{visit_id}", row[0])

    def put(self, draft: dict[str, Any], at: str) -> None:
        """Keep the draft as it now is."""
        visit_id = draft["id"]
        self._database.write(
            "INSERT INTO drafts VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " elder_id = excluded.elder_id, changed_at = excluded.changed_at, body = excluded.body",
            (visit_id, draft.get("elder_id"), at, self._database.pack(f"drafts/{visit_id}", draft)),
        )

    def delete(self, visit_id: str) -> None:
        """Forget the draft (its photos are the caller's)."""
        self._database.write("DELETE FROM drafts WHERE id = ?", (visit_id,))

    def ids(self) -> list[str]:
        """Newest first."""
        return [row[0] for row in self._database.rows("SELECT id FROM drafts ORDER BY id DESC")]

    def by_elder(self) -> dict[str, str]:
        """The newest draft's id per elder."""
        rows = self._database.rows("SELECT elder_id, max(id) FROM drafts WHERE elder_id NOTNULL GROUP BY 1")
        return dict(rows)
