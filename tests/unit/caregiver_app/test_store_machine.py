"""Whatever is done to a store, in whatever order: no saved visit and no event is ever lost or altered."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from caregiver_app.store import keys, open_store
from caregiver_app.store.store import ENROLLED
from caregiver_app.store.vault import CHEAP, DEVICE, GONE, PIN
from shared.ids import uuid7
from shared.protocol.signing import b64, sealed_text, unb64
from tests.fakes.server import SEALING
from tests.unit.caregiver_app.world import JPEG

V1 = Path(__file__).parent / "stores" / "v1"
CODE = "314159"
AT = "2026-11-03T09:00:00+08:00"


class StoreMachine(RuleBasedStateMachine):
    """The model: ids by state, what each visit says, and which can still be read."""

    drafts = Bundle("drafts")

    def __init__(self) -> None:
        super().__init__()
        # In memory where there is such a place: nothing here is about the disk.
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="yuetan-machine-", dir=memory))
        self.states: dict[str, str] = {}
        self.frozen: dict[str, bytes] = {}
        self.unreadable: set[str] = set()
        self.begun: dict[str, dict] = {}
        self.events: dict[str, str] = {}
        self.lost = 0
        self.epoch = 0

    @initialize(old=st.booleans())
    def open_first(self, old: bool) -> None:
        self.folder.rmdir()
        if old:
            shutil.copytree(V1, self.folder)
        self.store = open_store(self.folder)
        if old:
            for row in self.store.outbox.all():
                self.states[row.id], self.frozen[row.id] = row.state, row.frozen
            self.begun = {one: self.store.drafts.get(one) for one in self.store.drafts.ids()}
        config = {"server_keys": [{"id": "key-1", "key": b64(bytes(SEALING.public_key))}]}
        self.store.meta.set(config=config, base_url="https://yuetan.test", standing=ENROLLED, refresh_token="r")
        self.store.seal_waiting()
        # Drafts of the first version were not sealed: they are at their next touch.
        for draft_id, draft in self.begun.items():
            self.store.keep_draft(draft, AT, frozen=self._bytes(draft_id, draft.get("note", "")))
        self.verify = VerifyKey(unb64(keys.public_key(self.store.meta)))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _bytes(self, visit_id: str, note: str) -> bytes:
        return json.dumps({"id": visit_id, "note": note}, ensure_ascii=False).encode()

    def _is_open(self) -> bool:
        return hasattr(self, "store") and not self.store.locked

    @precondition(_is_open)
    @rule(target=drafts, note=st.text(max_size=5), whole=st.booleans())
    def begin(self, note: str, whole: bool) -> str:
        draft = {"id": str(uuid7()), "elder_id": "e1", "note": note, "whole": whole}
        self.store.keep_draft(draft, AT, frozen=self._bytes(draft["id"], note) if whole else None)
        self.begun[draft["id"]] = draft
        return draft["id"]

    @precondition(_is_open)
    @rule(draft_id=drafts, note=st.text(max_size=5))
    def edit(self, draft_id: str, note: str) -> None:
        if draft_id in self.begun:
            draft = {**self.begun[draft_id], "note": note}
            self.store.keep_draft(draft, AT, frozen=self._bytes(draft_id, note) if draft.get("whole") else None)
            self.begun[draft_id] = draft

    @precondition(_is_open)
    @rule(draft_id=drafts, size=st.integers(500, 520))
    def photograph(self, draft_id: str, size: int) -> None:
        if draft_id in self.begun:
            self.store.add_photo(draft_id, JPEG[:size])

    @precondition(_is_open)
    @rule(draft_id=drafts, urgent=st.booleans())
    def save(self, draft_id: str, urgent: bool) -> None:
        if draft_id in self.begun:
            frozen = self._bytes(draft_id, self.begun.pop(draft_id)["note"])
            self.store.save_visit(draft_id, "e1", frozen, urgent=urgent, at=AT)
            self.states[draft_id], self.frozen[draft_id] = "pending", frozen

    @precondition(_is_open)
    @rule(draft_id=drafts)
    def discard(self, draft_id: str) -> None:
        if draft_id in self.begun:
            self.store.discard_draft(draft_id)
            del self.begun[draft_id]

    @rule(urgent=st.booleans())
    def tell(self, urgent: bool) -> None:
        event_id = str(uuid7())
        self.store.events.add(event_id, "sos", f'{{"id":"{event_id}"}}'.encode(), urgent=urgent, at=AT)
        self.events[event_id] = "pending"

    @rule(good=st.booleans(), count=st.integers(1, 3))
    def answer(self, good: bool, count: int) -> None:
        """The server answers for what comes next, sealed or not; repeated and strange answers too."""
        items = [item.id for item in self.store.sealed_batch(10_000, count)]
        status = "accepted" if good else "rejected"
        self.store.answered([{"id": one, "status": status, "photos_missing": []} for one in [*items, "?"]], at=AT)
        for one in items:
            self.states[one] = "sent" if good else "refused"
        events = [row.id for row in self.store.events.pending(1)]
        self.store.events_answered([{"id": one, "status": status} for one in events], at=AT)
        self.events.update(dict.fromkeys(events, "sent" if good else "refused"))

    @rule()
    def fail(self) -> None:
        self.store.outbox.failed([item.id for item in self.store.sealed_batch(10_000, 3)], "network", counts=True)

    @rule()
    def again(self) -> None:
        for one, state in self.states.items():
            assert self.store.outbox.again(one) == (state == "refused")
            self.states[one] = "pending" if state == "refused" else state

    @rule()
    def restore(self) -> None:
        """The server comes back from a backup."""
        self.epoch += 1
        if self.store.learn_epoch(f"epoch {self.epoch}"):
            self.states = {one: "pending" if state == "sent" else state for one, state in self.states.items()}
            self.events = {one: "pending" if state == "sent" else state for one, state in self.events.items()}

    @rule()
    def purge(self) -> None:
        """Sixty days later."""
        kept = {photo.visit_id for photo in self._photos() if photo.state in ("waiting", "pending")}
        self.store.purge("2027-02-01T00:00:00+00:00")
        gone = {one for one, state in self.states.items() if state == "sent" and one not in kept}
        for one in gone:
            del self.states[one], self.frozen[one]
        self.events = {one: state for one, state in self.events.items() if state != "sent"}

    @rule()
    def kill(self) -> None:
        self.store.close()
        self.store = open_store(self.folder)

    @precondition(_is_open)
    @rule()
    def choose_pin(self) -> None:
        self.store.set_pin(CODE, CHEAP)
        self.lost = 0

    @rule()
    def lock(self) -> None:
        self.store.lock()

    @rule()
    def unlock(self) -> None:
        if self.store.vault.kind == PIN:
            assert self.store.vault.unlock_pin(CODE)
            self.store.unlocked()

    @precondition(lambda self: hasattr(self, "store") and self.store.vault.kind == PIN)
    @rule()
    def wipe(self) -> None:
        self.store.wipe()
        for draft_id, draft in self.begun.items():
            if draft.get("whole", True):
                self.states[draft_id] = "pending"
                self.frozen[draft_id] = self._bytes(draft_id, draft.get("note", ""))
            else:
                self.lost += 1
        self.begun = {}
        self.unreadable |= set(self.states)

    @precondition(lambda self: hasattr(self, "store") and self.store.vault.kind == GONE)
    @rule()
    def enrol_again(self) -> None:
        self.store.begin_anew()
        self.store.meta.set(standing=ENROLLED, refresh_token="r")
        assert self.store.vault.kind == DEVICE

    def _photos(self):
        return [photo for one in (*self.states, *self.begun) for photo in self.store.photos.of(one)]

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "store"):
            return
        store = self.store
        rows = {row.id: row for row in store.outbox.all()}
        assert {one: row.state for one, row in rows.items()} == self.states
        assert {row.id: row.state for row in store.events.all()} == self.events
        assert all(row.frozen for row in store.events.all())
        assert set(store.drafts.ids()) == set(self.begun)
        assert int(store.meta.get("lost_drafts", 0)) == self.lost
        for one, row in rows.items():
            readable = not store.locked and one not in self.unreadable
            assert row.frozen == (self.frozen[one] if readable else None)
        if not store.locked:
            for one, draft in self.begun.items():
                assert store.drafts.get(one) == draft
        for item in store.sealed_batch(10**7, 100):
            self.verify.verify(sealed_text(item.id, item.sealed), item.signature)
            assert SealedBox(SEALING).decrypt(item.sealed) == self.frozen[item.id]
        for photo in self._photos():
            assert (photo.state == "draft") == (photo.visit_id in self.begun)
            if photo.state in ("draft", "waiting", "pending") and photo.visit_id not in V1_IDS:
                assert len(SealedBox(SEALING).decrypt(store.photos.sealed(photo).sealed)) == photo.size


V1_IDS = set(json.loads((V1 / "ids.json").read_text()).values())

TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
