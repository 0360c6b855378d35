"""Sealing what a visit carries: its raw item and the evidence it was judged by.

Both hold positions and health notes, so both lie under the elder's own key and end with it; where nobody is known yet
they lie under the county's. So do the words that reviewers, callers and clerks write about a visit or an elder: people
write names, illnesses and telephone numbers where they are asked for a reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.model import Elder
from server.elders.vault import Erased, Key, Vault, VaultError

TABLE = "visits"


def key_for(vault: Vault, county_id: int, elder_id: uuid.UUID | None, wrapped: bytes | None) -> Key:
    """The key to seal a visit's parts with: its elder's; the county's where there is no elder, or no key any more."""
    if elder_id is None:
        return vault.county_key(county_id)
    try:
        return vault.elder_key(county_id, elder_id, wrapped)
    except Erased:
        return vault.county_key(county_id)


def seal(key: Key, column: str, visit_id: uuid.UUID, clear: bytes) -> bytes:
    """`column`: raw, inputs."""
    return key.seal(TABLE, column, visit_id, clear)


def unseal(key: Key, column: str, visit_id: uuid.UUID, sealed: bytes) -> bytes | None:
    """What was sealed; None where the elder was erased since, or it was tampered with."""
    try:
        return key.open_bytes(TABLE, column, visit_id, sealed)
    except VaultError:
        return None


@dataclass(frozen=True, slots=True)
class Words:
    """Seals and opens what people wrote about these elders, `keys` (wrapped), of one county each."""

    vault: Vault
    keys: dict[uuid.UUID, bytes | None]

    def seal(
        self, county_id: int, elder_id: uuid.UUID | None, table: str, column: str, row_id: uuid.UUID, text: str
    ) -> bytes | None:  # fmt: skip
        """Nothing stays nothing."""
        if not text:
            return None
        return self._key(county_id, elder_id).seal(table, column, row_id, text)

    def open(
        self, county_id: int, elder_id: uuid.UUID | None, table: str, column: str, row_id: uuid.UUID,
        sealed: bytes | None,
    ) -> str:  # fmt: skip
        """What was written; nothing where the elder was erased since, or it was tampered with."""
        if sealed is None:
            return ""
        try:
            key = self.vault.county_keys(county_id).get(sealed[1:5]) or self._key(county_id, elder_id)
            return key.open(table, column, row_id, sealed) or ""
        except VaultError:
            return ""

    def _key(self, county_id: int, elder_id: uuid.UUID | None) -> Key:
        return key_for(self.vault, county_id, elder_id, self.keys.get(elder_id) if elder_id else None)


def words_about(session: Session, vault: Vault, elder_ids: Collection[uuid.UUID | None]) -> Words:
    """One query."""
    ids = sorted({elder_id for elder_id in elder_ids if elder_id is not None})
    if not ids:
        return Words(vault, {})
    rows = session.execute(sa.select(Elder.id, Elder.data_key).where(Elder.id.in_(ids)))
    return Words(vault, {row.id: row.data_key for row in rows})
