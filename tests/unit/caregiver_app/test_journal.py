"""The second copy of what waits: whatever page of the database goes bad, nothing that was saved is lost with it."""

from __future__ import annotations

import os
import shutil

import pytest
from nacl.public import SealedBox

from caregiver_app.store import open_store
from caregiver_app.store.journal import NAME, rows
from caregiver_app.store.store import FILE
from tests.fakes.server import SEALING
from tests.unit.caregiver_app.test_rescue import again, pages_of, shut, spoil
from tests.unit.caregiver_app.world import JPEG, World


@pytest.fixture
def busy(quick_path):
    """An enrolled phone with five sent visits and seven that wait, one urgent, one with a photo, and a call for help
    → (world, ids of what waits)."""
    world = World(quick_path / "phone", elders=8)
    world.enrol()
    for number in range(5):
        world.visit(number)
    world.settle()
    ids = [world.visit(n, photo=JPEG[:900] if n == 4 else b"", urgent=n == 2) for n in range(7)]
    world.phone.store.events.add("e1", "sos", b'{"id":"e1"}', urgent=True, at="2026-11-03T09:00:00+08:00")
    yield world, ids
    world.phone.stop()


def waiting(world: World) -> dict[str, tuple]:
    store = world.phone.store
    rows = {row.id: (row.frozen, row.urgent, row.is_sealed) for row in store.outbox.pending(100)}
    return rows | {row.id: (row.frozen, row.urgent) for row in store.events.pending(100)}


def lines(world: World) -> list[str]:
    return [line for line in (world.folder / NAME).read_text().split("\n") if line]


