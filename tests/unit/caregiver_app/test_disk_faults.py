"""Every operation of one visit's way into the store fails, once and for ever: no visit lost, none half there.

SQLite's own statements and the app's own file operations are counted and made to fail one by one; what SQLite does
inside a statement is tried with a real limit on the size of files, in a process of its own.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store.database import DiskTrouble
from tests.unit.caregiver_app.world import JPEG, World

NOTE, PHOTO = "老人说腿疼", JPEG[:3000]


class Disk:
    """Counts operations, and fails the nth: once, or from then on until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done, self.at, self.for_ever = 0, None, False
        for name in ("open", "fsync"):
            monkeypatch.setattr(f"caregiver_app.store.files.os.{name}", self._failing(getattr(os, name)))
        monkeypatch.setattr(Path, "replace", self._failing(Path.replace))

    def arm(self, at: int | None, *, for_ever: bool) -> None:
        self.done, self.at, self.for_ever = 0, at, for_ever

    def fails(self) -> bool:
        """Count one operation → whether it fails."""
        self.done += 1
        return self.at is not None and (self.done > self.at if self.for_ever else self.done == self.at + 1)

    def _failing(self, real):
        def work(*args, **kwargs):
            if self.fails():
                raise OSError(errno.EIO, "Input/output error")
            return real(*args, **kwargs)

        return work


class Failing:
    """A connection on that disk."""

    def __init__(self, real: sqlite3.Connection, disk: Disk) -> None:
        self.real, self.disk = real, disk

    def execute(self, sql: str, values=()):
        if self.disk.fails():
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return self.real.execute(sql, values)

    def __getattr__(self, name: str):
        return getattr(self.real, name)


@pytest.fixture
def enrolled(quick_path):
    """A world whose enrolled store can be copied."""
    world = World(quick_path / "first", elders=2)
    world.enrol()
    world.phone.store.close()
    yield world
    world.phone.stop()


def live(phone: Phone, elder_id: str) -> dict[str, object]:
    """One visit's way in, as a stubborn visitor goes it → what the app said was done."""
    said: dict[str, object] = {"saved": False, "note": False, "photo": False}

    def tried(work) -> bool:
        try:
            return bool(work())
        except OSError:
            return False

    visit = None
    for _ in range(2):
        try:
            visit = phone.begin_visit(elder_id)
            break
        except OSError:
            continue
    if visit is None:
        return said
    said["id"] = visit.draft_id
    for name, work in (
        ("good", lambda: visit.all_good().all_good),
        ("note", lambda: visit.set_note(NOTE).note == NOTE),
        ("photo", lambda: visit.add_photo(PHOTO).photos),
    ):
        said[name] = tried(work) or tried(work)
    try:
        saved = visit.save()
    except (OSError, ValueError):
        try:
            saved = visit.save()
        except (OSError, ValueError):
            return said
    said["saved"] = saved.visit_id == visit.draft_id
    return said


def check(phone: Phone, said: dict[str, object]) -> None:
    """What was said is true after the app was started anew."""
    store = phone.store
    assert store.database.row("PRAGMA integrity_check") == ("ok",)
    if "id" not in said:
        assert store.outbox.all() == []
        return
    visit_id = str(said["id"])
    row, draft = store.outbox.get(visit_id), store.drafts.get(visit_id)
    assert (row is None) != (draft is None), "in exactly one place"
    assert said["saved"] == (row is not None)
    kept = draft if row is None else row.visit()
    if said["note"]:
        assert kept["note"] == NOTE
    if said["photo"]:
        (digest,) = kept["photos"]
        assert store.photos.read(digest) == PHOTO
        (photo,) = store.photos.of(visit_id)
        assert photo.state == ("draft" if row is None else "waiting")
        assert store.photos.sealed(photo) is not None
    if row is not None:
        assert row.is_sealed
    assert store.photos.sweep() == 0


@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "for ever"])
def test_every_operation_of_a_visits_way_in_may_fail(enrolled, quick_path, monkeypatch, for_ever):
    world, disk = enrolled, Disk(monkeypatch)
    outcomes, at = set(), 0
    while True:
        folder = quick_path / f"{at}"
        shutil.copytree(quick_path / "first", folder)
        disk.arm(None, for_ever=False)
        phone = Phone(open_store(folder), world.platform, world.line, world.rng)
        phone.store.database._connection = Failing(phone.store.database._connection, disk)
        disk.arm(at, for_ever=for_ever)
        said = live(phone, world.elder_ids[0])
        reached = disk.done > at
        disk.arm(None, for_ever=False)
        phone.store.close()
        phone = Phone(open_store(folder), world.platform, world.line, world.rng)
        check(phone, said)
        outcomes.add((said["saved"], said["photo"]))
        if not said["saved"] and "id" in said:
            # The disk is well again: the draft is still there to be saved.
            visit = phone.open_draft(said["id"])
            visit.all_good()
            visit.save()
            assert phone.store.outbox.get(said["id"]) is not None
        phone.store.close()
        shutil.rmtree(folder)
        if not reached:
            break
        at += 1
    assert at > 60, "so many operations were failed"
    assert outcomes >= ({(True, True)} if not for_ever else {(True, True), (False, False), (False, True)})


def fill(phone: Phone) -> None:
    for number in range(1000):
        phone.store.events.add(f"e{number}", "x", b"x" * 1000, at="now")


def test_a_full_disk_is_said_and_what_was_there_stays(tmp_path):
    world = World(tmp_path / "phone")
    world.enrol()
    (pages,) = world.phone.store.database.row("PRAGMA page_count")
    world.phone.store.database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskTrouble, match="full"):
        fill(world.phone)
    assert world.phone.today.view().badge.state == "disk"
    world.phone.store.database.rows("PRAGMA max_page_count = 100000")
    world.visit(0)
    assert world.phone.today.view().badge.state != "disk"
    world.phone.stop()


CHILD = """
import json, resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from tests.unit.caregiver_app.world import World
from tests.unit.caregiver_app.test_disk_faults import live
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store

folder, out = Path(sys.argv[1]), []
world = World(folder / "first", elders=2)
world.enrol()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
for step in range(int(sys.argv[2])):
    largest = max(file.stat().st_size for file in (folder / "first").rglob("*") if file.is_file())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + step * 1709, hard))
    said = live(world.phone, world.elder_ids[step % 2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    out.append(said)
    if not said["saved"] and "id" in said:
        world.phone.store.discard_draft(said["id"])
    elif step % 3 == 0:
        world.kill()
    (folder / "said.json").write_text(json.dumps(out))
"""


def test_a_file_that_may_not_grow_stops_writes_in_their_middle_and_loses_nothing(tmp_path):
    """RLIMIT_FSIZE: the kernel itself refuses, somewhere inside SQLite's writes."""
    root = Path(__file__).parents[3]
    subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), "60"], check=True, cwd=root, env={**os.environ, "PYTHONPATH": "."}
    )
    said = json.loads((tmp_path / "said.json").read_text())
    saved = {one["id"] for one in said if one["saved"]}
    assert 5 < len(saved) < len(said), "some were stopped, some were not"
    store = open_store(tmp_path / "first")
    assert store.database.row("PRAGMA integrity_check") == ("ok",)
    rows = {row.id: row for row in store.outbox.all()}
    assert set(rows) == saved
    for one in said:
        if one["saved"] and one["photo"]:
            (digest,) = rows[one["id"]].visit()["photos"]
            assert store.photos.read(digest) == PHOTO
    store.close()
