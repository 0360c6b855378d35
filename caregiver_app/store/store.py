"""The store as a whole: what belongs to one transaction across its parts is done here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caregiver_app.platform.desktop import FileSecrets
from caregiver_app.platform.protocols import Secrets
from caregiver_app.store.cache import Cache
from caregiver_app.store.closing import close_clear
from caregiver_app.store.database import Database
from caregiver_app.store.drafts import Drafts
from caregiver_app.store.events import EventRow, Events
from caregiver_app.store.holding import ENROL_AGAIN, ENROLLED, NEW, REVOKED, Holding
from caregiver_app.store.meta import Meta
from caregiver_app.store.outbox import Outbox
from caregiver_app.store.photos import Photos
from caregiver_app.store.queue import Queue
from caregiver_app.store.sealing import SealedItem, Sealer
from caregiver_app.store.tries import Tries
from caregiver_app.store.vault import Vault

FILE = "phone.sqlite"


class Store(Holding):
    """An open store directory. All methods are safe from several threads."""

    def __init__(self, directory: Path, secrets: Secrets | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.vault = Vault(directory, secrets or FileSecrets(directory / "secrets"))
        self.tries = Tries(directory)
        self.database = Database(directory / FILE, self.vault)
        self.meta = Meta(self.database)
        self.cache = Cache(self.database, self.meta)
        self.drafts = Drafts(self.database)
        self.outbox = Outbox(self.database)
        self.events = Events(self.database)
        self.photos = Photos(self.database, directory / "photos")
        self._sealer = Sealer(self.meta)
        self.database.on_rescue = self._rescued
        if self.database.rescued is not None:
            self._rescued()
        elif self.database.restored:
            self.photos.recover()
        self._make_good()

    def close(self) -> None:
        """Safe to call twice."""
        self.database.close()

    def keep_draft(self, draft: dict[str, Any], at: str, *, frozen: bytes | None = None, urgent: bool = False) -> None:
        """Keep a draft as it now is. `frozen`: its bytes if it were saved now; None: it could not be."""
        with self.database.transaction():
            sealed = None if frozen is None else self._sealer.visit(draft["id"], frozen)
            self.drafts.put(draft, at, sealed=sealed, urgent=urgent)

    def add_photo(self, visit_id: str, jpeg: bytes) -> str:
        """Keep a picture for a draft, and its sealed form → its digest. OSError: the disk would not."""
        digest = hashlib.sha256(jpeg).hexdigest()
        return self.photos.add(visit_id, jpeg, self._sealer.photo(visit_id, digest, jpeg))

    def save_visit(self, visit_id: str, elder_id: str | None, frozen: bytes, *, urgent: bool, at: str) -> None:
        """From draft to outbox in one transaction, sealed: after a kill it is in exactly one of the two.

        OSError: the disk would not (full, or failing); the draft is still there.
        """
        sealed = self._sealer.visit(visit_id, frozen)
        with self.database.transaction():
            self.outbox.add(visit_id, elder_id, frozen, urgent=urgent, at=at, sealed=sealed)
            self.photos.saved(visit_id)
            self.drafts.delete(visit_id)

    def sealed_batch(self, limit_bytes: int, limit_items: int) -> list[SealedItem]:
        """The next visits to send as they were sealed: urgent first, at least one if there is any.

        All of a batch were signed under one enrolment (`device_id`). Works while the app is locked.
        """
        return self.outbox.sealed_batch(limit_bytes, limit_items)

    def sealed_event(self, row: EventRow) -> SealedItem | None:
        """An event sealed for the server as it is now sent. None: no server key is known."""
        made = self._sealer.visit(row.id, row.frozen)
        if made is None:
            return None
        return SealedItem(row.id, made.key_id, made.sealed, made.signature, made.device_id, row.urgent, row.attempts)

    def seal_waiting(self) -> int:
        """Seal what was saved before a server key was known, as far as it can be read now → how many."""
        sealed = 0
        for visit_id in self.outbox.unsealed():
            row = self.outbox.get(visit_id)
            made = self._sealer.visit(visit_id, row.frozen) if row and row.frozen else None
            if made is not None:
                self.outbox.seal(visit_id, made)
                sealed += 1
        for photo in self.photos.unsealed():
            jpeg = self.photos.read(photo.sha256)
            made = self._sealer.photo(photo.visit_id, photo.sha256, jpeg) if jpeg else None
            if made is not None:
                self.photos.seal(photo.visit_id, photo.sha256, made)
                sealed += 1
        return sealed

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
                if isinstance(visit_id, str) and self.outbox.has(visit_id):
                    settled += 1
                    if self._settle(self.outbox, visit_id, result, at):
                        missing = result.get("photos_missing")
                        self.photos.wanted(visit_id, missing if isinstance(missing, list) else [], at)
        self.database.tidy()
        return settled

    def events_answered(self, results: list[dict[str, Any]], *, at: str) -> int:
        """As `answered`, for events."""
        settled = 0
        with self.database.transaction():
            for result in results:
                event_id = result.get("id")
                if isinstance(event_id, str) and self.events.has(event_id):
                    settled += 1
                    self._settle(self.events, event_id, result, at)
        self.database.tidy()
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
            self.events.all_again()
            self.photos.all_again()
            self.meta.set(cursor=None, incoming_cursor=None)
        self.database.tidy(always=True)
        return True

    def revoke(self) -> None:
        """The server revoked this device: whom it may see is gone at once, the outbox and drafts stay."""
        with self.database.transaction():
            self.cache.drop()
            self.meta.set(standing=REVOKED, access_token=None, refresh_token=None)

    def purge(self, sent_before: str) -> int:
        """Forget visits that were sent before then, with their photos → how many."""
        old = self.outbox.sent_before(sent_before)
        events = self.events.sent_before(sent_before)
        if old or events:
            self.database.tidy(always=True)  # what is forgotten here must not come back from there
        for visit_id in old:
            with self.database.transaction():
                if any(photo.state in ("waiting", "pending") for photo in self.photos.of(visit_id)):
                    continue
                self.outbox.forget_sent(visit_id)
                self.photos.drop(visit_id)
        for event_id in events:
            self.events.forget_sent(event_id)
        return len(old)

    def storage_used(self) -> StorageUsed:
        """What the store takes on the disk."""
        photos = sum(_size(file) for file in self.photos.folder.iterdir())
        everything = sum(_size(file) for file in self.directory.rglob("*") if file.is_file())
        return StorageUsed(total=everything, photos=photos)

    def _settle(self, queue: Queue, row_id: str, result: dict[str, Any], at: str) -> bool:
        if result.get("status") in ("accepted", "duplicate"):
            queue.settle(row_id, "sent", result, error=None, at=at)
            return True
        error = result.get("error") or {}
        code = error.get("code") if isinstance(error, dict) else None
        queue.settle(row_id, "refused", result, error=str(code or "rejected"), at=at)
        return False

    def _make_good(self) -> None:
        """What an update, or a vault that is not the one this store was closed by, asks for before anything else."""
        closed_by = self.meta.get("closed")
        if closed_by is None and self.vault.is_open:
            if self.meta.get("device_id") is not None:
                close_clear(self.database, self.meta, self.photos)
            self.meta.set(closed=self.vault.key_id)
            self.seal_waiting()
        elif self.vault.is_open and closed_by != self.vault.key_id:
            self._take_up()
        self.vault.takes_clear = False
        self.database.tidy(always=True)  # what nobody closed yet does not go into the journal

    def _rescued(self) -> None:
        """The file was made anew from what could be read of a broken one: say so, and fetch again what is missing."""
        found = self.database.rescued or {}
        with self.database.transaction():
            if self.meta.get("closed") is None or self.meta.get("private_key") is None:
                # Which phone this is cannot be told any more; what is sealed is sent all the same.
                self.meta.set(closed=self.vault.key_id or None, access_token=None, refresh_token=None)
                if self.meta.get("private_key") is None:
                    self.meta.set(device_id=None)
            if not self.meta.get("refresh_token") and self.standing in (NEW, ENROLLED):
                known = self.meta.get("base_url") or found.get("outbox")
                self.meta.set(standing=ENROL_AGAIN if known else NEW)
            kept = {name: found.get(name, 0) for name in ("outbox", "events", "drafts", "photos")}
            self.meta.set(rescued=kept)
            self.photos.recover()
            self.cache.version += 1
        if self.vault.is_open:
            self.seal_waiting()
        self.database.tidy(always=True)


@dataclass(frozen=True, slots=True)
class StorageUsed:
    """Bytes on the disk; `photos` are part of `total`."""

    total: int
    photos: int


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # swept or sent meanwhile
        return 0


def open_store(directory: Path, secrets: Secrets | None = None) -> Store:
    """Open or create the store, and clear away what a kill left half done. `secrets`: the machine's own."""
    store = Store(directory, secrets)
    if not (store.locked and store.meta.get("rescued")):
        # After a rescue a picture may have lost its row, and which visit it is of is known only when unlocked.
        store.photos.sweep()
    return store
