"""The engine against a server that keeps the contract: each kind of trouble has its own way out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from caregiver_app.store.store import ENROL_AGAIN, ENROLLED, REVOKED
from caregiver_app.sync.http import NetworkError, Response
from tests.unit.caregiver_app.world import JPEG, URL, World


def test_enrolling_brings_the_list_and_the_tags(world: World):
    assert [row.id for row in world.phone.today.view().rows] != []
    assert len(world.phone.today.view().rows) == 5
    assert world.phone.store.cache.counts()["tag_hashes"] == 5
    assert world.phone.settings.view().who == "liu"


def test_a_list_in_pages_replaces_the_copy_only_when_it_is_whole(tmp_path):
    world = World(tmp_path, elders=7, page=3)
    world.enrol()
    world.server.state.paired["liu"] -= {world.elder_ids[0]}
    world.phone.store.meta.set(cursor=None)
    world.phone.engine.kick()
    world.phone.engine.step()
    assert len(world.phone.today.view().rows) == 7
    world.kill()
    world.settle()
    assert sorted(row.id for row in world.phone.today.view().rows) == sorted(world.elder_ids[1:])


def test_only_changes_come_and_the_elder_who_is_no_longer_mine_goes(world: World):
    world.server.touch(world.elder_ids[2])
    world.server.state.elders[world.elder_ids[2]]["notes"] = "new"
    world.server.state.paired["liu"] -= {world.elder_ids[4]}
    world.phone.outbox.send_now()
    world.settle()
    assert world.phone.elder.view(world.elder_ids[2]).notes == "new"
    assert world.phone.elder.view(world.elder_ids[4]) is None
    assert world.phone.store.cache.counts()["tag_hashes"] == 4


def test_an_unknown_cursor_starts_the_pull_anew(world: World):
    world.server.state.marks.clear()
    world.phone.outbox.send_now()
    world.settle()
    assert len(world.phone.today.view().rows) == 5


def test_what_the_server_worded_comes_again_in_the_language_that_was_chosen(world: World):
    def notes() -> str:
        world.settle()
        return world.phone.elder.view(world.elder_ids[2]).notes

    world.server.state.elders[world.elder_ids[2]]["notes"] = "worded anew, and no newer than before"
    world.phone.settings.set_language("zh")
    world.phone.outbox.send_now()
    assert notes() == ""
    world.phone.settings.set_language("en")
    assert notes() == "worded anew, and no newer than before"


def test_a_saved_visit_arrives_and_the_phone_says_sent_only_then(world: World):
    visit_id = world.visit()
    row = next(row for row in world.phone.today.view().rows if row.id == world.elder_ids[0])
    waiting = world.phone.outbox.view().waiting
    assert (row.due, waiting[0].state) in (("saved", "pending"), ("done", "pending"))
    assert world.phone.outbox.view().sent == ()
    world.settle()
    assert list(world.server.state.visits) == [visit_id]
    assert world.phone.outbox.view().sent[0].id == visit_id
    assert world.phone.outbox.view().badge.state == "ok"


def test_the_server_gets_the_very_bytes_that_were_frozen(world: World):
    visit_id = world.visit()
    frozen = world.phone.store.outbox.get(visit_id).frozen
    world.settle()
    assert world.server.state.visits[visit_id]["raw"] == json.loads(frozen)
    assert world.server.state.visits[visit_id]["answer"]["flags"] == []


def test_a_lost_reply_is_answered_by_the_same_visit_again(world: World):
    visit_id = world.visit()
    world.line.unanswered = 1.0
    world.phone.engine.step()
    assert world.states() == {visit_id: "pending"}
    world.line.unanswered = 0.0
    world.settle()
    assert world.states() == {visit_id: "sent"}
    assert world.phone.store.outbox.get(visit_id).answer["status"] == "duplicate"


def test_an_urgent_visit_goes_first_and_does_not_wait_out_a_backoff(world: World):
    ids = [world.visit(n) for n in range(3)]
    world.line.down = True
    for _ in range(12):
        world.clock.advance(world.phone.engine.step() or 0)
    world.line.down = False
    urgent = world.visit(4, urgent=True)
    assert world.phone.store.outbox.pending(10)[0].id == urgent
    world.phone.engine.step()  # new tokens, the old ones ran out while it waited
    world.phone.engine.step()
    assert world.states()[urgent] == "sent"
    world.settle()
    assert set(world.server.state.visits) == {*ids, urgent}


def test_waits_grow_and_a_success_ends_them(world: World):
    world.visit()
    world.line.down = True
    waits = []
    for _ in range(12):
        wait = world.phone.engine.step()
        waits.append(wait)
        world.clock.advance(wait)
    assert waits[0] <= 2
    assert 150 <= waits[-1] <= 300
    assert world.phone.outbox.view().badge.state == "offline"
    world.line.down = False
    world.settle()
    assert world.phone.outbox.view().badge.state == "ok"


def test_retry_after_is_honoured_even_if_the_user_is_impatient(world: World):
    world.visit()
    world.line.busy = 1.0
    wait = world.phone.engine.step()
    assert 3 <= wait <= 4
    world.phone.outbox.send_now()
    assert not world.phone.engine.ready()
    world.line.busy = 0.0
    world.clock.advance(wait)
    world.settle()
    assert not world.busy()


def test_somebody_else_who_answers_is_not_believed(world: World):
    visit_id = world.visit()
    world.line.stranger = 1.0
    assert world.phone.engine.step() > 0
    assert world.states() == {visit_id: "pending"}
    assert world.phone.engine.status.code == "odd"


def test_a_refused_visit_is_kept_and_shown_and_the_others_go_on(world: World):
    bad, good = world.visit(0), world.visit(1)
    world.server.refuse.add(bad)
    world.settle()
    assert world.states() == {bad: "refused", good: "sent"}
    assert "it cannot be read" in world.phone.outbox.view().refused[0].detail
    assert world.phone.outbox.view().badge.state == "refused"
    world.server.refuse.clear()
    world.phone.outbox.try_again(bad)
    world.settle()
    assert world.states() == {bad: "sent", good: "sent"}


def test_a_visit_that_the_server_stumbles_over_blocks_nobody(world: World):
    ids = [world.visit(n) for n in range(12)]
    urgent = world.visit(3, urgent=True)
    world.server.poison |= {ids[4], urgent}
    for _ in range(150):
        world.clock.advance(world.phone.engine.step() or 0)
    assert {i for i, state in world.states().items() if state == "pending"} == {ids[4], urgent}
    world.server.poison.clear()
    world.settle()
    assert set(world.states().values()) == {"sent"}


def test_a_batch_that_is_too_large_is_halved(world: World, monkeypatch):
    monkeypatch.setattr("tests.fakes.server.MAX_BATCH", 3)
    for n in range(10):
        world.visit(n)
    world.settle()
    assert set(world.states().values()) == {"sent"}
    assert world.server.batches[0] == 10
    assert min(world.server.batches) <= 3


def test_one_visit_that_is_too_large_alone_is_refused(world: World, monkeypatch):
    monkeypatch.setattr("tests.fakes.server.MAX_BODY", 100)
    visit_id = world.visit()
    world.settle()
    assert world.states() == {visit_id: "refused"}


def test_an_expired_token_is_refreshed_without_anybody_noticing(world: World):
    world.clock.advance(7200)
    visit_id = world.visit()
    world.settle()
    assert world.states() == {visit_id: "sent"}


def test_a_token_the_server_forgot_is_refreshed_too(world: World):
    world.server.state.tokens.clear()
    visit_id = world.visit()
    world.settle()
    assert world.states() == {visit_id: "sent"}


def test_lost_replies_to_refreshes_strand_nobody(world: World):
    visit_id = world.visit()
    for _ in range(4):
        world.clock.advance(7200)
        world.line.unanswered = 1.0
        world.phone.engine.step()
        world.line.unanswered = 0.0
    world.settle()
    assert world.phone.store.standing == ENROLLED
    assert world.states() == {visit_id: "sent"}


def test_weeks_offline_and_a_clock_days_off_do_not_lock_the_phone_out(world: World):
    world.clock.advance(40 * 86400)
    world.clock.reboot()
    world.clock.wrong = timedelta(days=-3)
    visit_id = world.visit()
    world.settle()
    assert world.states() == {visit_id: "sent"}
    assert world.phone.store.meta.get("clock")["offset_ms"] == pytest.approx(3 * 86400_000, abs=1000)


def test_an_unknown_device_asks_for_enrolment_and_the_outbox_waits_and_goes_on(world: World):
    visit_id = world.visit()
    world.server.state.devices.clear()
    world.server.state.tokens.clear()
    world.settle()
    assert world.phone.store.standing == ENROL_AGAIN
    view = world.phone.enrol.view()
    assert (view.needed, view.again, view.waiting) == (True, True, 1)
    world.enrol()
    world.settle()
    assert world.states() == {visit_id: "sent"}


def test_a_used_refresh_token_asks_for_enrolment(world: World):
    device = world.server.state.devices[world.phone.store.meta.get("device_id")]
    device.generation = 9
    world.server.state.tokens.clear()
    world.visit()
    world.settle()
    assert world.phone.store.standing == ENROL_AGAIN


def test_a_revoked_device_forgets_its_elders_and_sends_its_outbox_sealed(world: World):
    visit_id = world.visit()
    draft = world.phone.begin_visit(world.elder_ids[1])
    world.server.state.devices[world.phone.store.meta.get("device_id")].revoked = True
    world.settle()
    assert world.phone.store.standing == REVOKED
    assert world.phone.today.view().rows == ()
    assert world.phone.store.cache.counts() == {"tag_hashes": 0}
    assert world.states() == {visit_id: "sent"}
    assert world.server.sealed == 1
    assert world.phone.drafts() == (draft.draft_id,)
    assert world.phone.outbox.view().badge.state == "revoked"


def test_a_wrong_code_is_told_and_changes_nothing(tmp_path):
    world = World(tmp_path)
    view = world.phone.enrol.submit(URL, "wrong")
    assert (view.done, view.problem != "") == (False, True)
    world.line.down = True
    assert world.phone.enrol.submit(URL, world.code).problem != ""
    world.line.down = False
    world.enrol()


def test_a_lost_reply_to_the_enrolment_is_repaired_by_the_same_code(tmp_path):
    world = World(tmp_path)
    world.line.unanswered = 1.0
    assert not world.phone.enrol.submit(URL, world.code).done
    world.line.unanswered = 0.0
    world.enrol()
    assert len(world.server.state.devices) == 1


def test_a_restored_server_gets_everything_again(world: World):
    backup = world.server.backup()
    ids = {world.visit(n, photo=JPEG[: 1000 + n]) for n in range(4)}
    world.settle()
    world.server.restore(backup)
    world.phone.outbox.send_now()
    world.settle()
    assert set(world.server.state.visits) == ids
    assert set(world.states().values()) == {"sent"}
    assert len(world.server.state.photos) == 4
    assert world.phone.store.photos.counts() == {"sent": 4}


def test_sent_visits_are_forgotten_after_sixty_days_and_waiting_ones_never(world: World):
    old = world.visit(0, photo=JPEG[:900])
    world.settle()
    refused = world.visit(1)
    world.server.refuse.add(refused)
    world.settle()
    world.clock.advance(59 * 86400)
    world.settle()
    assert world.states()[old] == "sent"
    world.clock.advance(2 * 86400)
    world.settle()
    assert world.states() == {refused: "refused"}
    assert list(world.phone.store.photos.folder.iterdir()) == []


def test_photos_go_last_in_parts_and_go_on_where_the_line_broke(world: World):
    visit_id = world.visit(photo=JPEG[:300_000])
    while not world.server.state.photos:
        world.phone.engine.step()
    world.line.unanswered = 1.0
    world.clock.advance(world.phone.engine.step())
    world.line.unanswered = 0.0
    world.kill()
    world.settle()
    ((photo, data),) = world.server.state.photos.items()
    assert photo[0] == visit_id
    assert data == JPEG[:300_000]
    assert world.phone.store.photos.counts() == {"sent": 1}
    methods = [request.method for request in world.line.sent if "/photos/" in request.path]
    assert "HEAD" in methods


def test_a_photo_whose_file_is_gone_is_said_to_be_lost(world: World):
    visit_id = world.visit(photo=JPEG[:500])
    photo = world.phone.store.photos.of(visit_id)[0]
    world.phone.store.photos.path(photo.sha256).unlink()
    world.phone.store.photos.sealed_path(visit_id, photo.sha256).unlink()
    world.settle()
    assert world.phone.store.photos.of(visit_id)[0].state == "refused"
    assert world.states() == {visit_id: "sent"}


def test_an_app_too_old_still_sends(world: World, monkeypatch):
    real = world.server.send

    def send(base_url, request):
        if "/sync/changes" in request.path:
            return Response(426, {"content-type": "application/problem+json"}, b'{"code": "app_too_old"}')
        return real(base_url, request)

    monkeypatch.setattr(world.server, "send", send)
    visit_id = world.visit()
    world.settle()
    assert world.states() == {visit_id: "sent"}


def test_a_step_without_an_enrolment_does_nothing(tmp_path):
    world = World(tmp_path)
    assert world.phone.engine.step() is None
    assert world.line.sent == []


def test_the_clock_block_proves_the_time_from_what_was_learnt(world: World):
    world.clock.wrong = timedelta(hours=5)
    world.settle()
    world.phone.outbox.send_now()
    world.settle()
    visit_id = world.visit()
    block = world.phone.store.outbox.get(visit_id).visit()["clock"]
    assert block["learnt_boot"] == block["boot"] == block["end_boot"]
    assert block["offset_ms"] == pytest.approx(-5 * 3600_000, abs=5)
    assert block["end_uptime_ms"] - block["start_uptime_ms"] == 600_000


def test_a_network_error_of_the_real_client_is_one_of_ours():
    from caregiver_app.sync.http import Request, RequestsHttp

    client = RequestsHttp()
    with pytest.raises(NetworkError):
        client.send("http://127.0.0.1:9", Request("GET", "/"))
    client.close()
