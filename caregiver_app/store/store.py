"""The store as a whole: what belongs to one transaction across its parts is done here."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from caregiver_app.store.cache import Cache
from caregiver_app.store.database import Database
from caregiver_app.store.drafts import Drafts
from caregiver_app.store.meta import Meta
from caregiver_app.store.outbox import Outbox
from caregiver_app.store.photos import Photos
from caregiver_app.store.vault import Vault

FILE = "phone.sqlite"
NEW, ENROLLED, ENROL_AGAIN, REVOKED = "new", "enrolled", "enrol_again", "revoked"


class Store:
    """An open store directory. All methods are safe from several threads."""

    def __init__(self, directory: Path, vault: Vault | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.database = Database(directory / FILE, vault)
        self.meta = Meta(self.database)
        self.cache = Cache(self.database, self.meta)
        self.drafts = Drafts(self.database)
        self.outbox = Outbox(self.database)
        self.photos = Photos(self.database, directory / "photos")

    def close(self) -> None:
        """Safe to call twice."""
        self.database.close()

    @property
    def standing(self) -> str:
        """Where the phone stands with its server: new | enrolled | enrol_again | revoked."""
        return str(self.meta.get("standing", NEW))

    def save_visit(self, visit_id: str, elder_id: str | None, frozen: bytes, *, urgent: bool, at: str) -> None:
        """From draft to outbox in one transaction: after a kill it is in exactly one of the two.

        OSError: the disk would not (full, or failing); the draft is still there.
        """
        try:
            with self.database.transaction():
                self.outbox.add(visit_id, elder_id, frozen, urgent=urgent, at=at)
                self.photos.saved(visit_id)
                self.drafts.delete(visit_id)
        except sqlite3.OperationalError as error:
            raise OSError(f"the store cannot be written: {error}") from error

    def discard_draft(self, visit_id: str) -> None:
        """Forget a draft and its photos."""
        with self.database.transaction():
            self.drafts.delete(visit_id)
            self.photos.drop(visit_id)

    def answered(self, results: list[dict[str, Any]], *, at: str) -> int:
        """Settle visits by the server's results, in one transaction → how many were settled.

        `accepted` and `duplicate` both mean that the server has the visit; anything else that it says of one
        is a refusal, kept with its reason. Results for unknown ids are ignored.
        """
        settled = 0
        with self.database.transaction():
            for result in results:
                visit_id = result.get("id")
                if not isinstance(visit_id, str) or self.outbox.get(visit_id) is None:
                    continue
                settled += 1
                if result.get("status") in ("accepted", "duplicate"):
                    self.outbox.settle(visit_id, "sent", result, error=None, at=at)
                    missing = result.get("photos_missing")
                    self.photos.wanted(visit_id, missing if isinstance(missing, list) else [], at)
                else:
                    error = result.get("error") or {}
                    code = error.get("code") if isinstance(error, dict) else None
                    self.outbox.settle(visit_id, "refused", result, error=str(code or "rejected"), at=at)
        return settled

    def learn_epoch(self, epoch: Any) -> bool:
        """Remember the server's epoch → whether it changed, which makes everything kept pending again."""
        if not isinstance(epoch, str | int):
            return False
        with self.database.transaction():
            known = self.meta.get("epoch")
            if known == epoch:
                return False
            self.meta.set(epoch=epoch)
            if known is None:
                return False
            self.outbox.all_again()
            self.photos.all_again()
            self.meta.set(cursor=None, incoming_cursor=None)
            return True

    def revoke(self) -> None:
        """The server revoked this device: whom it may see is gone at once, the outbox and drafts stay."""
        with self.database.transaction():
            self.cache.drop()
            self.meta.set(standing=REVOKED, access_token=None, refresh_token=None)

    def purge(self, sent_before: str) -> int:
        """Forget visits that were sent before then, with their photos → how many."""
        old = self.outbox.sent_before(sent_before)
        for visit_id in old:
            with self.database.transaction():
                if any(photo.state in ("waiting", "pending") for photo in self.photos.of(visit_id)):
                    continue
                self.outbox.forget_sent(visit_id)
                self.photos.drop(visit_id)
        return len(old)

    def used_bytes(self) -> int:
        """What the store takes on the disk."""
        return sum(file.stat().st_size for file in self.directory.rglob("*") if file.is_file())


def open_store(directory: Path, vault: Vault | None = None) -> Store:
    """Open or create the store, and clear away what a kill left half done."""
    store = Store(directory, vault)
    store.photos.sweep()
    return store
