"""Whose the store is: closing and opening it, giving it up, beginning anew, going to somebody else.

What is given up is what only the holder may read; what they saved stays, and is sent in its sealed form.
"""

from __future__ import annotations

from caregiver_app.store.cache import Cache
from caregiver_app.store.database import Database
from caregiver_app.store.drafts import Drafts
from caregiver_app.store.events import Events
from caregiver_app.store.meta import Meta
from caregiver_app.store.outbox import Outbox
from caregiver_app.store.photos import Photos
from caregiver_app.store.tries import Tries
from caregiver_app.store.vault import GONE, Cost, Vault

NEW, ENROLLED, ENROL_AGAIN, REVOKED = "new", "enrolled", "enrol_again", "revoked"


class Holding:
    """The half of the store that knows of its holder."""

    vault: Vault
    tries: Tries
    database: Database
    meta: Meta
    cache: Cache
    drafts: Drafts
    outbox: Outbox
    events: Events
    photos: Photos

    def seal_waiting(self) -> int:
        """As the store does it."""
        raise NotImplementedError

    @property
    def standing(self) -> str:
        """Where the phone stands with its server: new | enrolled | enrol_again | revoked."""
        standing = self.meta.get("standing", NEW)
        return standing if standing in (NEW, ENROLLED, ENROL_AGAIN, REVOKED) else ENROL_AGAIN

    @property
    def locked(self) -> bool:
        """Whether elders, drafts and frozen visits cannot be read now. What is sealed can be sent all the same."""
        return not self.vault.is_open

    def set_pin(self, pin: str, cost: Cost) -> None:
        """Close the store under a PIN, or another one. Locked: while it is not open. OSError: the disk would not."""
        if self.vault.is_open:
            self.seal_waiting()  # from now on a forgotten PIN leaves nothing but sealed forms
        with self.database.lock:
            self.tries.reset()
            self.vault.set_pin(pin, cost)
        self.meta.set(lost_drafts=None)
        self._changed()

    def set_phone_lock(self) -> None:
        """Leave it to the phone's own lock. Locked: while the store is not open. OSError: the disk would not."""
        if self.vault.is_open:
            self.seal_waiting()
        with self.database.lock:
            self.vault.set_phone_lock()
        self.meta.set(lost_drafts=None)
        self._changed()

    def unlocked(self) -> None:
        """The vault was opened: seal what could not be sealed before, and tell who listens."""
        if self.meta.get("rescued"):
            self.photos.recover()
        self.seal_waiting()
        self._changed()

    def lock(self) -> None:
        """Forget the data key, and all that was held in memory with its help."""
        with self.database.lock:
            self.vault.lock()
            self.meta.forget()
        self._changed()

    def wipe(self) -> None:
        """Give up what only the PIN opens: the list of elders, drafts, the right to ask for more.

        The outbox stays, and goes on being sent in its sealed form. A draft that could have been saved is put
        there too, as its sealed form says (`unsaved`); others are lost, and counted in `lost_drafts`. Safe to
        repeat: the key goes last.
        """
        self._give_up()
        self.vault.wipe()
        self._changed()

    def begin_anew(self) -> None:
        """A new enrolment after a wipe: a new data key, without a PIN as yet."""
        if self.vault.kind == GONE:
            self.vault.begin()
            self._take_up()

    def change_holder(self, *, new_name: bool) -> None:
        """The phone goes to somebody else: nothing of the former holder can be read any more, what they saved is sent.

        Sealed visits go out under the enrolment they were signed under. Events have no such form, and would be
        taken for the new holder's: they are kept, and say so. `new_name`: a new device id and key as well.
        """
        self.wipe()
        self.begin_anew()
        with self.database.transaction():
            self.events.hold_back("another_holder")
            self.meta.set(holder=None, sos=None)
            if new_name:
                self.meta.set(device_id=None, private_key=None)
        self.database.tidy(always=True)

    def _give_up(self) -> None:
        with self.database.transaction():
            lost = int(self.meta.get("lost_drafts", 0))
            for draft in self.drafts.sealed():
                if draft.sealed is not None and not self.outbox.has(draft.id):
                    self.outbox.add_sealed(
                        draft.id, draft.elder_id, draft.sealed, urgent=draft.urgent, at=draft.changed_at
                    )
                    self.photos.saved(draft.id)
                else:
                    self.photos.drop(draft.id)
                    lost += 1
                self.drafts.delete(draft.id)
            self.cache.drop()
            self.meta.drop_personal()
            self.meta.set(access_token=None, refresh_token=None, lost_drafts=lost or None)
            if self.standing == ENROLLED:
                self.meta.set(standing=ENROL_AGAIN)
            self.outbox.unsendable()
            self.photos.give_up_pictures()

    def _take_up(self) -> None:
        """The data key is a new one: what the old one closed is given up, whoever did away with it."""
        with self.database.transaction():
            self._give_up()
            if self.meta.get("private_key") is None:
                # The device secret went too; the server knows this id by a key that is no more.
                self.meta.set(device_id=None)
            self.meta.set(closed=self.vault.key_id)

    def _changed(self) -> None:
        self.cache.version += 1
        self.database.touched()
