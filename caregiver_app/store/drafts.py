"""Visits that were begun and not yet saved: each change is on the disk before the screen shows it.

A draft is a dict in the wire's shape of a visit, under the visit's own id, with a few notes of the screen's
under keys that begin with `_`; those never leave the phone. One that could be saved as it stands is also kept
sealed for the server: should the phone be wiped, it is saved rather than lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from caregiver_app.store.database import Database
from caregiver_app.store.sealing import Sealed
from caregiver_app.store.vault import Spoiled


@dataclass(frozen=True, slots=True)
class SealedDraft:
    """What is left of a draft when nobody can open it any more."""

    id: str
    elder_id: str | None
    changed_at: str
    urgent: bool
    sealed: Sealed | None


class Drafts:
    """Drafts by visit id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, visit_id: str) -> dict[str, Any] | None:
        """The draft, if it is still one and can be read. Locked: not now."""
        row = self._database.row("SELECT body FROM drafts WHERE id = ?", (visit_id,))
        try:
            return None if row is None else self._database.unpack(f"drafts/{visit_id}", row[0])
        except Spoiled:
            return None

    def put(self, draft: dict[str, Any], at: str, *, sealed: Sealed | None = None, urgent: bool = False) -> None:
        """Keep the draft as it now is. `sealed`: as it would be saved now; None: it could not be."""
        visit_id = draft["id"]
        parts = (sealed.sealed, sealed.key_id, sealed.signature, sealed.device_id) if sealed else (None,) * 4
        self._database.write(
            "INSERT INTO drafts (id, elder_id, changed_at, body, sealed, key_id, signature, device_id, urgent)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " elder_id = excluded.elder_id, changed_at = excluded.changed_at, body = excluded.body,"
            " sealed = excluded.sealed, key_id = excluded.key_id, signature = excluded.signature,"
            " device_id = excluded.device_id, urgent = excluded.urgent",
            (
                visit_id,
                draft.get("elder_id"),
                at,
                self._database.pack(f"drafts/{visit_id}", draft),
                *parts,
                int(urgent),
            ),
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

    def sealed(self) -> list[SealedDraft]:
        """Every draft as far as it can be known without opening it."""
        rows = self._database.rows(
            "SELECT id, elder_id, changed_at, urgent, key_id, sealed, signature, device_id FROM drafts ORDER BY id"
        )
        return [
            SealedDraft(row[0], row[1], row[2], bool(row[3]), None if row[5] is None else Sealed(*row[4:]))
            for row in rows
        ]
