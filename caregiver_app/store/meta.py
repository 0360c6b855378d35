"""Single values: who this phone is, whom it talks to, where it stands with the server, how it looks.

Keys in use: `device_id`, `private_key` (base64), `base_url`, `standing`, `user`, `access_token`,
`refresh_token`, `epoch`, `cursor`, `incoming_cursor`, `pulled_at`, `contact_at`, `clock`, `server_key`,
`config`, `account`, `language`, `text_size`.
"""

from __future__ import annotations

from typing import Any

from caregiver_app.store.database import Database


class Meta:
    """JSON values by key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: tuple[int, dict[str, Any]] = (-1, {})

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default`. Not to be changed in place."""
        if self._database.in_transaction:
            return self._read(key, default)
        version, held = self._held
        if version != self._database.version:
            version, held = self._held = (self._database.version, {})
        if key not in held:
            held[key] = self._read(key, None)
        return default if held[key] is None else held[key]

    def _read(self, key: str, default: Any) -> Any:
        row = self._database.row("SELECT value FROM meta WHERE key = ?", (key,))
        return default if row is None else self._database.unpack(f"meta/{key}", row[0])

    def set(self, **values: Any) -> None:
        """Set several at once, in one transaction; None removes."""
        with self._database.transaction():
            for key, value in values.items():
                if value is None:
                    self._database.write("DELETE FROM meta WHERE key = ?", (key,))
                else:
                    self._database.write(
                        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE"
                        " SET value = excluded.value WHERE value IS NOT excluded.value",
                        (key, self._database.pack(f"meta/{key}", value)),
                    )
