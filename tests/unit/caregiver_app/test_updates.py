"""Stores of every released version open after an update with all they held (`stores/vN`, made by that version)."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from nacl.public import PrivateKey, SealedBox
from nacl.signing import VerifyKey

from caregiver_app.presenters.phone import Phone
from caregiver_app.store import journal, keys, open_store
from caregiver_app.store.schema import STEPS
from caregiver_app.store.store import FILE
from shared.protocol.signing import b64, photo_text, sealed_text, unb64
from tests.unit.caregiver_app.stores.make import make
from tests.unit.caregiver_app.world import JPEG, World

STORES = Path(__file__).parent / "stores"
SERVER = PrivateKey(bytes(range(32)))


@pytest.fixture
def old(quick_path):
    """A copy of a store of version 1, with its ids by name."""
    folder = quick_path / "phone"
    shutil.copytree(STORES / "v1", folder)
    ids = json.loads((folder / "ids.json").read_text())
    (folder / "ids.json").unlink()
    return folder, ids


def raw(folder: Path, sql: str):
    connection = sqlite3.connect(folder / FILE)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def know_server_key(folder: Path) -> None:
    connection = sqlite3.connect(folder / FILE)
    config = {"server_keys": [{"id": "k1", "key": b64(bytes(SERVER.public_key))}]}
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('config', ?)", (json.dumps(config).encode(),))
    connection.commit()
    connection.close()


def test_an_updated_store_holds_word_for_word_what_it_held(old):
    folder, ids = old
    assert raw(folder, "PRAGMA user_version") == [(1,)]
    before = {
        "outbox": raw(folder, "SELECT id, elder_id, state, urgent, frozen, attempts, last_error, answer FROM outbox"),
        "drafts": raw(folder, "SELECT id, body FROM drafts"),
        "cache": raw(folder, "SELECT section, key, body FROM cache"),
        "photos": raw(folder, "SELECT visit_id, sha256, size, state, offset, attempts FROM photos"),
        "meta": raw(folder, "SELECT key, value FROM meta"),
    }
    assert {row[2] for row in before["outbox"]} == {"pending", "sent", "refused"}
    assert {row[3] for row in before["photos"]} == {"draft", "waiting", "pending", "sent", "refused"}
    store = open_store(folder)
    assert store.database.row("PRAGMA user_version") == (len(STEPS),)
    after = [
        (r.id, r.elder_id, r.state, int(r.urgent), r.frozen, r.attempts, r.last_error, r.answer)
        for r in store.outbox.all()
    ]
    assert after == [(*row[:7], row[7] and json.loads(row[7])) for row in before["outbox"]]
    assert [(one, store.drafts.get(one)) for one in store.drafts.ids()] == [
        (row[0], json.loads(row[1])) for row in before["drafts"]
    ]
    for section, key, body in before["cache"]:
        assert store.cache.one(section, key) == json.loads(body)
    for key, value in before["meta"]:
        assert store.meta.get(key) == json.loads(value)
    assert (
        store.database.rows("SELECT visit_id, sha256, size, state, offset, attempts FROM photos") == before["photos"]
    )
    draft = store.photos.of(ids["draft"])[0]
    assert store.photos.read(draft.sha256) == JPEG[:4000]
    store.close()


def test_after_the_update_nothing_lies_in_clear(old):
    folder, _ = old
    words = ("秀英", "门锁坏了", "还没写完", "文峰路", "1380000", "刘志愿", "health.mobility")
    before = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert any(word.encode() in before for word in words)
    store = open_store(folder)
    store.close()
    for file in folder.rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            if file.name == journal.NAME:
                rows = list(journal.rows(file))
                assert len(rows) >= 2, "what waits"
                held = b"".join(value for _, row in rows for value in row.values() if isinstance(value, bytes))
            assert not [word for word in words if word.encode() in held], file
            assert JPEG[:64] not in held, file


def test_what_the_old_version_saved_is_sealed_when_it_is_updated(old):
    folder, ids = old
    know_server_key(folder)
    store = open_store(folder)
    device = VerifyKey(unb64(keys.public_key(store.meta)))
    batch = store.sealed_batch(1_000_000, 100)
    assert [item.id for item in batch] == [ids["urgent"], ids["pending"]]
    for item in batch:
        assert item.key_id == "k1"
        device.verify(sealed_text(item.id, item.sealed), item.signature)
        assert SealedBox(SERVER).decrypt(item.sealed) == store.outbox.get(item.id).frozen
    photo = store.photos.of(ids["pending"])[0]
    sealed = store.photos.sealed(photo)
    device.verify(photo_text(photo.visit_id, photo.sha256, sealed.sealed), sealed.signature)
    assert SealedBox(SERVER).decrypt(sealed.sealed) == JPEG[:3000]
    store.close()


class Off(BaseException):
    """The phone is switched off."""


@pytest.mark.parametrize("nth", range(0, 90, 3))
def test_an_update_broken_off_anywhere_is_finished_at_the_next_start(old, monkeypatch, nth):
    folder, ids = old
    import caregiver_app.store.database as module

    class Dying(sqlite3.Connection):
        left = nth

        def execute(self, sql, *values):
            if sql != "ROLLBACK":
                Dying.left -= 1
                if Dying.left < 0:
                    raise Off
            return super().execute(sql, *values)

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(module.sqlite3, "connect", lambda *a, **k: connect(*a, factory=Dying, **k))
        with contextlib.suppress(Off):
            open_store(folder).close()
    store = open_store(folder)
    assert store.outbox.counts() == {"pending": 2, "sent": 2, "refused": 1}
    assert store.drafts.get(ids["draft"])["note"] == "还没写完"
    assert store.photos.read(store.photos.of(ids["draft"])[0].sha256) == JPEG[:4000]
    store.close()


def test_an_updated_phone_goes_on_where_the_old_one_stopped(old, tmp_path):
    folder, ids = old
    world = World(tmp_path / "other", elders=3)
    world.phone.stop()
    world.phone = Phone(open_store(folder), world.platform, world.line, world.rng)
    world.enrol()
    world.settle()
    states = world.states()
    assert states[ids["pending"]] == states[ids["urgent"]] == "sent"
    assert states[ids["refused"]] == "refused"
    visit = world.phone.open_draft(ids["draft"])
    assert visit.view().note == "还没写完"
    assert visit.save().visit_id == ids["draft"]
    world.phone.stop()


def test_the_next_versions_fixture_can_be_made(quick_path):
    ids = make(quick_path / "next")
    store = open_store(quick_path / "next")
    assert {row.id: row.state for row in store.outbox.all()} == {
        ids["sent"]: "sent",
        ids["sent_photo_pending"]: "sent",
        ids["refused"]: "refused",
        ids["pending"]: "pending",
        ids["urgent"]: "pending",
    }
    assert set(store.photos.counts()) == {"draft", "waiting", "pending", "sent", "refused"}
    assert store.drafts.ids() == [ids["draft"]]
    store.close()
