"""The phone's copy of what the server lets its holder see: replaced, added to, and dropped when told so.

Sections are those of `GET /sync/changes`. Bodies are kept in wire shape, so that a field which this version
of the app does not know survives until one does.
"""

from __future__ import annotations

from typing import Any

from caregiver_app.store.database import Database
from caregiver_app.store.meta import Meta
from caregiver_app.store.vault import Locked, Spoiled

SECTIONS = ("elders", "policies", "forms", "alerts", "people", "courses")
TAGS = "tag_hashes"
# Entries of the holder's time-bank account come with it a few at a time; the newest are kept.
ENTRIES, ENTRIES_KEPT = "entries", 100


def item_key(section: str, item: dict[str, Any]) -> str | None:
    """An item's key in its section: forms and courses are kept in every version. None: unusable."""
    identity = item.get("id")
    if not isinstance(identity, str) or not identity:
        return None
    if section in ("forms", "courses"):
        return f"{identity}/{item.get('version')}"
    return identity


class Cache:
    """Elders and what is known around them."""

    def __init__(self, database: Database, meta: Meta) -> None:
        self._database = database
        self._meta = meta
        self.version = 0  # grows whenever the copy may have changed

    def all(self, section: str) -> list[dict[str, Any]]:
        """Every item of a section, in order of key. Locked: not now."""
        self._must_be_open()
        rows = self._database.rows("SELECT key, body FROM cache WHERE section = ? ORDER BY key", (section,))
        found, spoiled = [], []
        for key, body in rows:
            try:
                found.append(self._database.unpack(f"cache/{section}/{key}", body))
            except Spoiled:
                spoiled.append(key)
        for key in spoiled:
            self._mend(section, key)
        return found

    def one(self, section: str, key: str) -> dict[str, Any] | None:
        """The item with this key. Locked: not now."""
        self._must_be_open()
        row = self._database.row("SELECT body FROM cache WHERE section = ? AND key = ?", (section, key))
        try:
            return None if row is None else self._database.unpack(f"cache/{section}/{key}", row[0])
        except Spoiled:
            self._mend(section, key)
            return None

    def tag_owner(self, digest: str) -> tuple[bool, str | None]:
        """Whether the tag's hash is known here, and whose it is (None: revoked)."""
        row = self._database.row("SELECT elder_id FROM tag_hashes WHERE hash = ?", (digest,))
        return (False, None) if row is None else (True, row[0])

    def counts(self) -> dict[str, int]:
        """How many items each section holds."""
        found = dict(self._database.rows("SELECT section, count(*) FROM cache GROUP BY section"))
        found[TAGS] = (self._database.row("SELECT count(*) FROM tag_hashes") or (0,))[0]
        return found

    def apply(self, page: dict[str, Any], *, first: bool, whole: bool, at: str) -> None:
        """Take in one page of `/sync/changes`, in one transaction.

        `first`: the page answers a pull without cursor, so nothing staged before belongs to it. `whole`: this
        page is part of a pull without cursor, which replaces the copy when its last page is in; otherwise the
        page is added to the copy at once. `at`: server time, kept as the copy's age.
        """
        with self._database.transaction():
            if not whole:
                self._take(page)
                self._finish(page, at)
            else:
                if first:
                    self._database.write("DELETE FROM incoming")
                self._stage(page)
                if page.get("has_more"):
                    self._meta.set(incoming_cursor=page.get("cursor"))
                    return
                self._replace()
                self._finish(page, at)
                self._meta.set(incoming_cursor=None)
            self.version += 1

    def drop(self) -> None:
        """Forget everybody (the device was revoked, or a pull starts anew by order of the server)."""
        with self._database.transaction():
            for table in ("cache", "incoming", "tag_hashes"):
                self._database.write(f"DELETE FROM {table}")
            self._meta.set(cursor=None, incoming_cursor=None, account=None, pulled_at=None)
            self.version += 1

    def _must_be_open(self) -> None:
        if not self._database.vault.is_open:
            raise Locked("cache")

    def _mend(self, section: str, key: str) -> None:
        """An item that no longer opens is fetched again, by fetching everything again."""
        with self._database.transaction():
            self._delete("cache", section, key)
            self._meta.set(cursor=None, incoming_cursor=None)

    def _take(self, page: dict[str, Any]) -> None:
        self._remove_elders("cache", page)
        for elder_id in _texts(page.get("removed_elder_ids")):
            self._database.write("DELETE FROM tag_hashes WHERE elder_id = ?", (elder_id,))
        self._put_all("cache", page)
        for digest, owner in _tags(page):
            self._database.write(
                "INSERT INTO tag_hashes VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET elder_id = excluded.elder_id",
                (digest, owner),
            )

    def _stage(self, page: dict[str, Any]) -> None:
        self._remove_elders("incoming", page)
        self._put_all("incoming", page)
        for digest, owner in _tags(page):
            self._put("incoming", TAGS, digest, owner)

    def _replace(self) -> None:
        self._database.write("DELETE FROM cache")
        self._database.write("DELETE FROM tag_hashes")
        staged = self._database.rows("SELECT section, key, body FROM incoming")
        for section, key, body in staged:
            value = self._database.unpack(f"incoming/{section}/{key}", body)
            if section == TAGS:
                self._database.write("INSERT INTO tag_hashes VALUES (?, ?)", (key, value))
            else:
                self._put("cache", section, key, value)
        self._database.write("DELETE FROM incoming")

    def _finish(self, page: dict[str, Any], at: str) -> None:
        values: dict[str, Any] = {"cursor": page.get("cursor"), "pulled_at": at}
        account = page.get("account", False)
        if account is None:
            values["account"] = None
            self._database.write("DELETE FROM cache WHERE section = ?", (ENTRIES,))
        elif isinstance(account, dict):
            values["account"] = {key: value for key, value in account.items() if key != ENTRIES}
            self._database.write(
                "DELETE FROM cache WHERE section = ? AND key NOT IN"
                " (SELECT key FROM cache WHERE section = ? ORDER BY key DESC LIMIT ?)",
                (ENTRIES, ENTRIES, ENTRIES_KEPT),
            )
        if isinstance(page.get("config"), dict):
            values["config"] = page["config"]
        self._meta.set(**values)

    def _remove_elders(self, table: str, page: dict[str, Any]) -> None:
        """An elder who goes takes along what hangs on them."""
        gone = set(_texts(page.get("removed_elder_ids")))
        for elder_id in gone:
            self._delete(table, "elders", elder_id)
        hanging = f"SELECT section, key, body FROM {table} WHERE section IN ('alerts', ?)"
        for section, key, body in self._database.rows(hanging, (TAGS,)) if gone else ():
            try:
                value = self._database.unpack(f"{table}/{section}/{key}", body)
            except Spoiled:
                continue
            owner = value if section == TAGS else (value.get("elder") or {}).get("id")
            if owner in gone:
                self._delete(table, section, key)

    def _put_all(self, table: str, page: dict[str, Any]) -> None:
        removed = page.get("removed")
        for section in SECTIONS:
            for key in _texts(removed.get(section)) if isinstance(removed, dict) else ():
                self._delete(table, section, key)
            for key, item in _keyed(section, page.get(section)):
                if section == "alerts" and item.get("state") == "resolved":
                    self._delete(table, section, key)
                else:
                    self._put(table, section, key, item)
        account = page.get("account")
        if isinstance(account, dict):
            for key, item in _keyed(ENTRIES, account.get(ENTRIES)):
                self._put(table, ENTRIES, key, item)

    def _delete(self, table: str, section: str, key: str) -> None:
        self._database.write(f"DELETE FROM {table} WHERE section = ? AND key = ?", (section, key))

    def _put(self, table: str, section: str, key: str, value: Any) -> None:
        self._database.write(
            f"INSERT INTO {table} VALUES (?, ?, ?) ON CONFLICT (section, key) DO UPDATE SET body = excluded.body",
            (section, key, self._database.pack(f"{table}/{section}/{key}", value)),
        )


def _texts(values: Any) -> list[str]:
    return [value for value in values or () if isinstance(value, str)]


def _keyed(section: str, items: Any) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for item in items or ():
        key = item_key(section, item) if isinstance(item, dict) else None
        if key is not None:
            found.append((key, item))
    return found


def _tags(page: dict[str, Any]) -> list[tuple[str, str | None]]:
    tags = page.get(TAGS) or {}
    return [(digest, owner if isinstance(owner, str) else None) for digest, owner in tags.items()]
