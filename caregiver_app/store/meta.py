"""Single values: who this phone is, whom it talks to, where it stands with the server, how it looks.

A value lies in one of three ways. *Open*: read while the app is locked and says nothing of people. *Device*:
closed under the device secret, for what the app needs while locked (tokens, the signing key). Everything else
is *personal* and not there while the app is locked; so is any key that is not named here.
"""

from __future__ import annotations

import json
from typing import Any

from caregiver_app.store.database import Database, to_json
from caregiver_app.store.vault import Locked, Spoiled

OPEN = frozenset(
    {
        "access_ends",
        "aloud",
        "base_url",
        "clock",
        "closed",
        "config",
        "contact_at",
        "cursor",
        "device_id",
        "elder",
        "epoch",
        "incoming_cursor",
        "language",
        "lock_after_min",
        "lost_drafts",
        "pulled_at",
        "rescued",
        "server_key",
        "standing",
        "text_size",
    }
)
# `sos`: that help was called for, so that a locked phone can call for it and say so; it names nobody.
DEVICE = frozenset({"access_token", "holder", "private_key", "refresh_token", "sos"})


class Meta:
    """JSON values by key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: tuple[int, dict[str, Any]] = (-1, {})

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default`; a personal one is not there while the app is locked. Not to be changed in place."""
        if self._database.in_transaction:
            return self._read(key, default)
        version, held = self._held
        if version != self._database.version:
            version, held = self._held = (self._database.version, {})
        if key not in held:
            held[key] = self._read(key, None)
        return default if held[key] is None else held[key]

    def set(self, **values: Any) -> None:
        """Set several at once, in one transaction; None removes. Locked: a personal one, while the app is locked."""
        with self._database.transaction():
            for key, value in values.items():
                if value is None:
                    self._database.write("DELETE FROM meta WHERE key = ?", (key,))
                elif self._read(key, None) != value:
                    self._database.write(
                        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                        (key, self._pack(key, value)),
                    )

    def forget(self) -> None:
        """Drop what is held in memory (the app is being locked)."""
        self._held = (-1, {})

    def drop_personal(self) -> None:
        """Remove everything that only the holder's PIN opens (its key is gone, or its holder)."""
        for (key,) in self._database.rows("SELECT key FROM meta"):
            if key not in OPEN and key not in DEVICE:
                self._database.write("DELETE FROM meta WHERE key = ?", (key,))

    def close_clear(self) -> None:
        """Close values that the first version kept in clear."""
        for key, blob in self._database.rows("SELECT key, value FROM meta"):
            if key not in OPEN and self._database.vault.is_clear(blob):
                closed = self._pack(key, json.loads(blob))
                self._database.write("UPDATE meta SET value = ? WHERE key = ?", (closed, key))

    def _pack(self, key: str, value: Any) -> bytes:
        if key in OPEN:
            return to_json(value)
        return self._database.pack(f"meta/{key}", value, device=key in DEVICE)

    def _read(self, key: str, default: Any) -> Any:
        row = self._database.row("SELECT value FROM meta WHERE key = ?", (key,))
        if row is None:
            return default
        try:
            return json.loads(row[0]) if key in OPEN else self._database.unpack(f"meta/{key}", row[0])
        except (Locked, Spoiled, ValueError):
            return default
