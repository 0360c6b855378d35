"""A damaged store: what can be read of it is brought over, what cannot is fetched again, and it is said."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest
from nacl.public import SealedBox

from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store import rescue as module
from caregiver_app.store.pages import records
from caregiver_app.store.store import ENROL_AGAIN, ENROLLED, FILE
from caregiver_app.store.vault import CHEAP
from tests.fakes.server import SEALING
from tests.unit.caregiver_app.world import JPEG, World

PAGE = 4096


@pytest.fixture
def full(quick_path):
    """A closed phone with 30 visits in every state, photos, a draft, an SOS and 25 elders → (world, ids)."""
    world = World(quick_path / "phone", elders=25)
    world.enrol()
    ids = [world.visit(n, photo=JPEG[: 600 + n] if n % 5 == 0 else b"") for n in range(20)]
    world.settle()
    refused = world.phone.begin_visit(world.elder_ids[3])
    world.server.refuse.add(refused.draft_id)
    refused.all_good()
    ids.append(refused.save().visit_id)
    world.settle()
    ids += [world.visit(n, photo=JPEG[:900] if n == 4 else b"", urgent=n == 7) for n in range(9)]
    draft = world.phone.begin_visit(world.elder_ids[11])
    draft.set_note("草稿里的话")
    draft.add_photo(JPEG[:500])
    world.phone.store.events.add("e1", "sos", b'{"id":"e1"}', urgent=True, at="2026-11-03T09:00:00+08:00")
    world.draft_id = draft.draft_id
    yield world, ids
    world.phone.stop()


def shut(world: World) -> Path:
    """Close the phone so that all lies in the main file → it."""
    world.phone.store.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    world.phone.store.close()
    return world.folder / FILE


def again(world: World) -> Phone:
    world.phone = Phone(open_store(world.folder), world.platform, world.line, world.rng)
    return world.phone


def pages_of(path: Path) -> dict[str, list[int]]:
    """Page numbers by table or index."""
    connection = sqlite3.connect(path)
    try:
        found: dict[str, list[int]] = {}
        for name, number in connection.execute("SELECT name, pageno FROM dbstat"):
            found.setdefault(name, []).append(number)
        return found
    except sqlite3.OperationalError:  # built without dbstat: roots are enough
        return {name: [root] for name, root in connection.execute("SELECT name, rootpage FROM sqlite_master")}
    finally:
        connection.close()


def spoil(path: Path, number: int, data: bytes = b"\xa5" * PAGE) -> None:
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(data)


def everything(phone: Phone) -> dict:
    store = phone.store
    return {
        "outbox": {row.id: (row.state, row.frozen, row.is_sealed, row.urgent) for row in store.outbox.all()},
        "drafts": {one: store.drafts.get(one) for one in store.drafts.ids()},
        "events": [(row.id, row.frozen, row.state) for row in store.events.all()],
        "photos": store.database.rows("SELECT visit_id, sha256, state FROM photos ORDER BY 1, 2"),
    }


def test_the_page_reader_reads_what_sqlite_reads(full):
    world, _ = full
    store = world.phone.store
    tables = ("outbox", "photos", "drafts", "meta", "cache")
    wanted = {table: store.database.rows(f"SELECT * FROM {table}") for table in tables}
    read = {values for _, values in records(world.folder / FILE)}
    assert (world.folder / f"{FILE}-wal").stat().st_size > 0, "the log is read too"
    for row in wanted["outbox"]:
        assert (None, *row[1:]) in read
    for table in ("photos", "drafts", "meta", "cache"):
        assert set(wanted[table]) <= read


@pytest.mark.parametrize("what", ["header", "schema", "text"])
def test_a_file_that_is_no_database_any_more_still_gives_back_every_row(full, what):
    world, ids = full
    before = everything(world.phone)
    path = shut(world)
    if what == "header":
        with path.open("r+b") as file:
            file.write(b"\0" * 100)
    elif what == "schema":
        spoil(path, 1)
    else:
        with path.open("r+b") as file:
            file.write("这不是数据库".encode())
    phone = again(world)
    after = everything(phone)
    if what == "schema":  # only the schema lay on that page
        assert after["outbox"].keys() == before["outbox"].keys() == set(ids)
    assert after == before
    assert phone.store.meta.get("rescued")["outbox"] == len(ids)
    assert phone.store.standing == ENROLLED
    assert phone.today.view().badge.state == "rescued"
    assert str(len(ids)) in phone.outbox.view().status_text
    assert (world.folder / "broken" / "1" / FILE).exists()
    world.settle()
    assert len(phone.today.view().rows) == 25
    assert phone.today.view().badge.state != "rescued"
    assert all(row[0] in ("sent", "refused") for row in everything(phone)["outbox"].values())


def test_whichever_page_is_lost_all_that_lies_elsewhere_is_kept(full):
    """Each page of the file in turn: nothing is lost but what that page held, and the app goes on."""
    world, _ = full
    before = everything(world.phone)
    path = shut(world)
    whole = path.read_bytes()
    tables = pages_of(path)
    pages = len(whole) // PAGE
    assert pages > 20
    lost = 0
    for number in range(1, pages + 1):
        path.write_bytes(whole)
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
        shutil.rmtree(world.folder / "broken", ignore_errors=True)
        spoil(path, number)
        phone = again(world)
        after = everything(phone)
        gone = before["outbox"].keys() - after["outbox"].keys()
        if number not in tables.get("outbox", []):
            assert not gone, (number, [name for name, held in tables.items() if number in held])
        lost = max(lost, len(gone))
        for visit_id, row in after["outbox"].items():
            assert row[1] == before["outbox"][visit_id][1]
        assert not phone.store.photos.unsealed() or phone.store.meta.get("config") is None
        phone.store.close()
    assert lost <= 8, "one page holds no more"
    path.write_bytes(whole)
    again(world)


@pytest.mark.parametrize("seed", range(12))
def test_torn_files_never_stop_the_app_and_never_bring_back_nonsense(full, seed):
    world, _ = full
    before = everything(world.phone)
    rng = random.Random(seed)
    world.phone.store.close()
    path = world.folder / FILE
    data = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 200)):
        at = rng.randrange(len(data))
        data[at : at + 8] = rng.randbytes(8)[: len(data) - at]
    path.write_bytes(data[: rng.randrange(PAGE, len(data) + 1)])
    phone = again(world)
    after = everything(phone)
    for visit_id, (_, frozen, _, _) in after["outbox"].items():
        if visit_id in before["outbox"]:
            assert frozen in (None, before["outbox"][visit_id][1])
    phone.outbox.view()
    phone.today.view()


def test_damage_found_at_work_is_mended_at_work(full):
    world, ids = full
    store = world.phone.store
    store.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    roots = pages_of(world.folder / FILE)
    for name in ("outbox_by_state", "outbox_by_elder", "photos_by_state"):
        for number in roots[name]:
            spoil(world.folder / FILE, number)
    store.database._connection.execute("PRAGMA cache_size = 0")
    store.database._connection.execute("PRAGMA shrink_memory")
    kept = {row.id for row in store.outbox.listed("pending", 1000)}
    kept |= {row.id for state in ("sent", "refused") for row in store.outbox.listed(state, 1000)}
    assert kept == set(ids)
    assert store.meta.get("rescued")["outbox"] == len(ids)
    world.visit(2)
    world.settle()
    assert set(world.states().values()) == {"sent", "refused"}


def test_a_rescue_that_is_broken_off_anywhere_is_finished_at_the_next_start(full, monkeypatch):
    world, _ = full
    before = everything(world.phone)
    path = shut(world)
    broken = b"\0" * 100 + path.read_bytes()[100:]
    replace, times = Path.replace, 0
    for allowed in range(8):
        shutil.rmtree(world.folder / "broken", ignore_errors=True)
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
        path.write_bytes(broken)
        left = allowed

        def dying(self, target):
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return replace(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", dying)
            try:
                open_store(world.folder).close()
            except KeyboardInterrupt:
                times += 1
        phone = again(world)
        assert everything(phone) == before
        phone.store.close()
    assert times >= 3
    again(world)


def test_a_phone_that_lost_its_name_asks_to_be_enrolled_and_keeps_its_visits(full):
    world, ids = full
    path = shut(world)
    for number in pages_of(path)["meta"]:
        spoil(path, number)
    phone = again(world)
    assert phone.store.standing == ENROL_AGAIN
    assert {row.id for row in phone.store.outbox.all()} == set(ids)
    items = phone.store.sealed_batch(10**7, 100)
    assert len(items) == 9
    for item in items:
        assert SealedBox(SEALING).decrypt(item.sealed) == phone.store.outbox.get(item.id).frozen


def test_a_locked_phone_is_rescued_too_and_its_pictures_find_their_visits_when_it_is_unlocked(full):
    world, ids = full
    world.phone.store.set_pin("314159", CHEAP)
    before = everything(world.phone)
    path = shut(world)
    for number in pages_of(path)["photos"]:
        spoil(path, number)
    phone = again(world)
    assert phone.store.locked
    assert {row.id for row in phone.store.outbox.all()} == set(ids)
    phone.store.vault.unlock_pin("314159")
    phone.store.unlocked()
    after = everything(phone)
    assert after["drafts"] == before["drafts"]
    assert {row for row in before["photos"] if row[2] in ("draft", "waiting")} <= set(after["photos"])
    assert phone.open_draft(world.draft_id).view().photos


def test_the_oldest_broken_files_make_room(full):
    world, _ = full
    path = shut(world)
    whole = path.read_bytes()
    for _ in range(module.KEPT_ASIDE + 2):
        path.write_bytes(b"\0" * 100 + whole[100:])
        open_store(world.folder).close()
    assert sorted(one.name for one in (world.folder / "broken").iterdir()) == ["3", "4", "5"]
    again(world)


@pytest.mark.parametrize(("there", "instead"), [(b"signature BLOB", b"signatuse BLOB"), (b"created_at", b"created at")])
def test_a_flipped_byte_in_a_column_s_name_is_damage_although_sqlite_finds_none(full, there, instead):
    world, ids = full
    path = shut(world)
    path.write_bytes(path.read_bytes().replace(there, instead))
    phone = again(world)
    assert phone.store.meta.get("rescued")
    world.settle()
    assert set(ids) <= set(world.states())


def test_our_own_tables_under_an_impossible_version_are_damage_and_no_newer_app_s(full):
    world, ids = full
    path = shut(world)
    data = bytearray(path.read_bytes())
    data[60] = 0x40  # user_version's highest byte
    path.write_bytes(data)
    assert again(world).store.meta.get("rescued")
    assert set(ids) <= set(world.states())
