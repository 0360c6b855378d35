"""The PIN: what it closes, what wrong ones cost, and what is never lost with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from nacl.public import SealedBox

from caregiver_app.platform.fake import FakeScreenLock
from caregiver_app.presenters.lock import LOCKED, NEW, OPEN, WAITING, WIPED
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROL_AGAIN, ENROLLED
from caregiver_app.store.tries import FREE, LAST, WAITS_S, Tries
from caregiver_app.store.vault import CHEAP, Locked, Vault, measured_cost
from shared.ids import uuid7
from tests.fakes.server import SEALING
from tests.unit.caregiver_app.world import JPEG, World

PIN, WRONG = "314159", "271828"


class LockWorld(World):
    """A phone with a PIN that is cheap to try, and a server whose key is known."""

    def _open(self) -> Phone:
        return Phone(open_store(self.folder), self.platform, self.line, self.rng, cost=lambda: CHEAP)


@pytest.fixture
def world(tmp_path):
    made = LockWorld(tmp_path / "phone")
    made.enrol()
    assert made.phone.lock.state == NEW
    assert made.phone.lock.set_pin(PIN).state == OPEN
    yield made
    made.phone.stop()


def fail(world, times: int) -> None:
    """So many wrong tries, each waited for."""
    for _ in range(times):
        world.clock.advance(world.phone.lock.view().wait_s)
        world.phone.lock.unlock(WRONG)


def test_after_a_restart_nothing_of_elders_can_be_read_before_the_pin_is_right(world):
    held = world.phone.store.cache.all("elders")
    world.kill()
    assert world.phone.lock.state == LOCKED
    with pytest.raises(Locked):
        world.phone.today.view()
    with pytest.raises(Locked):
        world.phone.begin_visit(world.elder_ids[0])
    assert world.phone.store.meta.get("user") is None
    wrong = world.phone.lock.unlock(WRONG)
    assert (wrong.state, wrong.tries_left, bool(wrong.problem)) == (LOCKED, LAST - 1, True)
    assert world.phone.lock.unlock(PIN).state == OPEN
    assert world.phone.store.cache.all("elders") == held
    assert world.phone.lock.view().tries_left == LAST


def test_locking_forgets_what_the_screens_held_in_memory(world):
    assert world.phone.today.view().rows
    assert world.phone.lock.lock().state == LOCKED
    with pytest.raises(Locked):
        world.phone.today.view()
    assert world.phone._common._cached == {}
    world.phone.lock.unlock(PIN)
    assert world.phone.today.view().rows


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567", "12345a", "１２３４５６", "111111", "123456", "654321", "890123", "121212"]
)
def test_a_pin_that_cannot_be_one_or_is_guessed_first_is_not_taken_and_costs_no_try(world, pin):
    view = world.phone.lock.change_pin(PIN, pin)
    assert view.problem
    assert view.tries_left == LAST
    world.kill()
    assert world.phone.lock.unlock("").tries_left == LAST
    assert world.phone.lock.unlock(PIN).state == OPEN


def test_another_pin_opens_what_the_first_one_closed(world):
    assert world.phone.lock.change_pin(WRONG, "161803").problem
    assert not world.phone.lock.change_pin(PIN, "161803").problem
    world.kill()
    assert world.phone.lock.unlock(PIN).state == LOCKED
    assert world.phone.lock.unlock("161803").state == OPEN
    assert len(world.phone.today.view().rows) == 5


def test_waits_grow_from_the_fifth_wrong_try_and_neither_clock_nor_restart_shortens_them(world):
    world.kill()
    fail(world, FREE - 1)
    assert world.phone.lock.state == LOCKED
    view = world.phone.lock.unlock(WRONG)
    assert (view.state, view.wait_s) == (WAITING, WAITS_S[0])
    assert view.wait_until == world.phone._common.now() + timedelta(seconds=WAITS_S[0])
    world.clock.wrong = timedelta(days=400)
    world.kill()
    assert world.phone.lock.view().wait_s == WAITS_S[0]
    assert world.phone.lock.unlock(PIN).state == WAITING, "not even the right one, before its time"
    world.clock.advance(20)
    world.kill()
    assert world.phone.lock.view().wait_s == WAITS_S[0] - 20
    world.clock.reboot()
    world.clock.advance(10)
    world.kill()
    assert world.phone.lock.view().wait_s == WAITS_S[0] - 30
    for _ in range(5):
        world.clock.reboot()
        world.kill()
    assert world.phone.lock.view().wait_s == WAITS_S[0] - 30
    world.clock.advance(WAITS_S[0] - 30)
    assert world.phone.lock.state == LOCKED
    assert world.phone.lock.unlock(WRONG).wait_s == WAITS_S[1]
    world.clock.advance(WAITS_S[1])
    assert world.phone.lock.unlock(PIN).state == OPEN


def test_a_try_is_counted_before_it_is_made(world, monkeypatch):
    world.kill()

    def killed(self, pin):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "unlock_pin", killed)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                world.phone.lock.unlock(WRONG)
            world.kill()
    assert world.phone.lock.view().tries_left == LAST - 3


def test_a_removed_count_is_not_a_count_of_nothing(world):
    world.kill()
    (world.folder / "tries").unlink()
    view = world.phone.lock.view()
    assert (view.state, view.tries_left) == (WAITING, LAST - FREE)


def test_a_try_that_cannot_be_counted_is_not_made(world, monkeypatch):
    world.kill()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("caregiver_app.store.tries.os.fsync", full)
    assert world.phone.lock.unlock(PIN).problem
    assert world.phone.store.locked


def test_the_fifteenth_wrong_pin_drops_the_list_and_what_was_saved_stays_and_can_be_sent(world):
    saved = world.visit(0, photo=JPEG[:900])
    urgent = world.visit(1, urgent=True)
    done = world.phone.begin_visit(world.elder_ids[2])
    done.all_good()
    done.set_note("可以保存，还没有保存")
    done.add_photo(JPEG[:800])
    begun = world.phone.begin_visit(world.elder_ids[3])
    begun.add_photo(JPEG[:700])
    frozen = {row.id: row.frozen for row in world.phone.store.outbox.all()}
    world.kill()
    fail(world, LAST - 1)
    world.clock.advance(world.phone.lock.view().wait_s)
    view = world.phone.lock.unlock(WRONG)
    assert (view.state, view.tries_left) == (WIPED, 0)
    assert "3" in view.note
    assert "1" in view.note
    store = world.phone.store
    assert store.standing == ENROL_AGAIN
    assert store.cache.counts() == {"tag_hashes": 0}
    assert store.drafts.ids() == []
    assert {row.id for row in store.outbox.all()} == {saved, urgent, done.draft_id}
    assert {row.state for row in store.outbox.all()} == {"pending"}
    for again in range(2):
        batch = {item.id: item for item in store.sealed_batch(1_000_000, 100)}
        assert next(iter(batch)) == urgent
        for visit_id, bytes_ in frozen.items():
            assert SealedBox(SEALING).decrypt(batch[visit_id].sealed) == bytes_
        unsaved = json.loads(SealedBox(SEALING).decrypt(batch[done.draft_id].sealed))
        assert (unsaved["unsaved"], unsaved["note"]) == (True, "可以保存，还没有保存")
        assert unsaved["ended_at"] is not None
        photos = [photo for visit_id in batch for photo in store.photos.of(visit_id)]
        assert sorted(len(SealedBox(SEALING).decrypt(store.photos.sealed(one).sealed)) for one in photos) == [800, 900]
        assert {one.state for one in photos} == {"waiting"}
        if not again:
            world.kill()
            store = world.phone.store
            assert world.phone.lock.state == WIPED


def test_a_locked_phone_sends_what_was_saved_with_its_photos_and_a_call_for_help(world):
    saved = [world.visit(0, photo=JPEG[:900]), world.visit(1, urgent=True)]
    at = world.clock.now().isoformat()
    event = {"id": str(uuid7()), "kind": "sos", "at": at, "subject_id": None, "data": {"words": ""}}
    world.phone.lock.lock()
    world.phone.store.events.add(event["id"], "sos", json.dumps(event).encode(), urgent=True, at=at)
    world.kill()
    world.settle()
    assert world.phone.lock.state == LOCKED
    assert set(world.server.state.visits) == set(saved)
    assert list(world.server.state.photos.values()) == [JPEG[:900]]
    assert event["id"] in world.server.state.events
    assert world.states() == dict.fromkeys(saved, "sent")
    assert world.phone.lock.unlock(PIN).state == OPEN
    world.settle()
    row = world.phone.store.outbox.get(saved[0])
    assert (row.state, row.answer["status"], row.visit()["photos"] != []) == ("sent", "accepted", True)


def test_a_wiped_phone_delivers_everything_without_a_new_enrolment_and_goes_on_after_one(world):
    saved = world.visit(0, photo=JPEG[:900])
    draft = world.phone.begin_visit(world.elder_ids[2])
    draft.all_good()
    draft.add_photo(JPEG[:800])
    world.kill()
    world.phone.lock.forgot()
    world.settle()
    assert set(world.server.state.visits) == {saved, draft.draft_id}
    assert world.server.state.visits[draft.draft_id]["raw"]["unsaved"] is True
    assert sorted(map(len, world.server.state.photos.values())) == [800, 900]
    world.server.state.codes["second"] = "liu"
    world.code = "second"
    world.enrol()
    world.phone.lock.set_pin("161803")
    later = world.visit(1)
    world.settle()
    assert set(world.states().values()) == {"sent"}
    assert later in world.server.state.visits


def test_a_wipe_that_is_broken_off_is_finished_at_the_next_start(world, monkeypatch):
    world.visit(0)
    world.kill()
    fail(world, LAST - 1)
    world.clock.advance(world.phone.lock.view().wait_s)
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "wipe", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.phone.lock.unlock(WRONG)
    world.kill()
    assert world.phone.lock.state == WIPED
    assert world.phone.store.outbox.counts()["pending"] == 1


def test_after_a_new_enrolment_there_is_a_new_list_a_new_pin_and_the_old_outbox(world):
    saved = world.visit(0)
    world.kill()
    world.phone.lock.forgot()
    assert world.phone.lock.state == WIPED
    world.server.state.codes["second"] = "liu"
    world.code = "second"
    world.enrol()
    assert world.phone.lock.state == NEW
    assert world.phone.lock.set_pin("161803").state == OPEN
    assert len(world.phone.today.view().rows) == 5
    assert world.phone.store.standing == ENROLLED
    row = world.phone.store.outbox.get(saved)
    assert (row.state, row.frozen, row.is_sealed) == ("sent", None, True)
    assert (world.server.sealed, list(world.server.state.visits)) == (1, [saved])
    assert world.phone.outbox.view().sent


def test_the_store_cannot_be_opened_by_removing_its_lock(world):
    saved = world.visit(0)
    world.kill()
    (world.folder / "vault.json").unlink()
    world.kill()
    store = world.phone.store
    assert store.standing == ENROL_AGAIN
    assert store.meta.get("access_token") is None
    assert store.cache.all("elders") == []
    assert [row.id for row in store.outbox.all()] == [saved]


def test_files_taken_to_another_machine_open_nothing_and_one_that_comes_back_opens_again(world):
    saved = world.visit(0)
    world.phone.store.close()
    secrets = world.folder / "secrets"
    secrets.rename(world.folder / "elsewhere")
    other = open_store(world.folder)
    assert other.locked
    assert other.meta.get("private_key") is None
    with pytest.raises(Locked):
        other.meta.set(access_token="x")
    assert [item.id for item in other.sealed_batch(10**6, 9)] == [saved], "what is sealed is sent all the same"
    other.close()
    (world.folder / "elsewhere").rename(secrets)
    world.phone = world._open()
    assert world.phone.lock.unlock(PIN).state == OPEN
    assert len(world.phone.today.view().rows) == 5


def test_a_phone_whose_secret_is_gone_for_good_is_another_phone_after_enrolment(world):
    saved = world.visit(0)
    before = world.phone.store.meta.get("device_id")
    world.phone.store.close()
    (world.folder / "secrets" / "device").unlink()
    world.phone = world._open()
    assert world.phone.lock.state == WIPED
    world.server.state.codes["second"] = "liu"
    world.code = "second"
    world.enrol()
    assert world.phone.store.meta.get("device_id") not in (None, before)
    assert world.states() == {saved: "sent"}
    (visit,) = world.server.state.visits.values()
    assert visit["raw"]["device_id"] == before


def test_the_app_locks_itself_after_its_time_in_the_background_and_not_before(world):
    lock = world.phone.lock
    assert [choice.chosen for choice in lock.set_lock_after(1).lock_after] == [True, False, False, False]
    with pytest.raises(ValueError, match="2"):
        lock.set_lock_after(2)
    lock.away()
    world.clock.advance(59)
    world.clock.wrong = timedelta(days=3)
    assert lock.mind() == 1.0
    assert lock.back().state == OPEN
    assert lock.mind() is None
    lock.away()
    world.clock.advance(60)
    assert lock.back().state == LOCKED


def test_the_app_locks_itself_while_nobody_looks_at_it(world):
    lock, heard = world.phone.lock, []
    world.phone.subscribe(lambda: heard.append(lock.state))
    lock.away()
    assert lock.mind() == 300
    world.clock.advance(300)
    assert lock.mind() is None
    assert lock.state == LOCKED
    assert heard == [LOCKED]
    assert lock.back().state == LOCKED


def test_a_draft_survives_the_lock(world):
    visit = world.phone.begin_visit(world.elder_ids[0])
    visit.set_note("写到一半")
    world.phone.lock.lock()
    with pytest.raises(Locked):
        visit.view()
    world.phone.lock.unlock(PIN)
    assert visit.view().note == "写到一半"


def test_the_phones_own_lock_can_stand_in_for_the_pin(tmp_path):
    world = LockWorld(tmp_path / "phone")
    guard = FakeScreenLock(there=True)
    world.platform = replace(world.platform, screen_lock=guard)
    world.kill()
    world.enrol()
    views = []
    assert world.phone.lock.view().phone_offered
    guard.opens = False
    assert world.phone.lock.use_phone_lock(views.append)
    assert (views[-1].state, bool(views[-1].problem)) == (NEW, True)
    guard.opens = True
    world.phone.lock.use_phone_lock(views.append)
    assert (views[-1].state, views[-1].by_phone) == (OPEN, True)
    world.kill()
    assert world.phone.lock.view().by_phone
    assert world.phone.lock.unlock(PIN).state == LOCKED
    guard.opens = False
    world.phone.lock.unlock_by_phone(views.append)
    assert views[-1].state == LOCKED
    guard.opens = True
    world.phone.lock.unlock_by_phone(views.append)
    assert views[-1].state == OPEN
    assert world.phone.lock.set_pin(PIN).by_phone is False
    world.kill()
    assert world.phone.lock.unlock(PIN).state == OPEN
    world.phone.stop()


def test_a_broken_off_count_is_read_as_some_tries(tmp_path):
    (tmp_path / "tries").write_bytes(b'{"count": "x"}')
    assert Tries(tmp_path).count == FREE


def test_what_an_unlocking_costs_is_measured_and_never_nothing():
    ticks = iter((0.0, 0.1))
    assert measured_cost(lambda: next(ticks)).passes == 5
    slow = iter((0.0, 9.0, 10.0, 19.0, 20.0, 29.0))
    cost = measured_cost(lambda: next(slow))
    assert (cost.passes, cost.memory) == (2, 16 * 1024 * 1024)


def test_a_phone_that_goes_to_somebody_else_shows_nothing_of_the_former_holder_and_delivers_what_they_saved(world):
    before = world.phone.store.meta.get("device_id")
    saved = world.visit(0, photo=JPEG[:900])
    draft = world.phone.begin_visit(world.elder_ids[1])
    draft.all_good()
    world.phone.store.events.add("e1", "ladder_call", b'{"id":"e1"}', at="2026-11-03T09:00:00+08:00")
    world.code = world.server.add_visitor("chen", [world.server.state.elders[world.elder_ids[4]]])
    world.enrol()
    store = world.phone.store
    assert store.meta.get("device_id") != before
    assert world.phone.lock.state == NEW
    world.phone.lock.set_pin("161803")
    world.settle()
    assert [elder["id"] for elder in store.cache.all("elders")] == [world.elder_ids[4]]
    assert {row.id: (row.state, row.frozen) for row in store.outbox.all()} == {
        saved: ("sent", None),
        draft.draft_id: ("sent", None),
    }
    assert {world.server.state.visits[one]["user"] for one in (saved, draft.draft_id)} == {"liu"}
    assert list(world.server.state.photos.values()) == [JPEG[:900]]
    event = store.events.get("e1")
    assert (event.state, event.last_error) == ("refused", "another_holder")
    mine = world.visit(4)
    world.settle()
    assert world.server.state.visits[mine]["user"] == "chen"


def test_the_same_person_enrolling_again_keeps_everything(world):
    saved = world.visit(0)
    draft = world.phone.begin_visit(world.elder_ids[1])
    world.server.state.codes["second"] = "liu"
    world.code = "second"
    world.enrol()
    assert world.phone.lock.state == OPEN
    assert world.phone.drafts() == (draft.draft_id,)
    assert world.phone.store.outbox.get(saved).frozen


def test_a_visit_saved_before_the_phone_was_enrolled_survives_a_pin_forgotten_before_it_was_sent(tmp_path, monkeypatch):
    world = LockWorld(tmp_path / "phone")
    visit = world.phone.begin_visit(None, channel="phone")
    visit.set_urgent("ill", "")
    visit_id = visit.save().visit_id
    assert not world.phone.store.outbox.get(visit_id).is_sealed  # for whom?
    monkeypatch.setattr(world.phone.enrol, "_pull", lambda: None)  # the line breaks right after the enrolment
    world.enrol()
    assert world.phone.lock.set_pin(PIN).state == OPEN
    world.phone.lock.lock()
    world.phone.lock.forgot()
    assert world.states() == {visit_id: "pending"}
    world.settle()
    assert world.states() == {visit_id: "sent"}
    world.phone.stop()


def test_a_locked_phone_does_not_enrol_and_its_code_still_serves_once_it_is_unlocked(world):
    world.phone.lock.lock()
    asked = world.server.requests
    refused = world.phone.enrol.submit("https://yuetan.test", world.code)
    assert (refused.done, refused.problem) == (False, "应用锁上了。请先解锁，再登记一次，登记码仍然有效")
    assert world.server.requests == asked
    world.phone.lock.unlock(PIN)
    assert world.phone.enrol.submit("https://yuetan.test", world.code).done


def test_a_phone_that_locks_itself_while_it_enrols_says_so_and_enrols_again_with_the_same_code(world):
    send = world.phone.http.send

    def lock_meanwhile(base_url, request):
        answer = send(base_url, request)
        if request.path.endswith("/devices/enrol"):
            world.phone.lock.lock()
        return answer

    world.phone.http.send = lock_meanwhile
    assert not world.phone.enrol.submit("https://yuetan.test", world.code).done
    world.phone.http.send = send
    world.phone.lock.unlock(PIN)
    assert world.phone.enrol.submit("https://yuetan.test", world.code).done
    assert world.phone.store.standing == ENROLLED
