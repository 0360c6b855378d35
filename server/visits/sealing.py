"""Sealing what a visit carries: its raw item and the evidence it was judged by.

Both hold positions and health notes, so both lie under the elder's own key and end with it; where nobody is known yet
they lie under the county's.
"""

from __future__ import annotations

import uuid

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