def test_no_page_of_the_database_takes_a_visit_with_it(busy):
    """Every page in turn, those that hold the visits themselves too; and all pages but the first at once."""
    world, ids = busy
    before = waiting(world)
    path = shut(world)
    whole, journal = path.read_bytes(), (world.folder / NAME).read_bytes()
    pages = range(1, len(whole) // 4096 + 1)
    assert set(ids) | {"e1"} == before.keys()
    for number in [*pages, None]:
        path.write_bytes(whole)
        (world.folder / NAME).write_bytes(journal)
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
        shutil.rmtree(world.folder / "broken", ignore_errors=True)
        for one in pages if number is None else [number]:
            spoil(path, one)
        phone = again(world)
        found = waiting(world)
        if number is not None:
            assert before.items() <= found.items(), number
        else:  # the data key's check and the phone's name went too: what is sealed is what counts
            assert before.keys() <= found.keys()
        boxes = {item.id: item.sealed for item in phone.store.sealed_batch(10**7, 100)}
        for visit_id in ids:
            assert SealedBox(SEALING).decrypt(boxes[visit_id]) == before[visit_id][0]
        phone.store.close()
    path.write_bytes(whole)
    again(world)


def test_what_a_page_took_is_sent_once_with_its_photo_and_it_is_said(busy):
    world, ids = busy
    path = shut(world)
    for number in pages_of(path)["outbox"]:
        spoil(path, number)
    phone = again(world)
    assert phone.store.meta.get("rescued")["outbox"] >= len(ids)
    world.settle()
    assert all(world.states()[one] == "sent" for one in ids)
    assert set(ids) <= set(world.server.state.visits)
    assert len(world.server.state.visits) == 12
    assert {photo.state for photo in phone.store.photos.of(ids[4])} == {"sent"}


def test_a_log_that_was_harmed_loses_no_visit_although_sqlite_finds_nothing_wrong(busy):
    """SQLite ignores its log from the first frame on whose checksum is wrong: the last visits are then as if they
    had never been saved, and their drafts are back."""
    world, _ = busy
    store = world.phone.store
    store.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    late = [world.visit(7), world.visit(0, photo=JPEG[:700])]
    before = waiting(world)
    copy = world.folder.with_name("copy")
    shutil.copytree(world.folder, copy)
    store.close()
    shutil.rmtree(world.folder)
    copy.rename(world.folder)
    with (world.folder / f"{FILE}-wal").open("r+b") as log:
        log.seek(40)
        log.write(b"\xff" * 30)
    phone = again(world)
    assert waiting(world) == before
    assert not set(late) & set(phone.drafts())
    world.settle()
    assert {world.states()[one] for one in late} == {"sent"}
    assert {photo.state for photo in phone.store.photos.of(late[1])} == {"sent"}


def test_a_byte_that_flipped_inside_a_saved_visit_is_put_right(busy):
    world, ids = busy
    before = waiting(world)
    ((closed,),) = world.phone.store.database.rows("SELECT frozen FROM outbox WHERE id = ?", (ids[3],))
    path = shut(world)
    data = path.read_bytes()
    at = data.index(closed) + 300
    path.write_bytes(data[:at] + bytes(one ^ 0xFF for one in data[at : at + 10]) + data[at + 10 :])
    phone = again(world)
    assert not phone.store.meta.get("rescued"), "SQLite sees nothing of it"
    assert phone.store.outbox.get(ids[3]).frozen == before[ids[3]][0]
    assert waiting(world) == before


@pytest.mark.parametrize("column", ["id", "device_id", "state", "created_at", "elder_id"])
@pytest.mark.parametrize("instead", [b"\xe9", b"5"], ids=["no text", "another text"])
def test_a_byte_that_flipped_inside_a_word_of_a_row_stops_nothing(busy, column, instead):
    """In the table, not in its indexes: a text that is no text, an id that its index does not know."""
    world, ids = busy
    ((word, sealed),) = world.phone.store.database.rows(
        f"SELECT {column}, sealed FROM outbox WHERE id = ?", (ids[3],)
    )
    path = shut(world)
    data = path.read_bytes()
    row = data.rindex(ids[3].encode(), 0, data.index(sealed))
    at = data.index(word.encode(), row) + 3
    path.write_bytes(data[:at] + instead + data[at + 1 :])
    again(world)
    world.settle()
    assert {one: world.states()[one] for one in ids} == dict.fromkeys(ids, "sent")
    assert set(ids) <= set(world.server.state.visits)


def test_what_the_server_has_does_not_stay_in_the_journal(busy):
    world, ids = busy
    world.phone.store.events.hold_back("another_holder")
    assert sum(one in "".join(lines(world)) for one in ids) == 7
    world.settle()
    assert not any(one in "".join(lines(world)) for one in ids)
    # A refused one stays, as refused.
    world.server.refuse.add(refused := world.visit(6))
    world.settle()
    again_path = shut(world)
    again_path.write_bytes(b"\0" * 100 + again_path.read_bytes()[100:])
    phone = again(world)
    assert phone.store.outbox.get(refused).state in ("refused", "pending")
    assert phone.store.events.get("e1").state == "refused"


def test_torn_and_foreign_lines_are_no_rows(busy):
    world, _ = busy
    before = waiting(world)
    shut(world)
    file = world.folder / NAME
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] + b"\n00000000 []\n\xff\xfe\nnonsense\n" + whole[len(whole) // 2 + 9 :])
    again(world)
    assert waiting(world) == before
    assert len(lines(world)) == len(before), "and it is whole again"


def test_a_journal_that_cannot_be_written_denies_nobody_the_save_and_is_made_good_later(busy, monkeypatch):
    world, _ = busy
    real = os.fsync

    def full(descriptor):
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(NAME):
            raise OSError(28, "No space left on device")
        real(descriptor)

    before = (world.folder / NAME).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("caregiver_app.store.journal.os.fsync", full)
        saved = world.visit(7)
    assert world.states()[saved] == "pending"
    assert (world.folder / NAME).read_bytes() == before, "no half line is left"
    shut(world)
    again(world)
    assert saved in (world.folder / NAME).read_text()


def test_a_visit_killed_before_its_commit_is_a_draft_and_not_in_the_journal(busy, monkeypatch):
    world, _ = busy
    visit = world.phone.begin_visit(world.elder_ids[7])
    visit.all_good()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.phone.store.drafts, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            visit.save()
    assert visit.draft_id not in (world.folder / NAME).read_text()
    again_phone = open_store(world.folder)
    assert visit.draft_id in again_phone.drafts.ids()
    assert again_phone.outbox.get(visit.draft_id) is None
    again_phone.close()


def test_nothing_of_an_elder_can_be_read_in_it(busy):
    world, _ = busy
    visit = world.phone.begin_visit(world.elder_ids[1])
    visit.set_note("腿疼得厉害")
    visit.all_good()
    visit.save()
    found = {row["id"]: row for _, row in rows(world.folder / NAME)}
    kept = b"".join(value for value in found[visit.draft_id].values() if isinstance(value, bytes))
    assert len(kept) > 2000, "sealed, closed, signed"
    assert "腿疼".encode() not in kept
    assert b"mobility" not in kept
