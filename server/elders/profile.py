"""An elder's particulars in clear, and how they become a row: sealed, indexed, compared.

The import and the single edit both write through here, so that a column is sealed in one way only. `None` in a wanted
value means "empty it"; a key that is not there means "leave it".
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.elders.model import Elder
from server.elders.vault import Key, Vault

SEALED = ("id_number", "phone", "address", "contacts", "notes")
PLAIN = (
    "region_id", "name", "sex", "birth_date", "categories", "policy_id", "lat", "lon", "registered_on",
    "legal_basis", "legal_basis_version", "legal_basis_on", "consent_health", "consent_position",
)  # fmt: skip
INDEXED = ("id_number", "phone")

Contact = dict[str, str | None]
"""`{"name", "relation", "phone"}`"""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is sealed, in clear. All empty once the elder was erased."""

    id_number: str | None = None
    phone: str | None = None
    address: str | None = None
    contacts: tuple[Contact, ...] = ()
    notes: str | None = None


def opened(vault: Vault, elder: Elder) -> Particulars:
    """An elder's sealed particulars. Raises VaultError for what was tampered with."""
    if elder.data_key is None:
        return Particulars()
    key = vault.elder_key(elder.county_id, elder.id, elder.data_key)
    clear = {column: key.open("elders", column, elder.id, getattr(elder, column)) for column in SEALED}
    contacts = tuple(json.loads(clear["contacts"])) if clear["contacts"] else ()
    return Particulars(clear["id_number"], clear["phone"], clear["address"], contacts, clear["notes"])


def new_row(
    vault: Vault, county_id: int, elder_id: uuid.UUID, short_no: int, values: Mapping[str, Any], *,
    now: dt.datetime, today: dt.date,
) -> dict[str, Any]:  # fmt: skip
    """The columns of a new elder. `values`: keys of SEALED and PLAIN; at least region_id and name."""
    key, wrapped = vault.new_key(county_id, elder_id)
    row: dict[str, Any] = dict.fromkeys(PLAIN)
    row |= {
        "county_id": county_id, "id": elder_id, "short_no": short_no, "data_key": wrapped, "status": "active",
        "left_on": None, "row_digest": None, "categories": [], "policy_id": "universal", "registered_on": today,
        "legal_basis": "statutory", "legal_basis_version": "1", "legal_basis_on": today, "created_at": now,
        "updated_at": now,
    }  # fmt: skip
    row |= {column: values[column] for column in PLAIN if values.get(column) is not None}
    for column in SEALED:
        row[column] = _sealed(key, column, elder_id, values.get(column))
    for column in INDEXED:
        value = values.get(column)
        row[f"{column}_index"] = vault.index(county_id, column, value) if value else None
    return row


def changes(vault: Vault, elder: Elder, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The columns in which `wanted` differs from the elder, ready to be set; empty: nothing changed.

    Where anything changed and a retired secret still wraps the elder's key, the key is wrapped anew and the blind
    indexes are made anew with it.
    """
    columns: dict[str, Any] = {c: wanted[c] for c in PLAIN if c in wanted and wanted[c] != getattr(elder, c)}
    clear = opened(vault, elder)
    key = vault.elder_key(elder.county_id, elder.id, elder.data_key)
    for column in SEALED:
        if column in wanted and _plain(wanted[column]) != _plain(getattr(clear, column)):
            columns[column] = _sealed(key, column, elder.id, wanted[column])
            if column in INDEXED:
                columns[f"{column}_index"] = _index(vault, elder.county_id, column, wanted[column])
    if columns and elder.data_key is not None and vault.is_stale(elder.county_id, elder.data_key):
        columns["data_key"] = vault.rewrap(elder.county_id, elder.id, elder.data_key)
        for column in INDEXED:
            columns.setdefault(f"{column}_index", _index(vault, elder.county_id, column, getattr(clear, column)))
    return columns


def contact(name: str, phone: str | None = None, relation: str | None = None) -> Contact:
    return {"name": name, "relation": relation, "phone": phone}


def _index(vault: Vault, county_id: int, column: str, value: str | None) -> bytes | None:
    return vault.index(county_id, column, value) if value else None


def _plain(value: str | Sequence[Contact] | None) -> str:
    """One spelling of a value, to compare and to seal."""
    if not value:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps([contact(c["name"] or "", c.get("phone"), c.get("relation")) for c in value],
                      ensure_ascii=False, separators=(",", ":"))  # fmt: skip


def _sealed(key: Key, column: str, elder_id: uuid.UUID, value: str | Sequence[Contact] | None) -> bytes | None:
    text = _plain(value)
    return key.seal("elders", column, elder_id, text) if text else None
