"""Killed at any statement, or refused by the disk at any operation, while the lock changes: nothing saved is lost."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from caregiver_app.platform.desktop import FileSecrets
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import Store, open_store
from caregiver_app.store.vault import CHEAP, DEVICE, GONE
from caregiver_app.store.vault import PIN as BY_PIN
from tests.unit.caregiver_app.test_disk_faults import Disk, Failing
from tests.unit.caregiver_app.test_no_visit_is_lost import Dying, Torn
from tests.unit.caregiver_app.world import JPEG, World

PIN, OTHER = "314159", "161803"


@pytest.fixture
def folder(quick_path: Path):
    """A store with a PIN, two saved visits with a photo, and a draft that could be saved → its folder and ids."""
    world = World(quick_path / "first", elders=3)
    world.enrol()
    ids = [world.visit(0, photo=JPEG[:900]), world.visit(1, urgent=True)]
    draft = world.phone.begin_visit(world.elder_ids[2])
    draft.all_good()
    draft.add_photo(JPEG[:800])
    world.phone.store.set_pin(PIN, CHEAP)
    world.phone.stop()
    return quick_path / "first", ids, draft.draft_id


def whole(store: Store, ids: list[str], draft_id: str) -> None:
    """Everything that was saved can be sent, and the draft is in exactly one place with its photo."""
    assert store.database.row("PRAGMA integrity_check") == ("ok",)
    sealed = {item.id for item in store.sealed_batch(10**7, 100)}
    assert set(ids) <= sealed
    assert (draft_id in sealed) != (draft_id in store.drafts.ids())
    for visit_id in sealed:
        for photo in store.photos.of(visit_id):
            assert photo.state == "waiting"
            assert store.photos.sealed(photo) is not None


def opened(store: Store) -> Store:
    if store.vault.kind == BY_PIN:
        assert store.vault.unlock_pin(PIN) or store.vault.unlock_pin(OTHER)
        store.unlocked()
    return store


CHANGES = {
    "another PIN": lambda store: store.set_pin(OTHER, CHEAP),
    "wiped": lambda store: store.wipe(),
    "wiped and begun anew": lambda store: (store.wipe(), store.begin_anew()),
    "another holder": lambda store: store.change_holder(new_name=True),
    "locked": lambda store: store.lock(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_kill_at_any_statement_of_a_change_loses_nothing(folder, quick_path, name):
    first, ids, draft_id = folder
    for after in range(200):
        copy = quick_path / f"{after}"
        shutil.copytree(first, copy)
        store = opened(open_store(copy))
        real = store.database._connection
        store.database._connection = Dying(real, after)
        try:
            CHANGES[name](store)
            done = True
        except Torn:
            done = False
        if real.in_transaction:
            real.execute("ROLLBACK")
        real.close()
        store = open_store(copy)
        whole(store, ids, draft_id)
        # Done once more, to the end, from wherever it stopped.
        CHANGES[name](opened(store))
        whole(store, ids, draft_id)
        store.close()
        shutil.rmtree(copy)
        if done:
            break
    assert done


@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "for ever"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_disk_that_refuses_any_operation_of_a_change_loses_nothing(
    folder, quick_path, monkeypatch, name, for_ever
):
    first, ids, draft_id = folder
    disk, kinds, at = Disk(monkeypatch), set(), 0
    while True:
        copy = quick_path / f"{at}"
        shutil.copytree(first, copy)
        disk.arm(None, for_ever=False)
        store = opened(open_store(copy))
        store.database._connection = Failing(store.database._connection, disk)
        disk.arm(at, for_ever=for_ever)
        with contextlib.suppress(OSError):
            CHANGES[name](store)
        reached = disk.done > at
        disk.arm(None, for_ever=False)
        store.close()
        store = opened(open_store(copy))
        whole(store, ids, draft_id)
        kinds.add(store.vault.kind)
        store.close()
        shutil.rmtree(copy)
        if not reached:
            break
        at += 1
    assert kinds <= {BY_PIN, DEVICE, GONE}
    assert at > 0 or name == "locked"


def test_an_enrolment_of_somebody_else_may_be_cut_off_anywhere(quick_path):
    """The answer is lost, the app is killed: the phone is never half of each."""
    for after in range(0, 2000, 7):
        world = World(quick_path / f"{after}", elders=3)
        world.enrol()
        saved = world.visit(0)
        world.code = world.server.add_visitor("chen", [world.server.state.elders[world.elder_ids[2]]])
        real = world.phone.store.database._connection
        world.phone.store.database._connection = Dying(real, after)
        try:
            world.phone.enrol.submit("https://yuetan.test", world.code)
            done = True
        except Torn:
            done = False
        if real.in_transaction:
            real.execute("ROLLBACK")
        real.close()
        world.phone = Phone(
            open_store(world.folder, FileSecrets(world.folder / "secrets")), world.platform, world.line, world.rng
        )
        held = {elder["id"] for elder in world.phone.store.cache.all("elders")}
        assert held in (set(), set(world.elder_ids), {world.elder_ids[2]})
        world.enrol()
        world.settle()
        assert {elder["id"] for elder in world.phone.store.cache.all("elders")} == {world.elder_ids[2]}
        assert world.server.state.visits[saved]["user"] == "liu"
        assert world.phone.store.outbox.get(saved).state == "sent"
        world.phone.stop()
        if done:
            break
    assert done
