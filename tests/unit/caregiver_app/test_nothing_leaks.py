"""Nothing of people can be read in any file of the app's home, at any time, nor in anything it logs."""

from __future__ import annotations

import base64
import json
import logging
import threading
from pathlib import Path

import pytest

from caregiver_app.store.vault import Locked
from shared.ids import uuid7
from tests.unit.caregiver_app.test_lock import PIN, WRONG, LockWorld
from tests.unit.caregiver_app.world import JPEG

NOTE, SOS_WORDS, URGENT_WORDS = "她说女儿三年没有回来", "倒在厨房门口", "左腿动不了"
VISITOR = "liu"


def personal(world: LockWorld) -> dict[str, bytes]:
    """What must not be found, by name."""
    found = {"note": NOTE.encode(), "sos": SOS_WORDS.encode(), "urgent": URGENT_WORDS.encode(), "photo": JPEG[:64]}
    for elder in world.server.state.elders.values():
        for key in ("name", "address", "phone", "notes", "short_no"):
            if elder[key]:
                found[f"{key} {elder[key]}"] = elder[key].encode()
        found[f"lat {elder['lat']}"] = str(elder["lat"]).encode()
    for name in ("health.mobility", "penicillin", "青霉素", PIN, WRONG, "fallen"):
        found[name] = name.encode()
    meta = world.phone.store.meta
    for key in ("access_token", "refresh_token", "private_key"):
        if meta.get(key):
            found[key] = meta.get(key).encode()
    return found


def search(folder: Path, wanted: dict[str, bytes]) -> list[tuple[str, str]]:
    """(file, what) of everything that can be read."""
    hits = []
    for file in folder.rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            for name, secret in wanted.items():
                if secret in held or base64.b64encode(secret)[:-4] in held:
                    hits.append((str(file.relative_to(folder)), name))
    return hits


@pytest.fixture
def world(tmp_path):
    made = LockWorld(tmp_path / "phone", elders=12)
    made.enrol()
    made.phone.lock.set_pin(PIN)
    yield made
    made.phone.stop()


def live(world: LockWorld):
    """A phone's life, with a pause wherever something new lies on the disk."""
    store = world.phone.store
    yield "enrolled"
    visit = world.phone.begin_visit(world.elder_ids[0])
    visit.set_note(NOTE)
    visit.add_photo(JPEG[:5000])
    visit.answer("health.mobility", "poor")
    yield "draft"
    visit.all_good()
    visit.save()
    yield "saved"
    world.visit(1, outcome="not_home")
    fallen = world.phone.begin_visit(world.elder_ids[2])
    fallen.set_urgent("fallen", URGENT_WORDS)
    fallen.save()
    event = {"id": str(uuid7()), "kind": "sos", "at": None, "subject_id": None, "data": {"words": SOS_WORDS}}
    store.events.add(event["id"], "sos", json.dumps(event, ensure_ascii=False).encode(), urgent=True, at="now")
    yield "urgent"
    world.server.refuse.add(world.phone.begin_visit(world.elder_ids[3]).draft_id)
    world.visit(3)
    world.settle()
    yield "sent"
    world.phone.lock.lock()
    with pytest.raises(Locked):
        world.phone.today.view()
    yield "locked"
    world.phone.lock.unlock(WRONG)
    world.phone.lock.unlock(PIN)
    world.server.state.paired["liu"] -= set(world.elder_ids[:4])
    world.phone.outbox.send_now()
    world.settle()
    yield "unpaired"
    begun = world.phone.begin_visit(world.elder_ids[6])
    begun.set_note(NOTE)
    world.phone.store.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    yield "written back"
    world.kill()
    world.phone.lock.unlock(PIN)
    yield "restarted"
    world.kill()
    world.phone.lock.forgot()
    world.settle()
    yield "wiped"


def test_no_file_of_the_apps_home_ever_shows_anything_of_people(world):
    wanted = personal(world)
    assert len(wanted) > 50
    stages = []
    for stage in live(world):
        stages.append(stage)
        assert search(world.folder, wanted) == [], stage
    assert stages[-1] == "wiped"


def test_the_search_would_find_what_is_not_closed(tmp_path, monkeypatch):
    monkeypatch.setattr("caregiver_app.store.vault.aead_close", lambda clear, *rest: clear)
    monkeypatch.setattr("caregiver_app.store.vault.aead_open", lambda closed, *rest: closed)
    world = LockWorld(tmp_path / "phone", elders=12)
    world.enrol()
    next(stages := live(world))
    next(stages)
    assert {name for _, name in search(world.folder, personal(world))} >= {"note", "photo", "health.mobility"}
    world.phone.stop()


def test_nothing_of_people_is_logged_whatever_goes_wrong(world, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    wanted = personal(world)
    for fault, chance in {"lost": 0.2, "unanswered": 0.2, "stranger": 0.2, "busy": 0.2}.items():
        setattr(world.line, fault, chance)
    for _ in live(world):
        runner = world.phone.runner
        runner._engine.step()
    for name in ("lost", "unanswered", "stranger", "busy"):
        setattr(world.line, name, 0.0)
    # The sync thread, with a store that fails under it.
    world.phone.store.database._connection.execute("PRAGMA query_only = ON")
    world.phone.engine.kick()
    thread = threading.Thread(target=world.phone.runner._run)
    thread.start()
    world.phone.runner.stop()
    thread.join()
    world.phone.store.database._connection.execute("PRAGMA query_only = OFF")
    out = capfd.readouterr()
    said = "\n".join([*(record.getMessage() for record in caplog.records), caplog.text, out.out, out.err])
    assert [name for name, secret in wanted.items() if secret.decode("latin-1") in said] == []
    assert [name for name, secret in wanted.items() if name != "photo" and secret.decode() in said] == []
