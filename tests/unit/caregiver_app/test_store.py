"""The store: one writer, whole transactions, and files from other versions."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from caregiver_app.store import open_store
from caregiver_app.store.schema import STEPS, StoreTooNew, statements
from caregiver_app.store.store import FILE


@pytest.fixture
def store(tmp_path):
    made = open_store(tmp_path)
    yield made
    made.close()


def test_a_commit_is_synced_to_the_disk(store):
    assert store.database.row("PRAGMA journal_mode") == ("wal",)
    assert store.database.row("PRAGMA synchronous") == (2,)


def test_a_store_from_the_future_is_not_touched(tmp_path):
    open_store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    with pytest.raises(StoreTooNew):
        open_store(tmp_path)


def test_opening_again_keeps_everything(tmp_path):
    first = open_store(tmp_path)
    first.meta.set(language="en")
    first.outbox.add("v1", "e1", b"{}", urgent=False, at="2026-11-03T09:00:00+08:00")
    first.close()
    second = open_store(tmp_path)
    assert second.meta.get("language") == "en"
    assert second.outbox.counts()["pending"] == 1
    second.close()


def test_a_migration_that_breaks_off_is_done_again_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("caregiver_app.store.schema.STEPS", (*STEPS, "CREATE TABLE more (x);\nCREATE TABLE more (x);"))
    open_store_fails(tmp_path)
    connection = sqlite3.connect(tmp_path / FILE)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
    connection.close()


def open_store_fails(folder):
    with pytest.raises(sqlite3.OperationalError):
        open_store(folder)


def test_a_script_is_split_at_whole_statements():
    assert statements("CREATE TABLE a (x); -- one; two\nCREATE TABLE b (\n y\n);\n")[0].startswith("CREATE TABLE a")


def test_an_inner_transaction_commits_with_the_outer_one_or_not_at_all(store):
    def change_and_fail() -> None:
        with store.database.transaction():
            store.meta.set(language="en")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert store.meta.get("language") is None


def test_listeners_hear_of_changes_after_they_are_on_disk_and_of_nothing_else(store):
    heard = []
    end = store.database.listen(lambda: heard.append(store.meta.get("language")))
    store.meta.set(language="en")
    store.meta.set(language="en")
    store.meta.get("language")
    end()
    store.meta.set(language="zh")
    assert heard == ["en"]


def test_two_threads_write_without_losing_anything(store):
    def write(name: str) -> None:
        for number in range(50):
            store.outbox.add(f"{name}{number}", None, b"{}", urgent=False, at="2026-11-03T09:00:00+08:00")

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.outbox.counts()["pending"] == 100


def test_one_id_is_kept_once(store):
    store.outbox.add("v", None, b"{}", urgent=False, at="2026-11-03T09:00:00+08:00")
    with pytest.raises(sqlite3.IntegrityError):
        store.save_visit("v", None, b"{}", urgent=False, at="2026-11-03T09:00:00+08:00")


def test_only_sent_rows_can_be_forgotten(store):
    store.outbox.add("v", None, b"{}", urgent=False, at="2026-11-03T09:00:00+08:00")
    store.outbox.forget_sent("v")
    store.answered([{"id": "v", "status": "rejected", "error": {"code": "x"}}], at="2026-11-03T01:00:00+00:00")
    store.outbox.forget_sent("v")
    assert store.outbox.get("v").state == "refused"


def test_results_for_strangers_and_nonsense_are_ignored(store):
    store.outbox.add("v", None, b"{}", urgent=False, at="2026-11-03T09:00:00+08:00")
    assert store.answered([{"id": "w", "status": "accepted"}, {"status": "accepted"}], at="2026") == 0
    assert store.outbox.get("v").state == "pending"


def test_files_that_no_row_names_are_swept_at_start(tmp_path):
    store = open_store(tmp_path)
    kept = store.photos.add("v", b"\xff\xd8one")
    (store.photos.folder / "half.part").write_bytes(b"x")
    (store.photos.folder / f"{'0' * 64}.jpg").write_bytes(b"x")
    store.close()
    store = open_store(tmp_path)
    assert [file.name for file in store.photos.folder.iterdir()] == [f"{kept}.jpg"]
    store.close()


def test_one_picture_of_two_visits_is_kept_until_both_are_gone(store):
    digest = store.photos.add("v", b"\xff\xd8one")
    store.photos.add("w", b"\xff\xd8one")
    store.photos.remove("v", digest)
    assert store.photos.read(digest) == b"\xff\xd8one"
    store.photos.remove("w", digest)
    assert store.photos.read(digest) is None


def test_a_spoiled_photo_file_is_not_taken_for_the_photo(store):
    digest = store.photos.add("v", b"\xff\xd8one")
    store.photos.path(digest).write_bytes(b"\xff\xd8two")
    assert store.photos.read(digest) is None


PAGE = {
    "cursor": "c1",
    "has_more": False,
    "elders": [{"id": "e1", "version": 1}, {"id": "e2", "version": 1}, {"version": 3}, "nonsense"],
    "tag_hashes": {"h1": "e1", "h2": None},
    "alerts": [{"id": "a1", "elder": {"id": "e1"}}],
    "forms": [{"id": "f", "version": 1}],
    "account": {"free_minutes": 60, "entries": [{"id": "p1", "minutes": 60}]},
    "config": {"min_app": "0"},
}


def test_a_page_with_odd_items_keeps_the_good_ones(store):
    store.cache.apply(PAGE, first=True, whole=True, at="now")
    assert store.cache.counts() == {"alerts": 1, "elders": 2, "entries": 1, "forms": 1, "tag_hashes": 2}
    assert store.cache.tag_owner("h2") == (True, None)
    assert store.cache.tag_owner("h3") == (False, None)
    assert store.meta.get("account") == {"free_minutes": 60}


def test_changes_add_and_remove_and_keep_old_forms_and_entries(store):
    store.cache.apply(PAGE, first=True, whole=True, at="now")
    change = {
        "cursor": "c2",
        "removed_elder_ids": ["e1"],
        "elders": [],
        "forms": [{"id": "f", "version": 2}],
        "people": [{"id": "p", "name": "x"}],
        "account": {"free_minutes": 90, "entries": [{"id": "p2", "minutes": 30}]},
    }
    store.cache.apply(change, first=False, whole=False, at="now")
    counts = store.cache.counts()
    assert counts == {"elders": 1, "entries": 2, "forms": 2, "people": 1, "tag_hashes": 1}
    store.cache.apply(
        {"cursor": "c3", "removed": {"people": ["p"], "forms": ["f/1"]}, "account": None},
        first=False,
        whole=False,
        at="now",
    )
    assert store.cache.counts() == {"elders": 1, "forms": 1, "tag_hashes": 1}
    assert store.meta.get("account") is None


def test_an_elder_who_goes_takes_tags_and_alerts_along(store):
    store.cache.apply({**PAGE, "has_more": True}, first=True, whole=True, at="now")
    store.cache.apply({"cursor": "c2", "removed_elder_ids": ["e1"]}, first=False, whole=True, at="now")
    assert [elder["id"] for elder in store.cache.all("elders")] == ["e2"]
    assert store.cache.all("alerts") == []
    assert store.cache.tag_owner("h1") == (False, None)
    assert store.cache.tag_owner("h2") == (True, None)


def test_a_resolved_alert_is_over(store):
    store.cache.apply(PAGE, first=True, whole=True, at="now")
    over = {"cursor": "c2", "alerts": [{"id": "a1", "elder": {"id": "e1"}, "state": "resolved"}]}
    store.cache.apply(over, first=False, whole=False, at="now")
    assert store.cache.all("alerts") == []


def test_a_first_page_throws_away_what_an_older_pull_had_begun(store):
    begun = {**PAGE, "has_more": True, "elders": [{"id": "old", "version": 1}]}
    store.cache.apply(begun, first=True, whole=True, at="now")
    assert store.cache.counts() == {"tag_hashes": 0}
    store.cache.apply(PAGE, first=True, whole=True, at="now")
    assert [elder["id"] for elder in store.cache.all("elders")] == ["e1", "e2"]
    assert store.meta.get("incoming_cursor") is None
