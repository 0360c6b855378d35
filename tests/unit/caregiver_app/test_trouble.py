"""Each kind of trouble holds up what it must and nothing else; nothing is sent in larger pieces than the line bears."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from caregiver_app.sync.enrol import enrol
from caregiver_app.sync.http import NetworkError, Request, Response
from caregiver_app.sync.pace import LEAST, MOST, START, Pace
from tests.unit.caregiver_app.world import JPEG, URL, World

PROBLEM = {"content-type": "application/problem+json"}


def meddle(world: World, monkeypatch, answer: Callable[[Request], Response | None]) -> None:
    """Let `answer` speak first; None: the server does."""
    real = world.server.send
    monkeypatch.setattr(world.server, "send", lambda base, request: answer(request) or real(base, request))


def problem(status: int, code: str, **headers: str) -> Response:
    return Response(status, {**PROBLEM, **headers}, json.dumps({"status": status, "code": code}).encode())


def test_a_visit_the_server_always_stumbles_over_holds_up_neither_the_list_nor_photos(world: World):
    bad, good = world.visit(0), world.visit(1, photo=JPEG[:900])
    world.server.poison.add(bad)
    world.server.touch(world.elder_ids[2])
    world.server.state.elders[world.elder_ids[2]]["notes"] = "new"
    for _ in range(40):
        world.clock.advance(min(world.phone.engine.step() or 0, 20))
    assert world.states() == {bad: "pending", good: "sent"}
    assert world.phone.elder.view(world.elder_ids[2]).notes == "new"
    assert world.phone.store.photos.counts() == {"sent": 1}
    assert world.phone.engine.status.code == "server_error"
    later = world.visit(3)
    assert world.phone.engine.ready()
    world.phone.engine.step()
    assert world.states()[later] == "sent", "what is new is not held up by what failed"


def test_a_server_that_stumbles_over_everything_is_asked_less_and_less(world: World):
    ids = [world.visit(n) for n in range(3)]
    world.server.poison.update(ids)
    world.server.requests = 0
    passed = 0.0
    while passed < 3600:
        wait = world.phone.engine.step() or 0
        world.clock.advance(wait)
        passed += wait
    assert world.server.requests < 60
    world.server.poison.clear()
    world.settle()
    assert set(world.states().values()) == {"sent"}


def test_an_urgent_visit_travels_without_the_others(world: World):
    ids = [world.visit(n) for n in range(4)]
    urgent = world.visit(4, urgent=True)
    world.settle()
    assert world.server.batches == [1, 4]
    assert world.server.arrivals == [urgent, *ids]


def test_an_urgent_visit_goes_between_two_parts_of_a_photo(world: World):
    world.visit(0, photo=JPEG[:300_000])
    while not world.server.state.photos:
        world.phone.engine.step()
    urgent = world.visit(1, urgent=True)
    world.phone.engine.step()
    assert world.states()[urgent] == "sent"
    assert world.phone.store.photos.counts() == {"pending": 1}


@pytest.mark.parametrize(
    ("status", "code", "global_"),
    [(500, "internal", False), (502, "", True), (504, "", True), (408, "upload_stalled", True), (429, "x", True)],
)
def test_what_stands_for_the_line_holds_up_everything_and_what_blames_the_content_only_it(
    world: World, monkeypatch, status, code, global_
):
    visit_id = world.visit()
    world.clock.advance(901)  # a pull is due too

    def answer(request: Request) -> Response | None:
        if request.path != "/api/v1/sync/visits":
            return None
        return problem(status, code) if code else Response(status, {"content-type": "text/html"}, b"<h1>bad gateway")

    meddle(world, monkeypatch, answer)
    wait = world.phone.engine.step()
    assert (wait > 0) == global_
    assert world.phone.engine.ready() != global_
    assert world.states() == {visit_id: "pending"}


def test_retry_after_may_be_a_date_and_is_read_by_the_servers_own_clock(world: World, monkeypatch):
    world.visit()
    dates = {"retry-after": "Tue, 03 Nov 2026 01:02:00 GMT", "date": "Tue, 03 Nov 2026 01:00:30 GMT"}
    meddle(world, monkeypatch, lambda _: problem(503, "busy", **dates))
    assert 90 <= world.phone.engine.step() <= 91
    for value in ("soon", "", "-5", "Tue, 99 Nov 2026 01:02:00 GMT"):
        assert Response(503, {"retry-after": value, "date": dates["date"]}, b"").retry_after_s() is None


def test_phones_do_not_come_back_at_the_same_moment(tmp_path):
    waits = set()
    for seed in range(8):
        world = World(tmp_path / str(seed), seed=seed)
        world.enrol()
        world.line.down = True
        world.visit()
        waits.add(world.phone.engine.step())
        world.phone.stop()
    assert len(waits) == 8
    assert all(1 <= wait <= 2 for wait in waits)


def test_a_line_that_breaks_gets_smaller_batches_down_to_one_and_larger_ones_again(world: World):
    for n in range(40):
        world.visit(n)
    world.phone.engine.step()  # new tokens: the old ones ran out meanwhile
    world.line.down = True
    sizes = []
    for _ in range(8):
        world.clock.advance(world.phone.engine.step())
        sizes.append(world.phone.engine._visits.limit)
    assert sizes == [12, 6, 3, 1, 1, 1, 1, 1]
    world.line.down = False
    world.settle()
    assert world.server.batches[:4] == [1, 2, 4, 8]
    assert (len(world.server.batches), sum(world.server.batches)) == (6, 40)


def test_a_pull_that_breaks_is_asked_for_in_smaller_pages_and_goes_on_where_it_was(tmp_path):
    world = World(tmp_path, elders=60)
    asked = []
    real = world.server.send

    def send(base_url, request):
        if "/sync/changes" in request.path:
            asked.append(request.path)
            limit = int(request.path.rpartition("limit=")[2]) if "limit=" in request.path else 500
            if limit > 20:
                raise NetworkError("the line breaks before so much is through")
        return real(base_url, request)

    world.server.send = send
    world.phone.enrol.submit(URL, world.code)
    world.settle()
    assert len(world.phone.store.cache.all("elders")) == 60
    assert [path.partition("limit=")[2] for path in asked[:6]] == ["", "250", "125", "62", "31", "15"]
    assert sum("cursor=" not in path for path in asked) == 6, "no page is fetched twice"
    world.phone.stop()


@pytest.mark.parametrize("killed_after", range(1, 7))
def test_a_pull_that_was_broken_off_after_any_page_goes_on_from_there(tmp_path, killed_after):
    world = World(tmp_path, elders=30, page=5)
    enrol(world.phone.store, world.platform, world.line, URL, world.code)
    for _ in range(killed_after):
        world.phone.engine.step()
    assert len(world.phone.store.cache.all("elders")) == (30 if killed_after == 6 else 0)
    world.kill()
    world.settle()
    assert len(world.phone.store.cache.all("elders")) == 30
    pulls = [request.path for request in world.line.sent if "/sync/changes" in request.path]
    assert len(pulls) == 6 + (killed_after == 6), pulls


def test_garbage_for_answers_changes_nothing_and_ends_nothing(world: World, monkeypatch):
    visit_id = world.visit()
    values = [None, 5, "x", [], {}, {"id": visit_id}, {"id": visit_id, "status": 7}, {"id": 3, "status": "accepted"}]
    bodies = [{"results": value} for value in (5, "x", {"a": 1}, None, values, [[visit_id]])]
    bodies += [{"results": [{"id": visit_id, "status": "perhaps"}]}]
    bodies += [{"server_time": "9999-12-31T23:59:59Z"}, {"epoch": 1}]
    pages = [{"cursor": "c", "elders": 5}, {"cursor": "c", "elders": {"id": 3}}, {"cursor": "c", "tag_hashes": [1]},
             {"cursor": 7, "account": 5},
             {"cursor": "c", "alerts": [{"id": "x", "elder": 5}], "removed_elder_ids": "x"},
             {"cursor": "c", "has_more": True, "removed": [5]}]  # fmt: skip
    turn = itertools.cycle(bodies)
    page = itertools.cycle(pages)

    def answer(request: Request) -> Response | None:
        if request.path == "/api/v1/sync/visits":
            return Response(200, {"content-type": "application/json"}, json.dumps(next(turn)).encode())
        if "/sync/changes" in request.path:
            return Response(200, {"content-type": "application/json"}, json.dumps(next(page)).encode())
        return None

    with monkeypatch.context() as for_now:
        meddle(world, for_now, answer)
        for _ in range(60):
            world.clock.advance(min(world.phone.engine.step() or 0, 400))
            assert world.states() == {visit_id: "pending"}
    world.phone.outbox.send_now()
    world.settle()
    assert world.states() == {visit_id: "sent"}
    world.phone.store.meta.set(cursor=None)
    world.phone.outbox.send_now()
    world.settle()
    assert len(world.phone.store.cache.all("elders")) == 5


def test_an_app_too_old_for_the_list_says_so_as_long_as_it_is(world: World, monkeypatch):
    with monkeypatch.context() as for_now:
        meddle(world, for_now, lambda r: problem(426, "app_too_old") if "/sync/changes" in r.path else None)
        world.phone.outbox.send_now()
        visit_id = world.visit()
        world.settle()
        assert world.states() == {visit_id: "sent"}
        assert world.phone.engine.status.too_old
        asked = len(world.line.sent)
        for _ in range(20):
            world.clock.advance(3600)
            world.phone.engine.step()
        assert len(world.line.sent) == asked, "once a day is enough"
    world.clock.advance(86_400)
    world.settle()
    assert not world.phone.engine.status.too_old


def test_the_pace_follows_what_the_line_bears():
    pace = Pace()
    assert pace.size == START
    pace.went(START, 13_000)
    assert pace.size == pytest.approx(25_000, rel=0.05)
    pace.went(100, 1)
    assert pace.size == pytest.approx(25_000, rel=0.05), "small exchanges say nothing of the width"
    for _ in range(20):
        pace.went(pace.size, 10)
    assert pace.size == MOST
    for _ in range(20):
        pace.broke(pace.size)
    assert pace.size == LEAST


@pytest.mark.parametrize(("status", "code"), [(415, "not_jpeg"), (422, "digest_mismatch"), (400, "bad_request")])
def test_a_photo_that_turned_on_the_way_is_sent_again_before_it_is_given_up(world: World, monkeypatch, status, code):
    turned = [2]

    def answer(request: Request) -> Response | None:
        if request.method != "PUT" or not turned[0]:
            return None
        turned[0] -= 1
        return problem(status, code)

    meddle(world, monkeypatch, answer)
    world.visit(photo=JPEG[:900])
    world.settle()
    assert world.phone.store.photos.counts() == {"sent": 1}
    turned[0] = 1000
    world.visit(1, photo=JPEG[:800])
    world.settle()
    assert world.phone.store.photos.counts() == {"sent": 1, "refused": 1}
