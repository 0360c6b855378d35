import datetime as dt
import hashlib
import threading
import uuid

import pytest
import sqlalchemy as sa

from server.clock import set_clock
from server.database import session as current_session
from server.files.blobs import FolderBlobs
from server.files.service import Files, NewFile, find, keep, read
from server.problems import Problem, problem
from server.tasks import kinds, service
from server.tasks.kinds import Outcome, Stopped
from server.tasks.model import Task
from server.tasks.runner import Runner
from server.tasks.service import LOST_AFTER, MAX_ATTEMPTS, NewTask, enqueue
from tests import factories

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def county_id(own_app):
    """A county in the module's own database, which holds no task yet."""
    with own_app.app_context():
        session = current_session()
        session.execute(sa.delete(Task))
        county = session.scalar(sa.select(factories.County)) or factories.county(session)
        session.commit()
        return county.id


@pytest.fixture
def runner(own_app, tmp_path, now, monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", {})
    monkeypatch.setattr("server.tasks.runner.KINDS", kinds.KINDS)
    own_app.extensions["yuetan_files"] = Files(
        FolderBlobs(tmp_path), lambda purpose: [hashlib.sha256(purpose.encode()).digest()]
    )
    set_clock(own_app, lambda: now)
    yield Runner(own_app, beat_s=0.01)
    set_clock(own_app, None)


def ask(app, county_id, kind, now, **columns) -> uuid.UUID:
    with app.app_context():
        task = enqueue(current_session(), NewTask(county_id, kind, columns.pop("params", {}), **columns), now=now)
        current_session().commit()
        return task.id


def look(app, task_id) -> Task:
    with app.app_context():
        return current_session().scalar(sa.select(Task).where(Task.id == task_id))


def test_a_task_is_done_and_its_file_can_be_read(runner, own_app, county_id, now):
    @kinds.kind("shout")
    def shout(work):
        work.progress(1, 2)
        new = NewFile(work.county_id, "report", "text/plain")
        row = keep(work.session, work.files, new, work.params["say"].upper().encode(), now=work.now)
        work.progress(2, 2)
        return Outcome({"letters": 5}, row.id)

    task_id = ask(own_app, county_id, "shout", now, params={"say": "hello"})
    assert runner.run_all() == 1
    assert runner.run_all() == 0
    task = look(own_app, task_id)
    assert (task.state, task.result, task.progress, task.total) == ("done", {"letters": 5}, 2, 2)
    with own_app.app_context():
        row = find(current_session(), county_id, task.file_id)
        assert read(own_app.extensions["yuetan_files"], row) == b"HELLO"


def test_what_a_task_left_uncommitted_goes_with_its_failure(runner, own_app, county_id, now):
    @kinds.kind("half")
    def half(work):
        keep(work.session, work.files, NewFile(work.county_id, "report", "text/plain"), b"half", now=work.now)
        raise problem("file_unreadable") if work.params["known"] else ZeroDivisionError

    known = ask(own_app, county_id, "half", now, params={"known": True})
    unknown = ask(own_app, county_id, "half", now + SECOND, params={"known": False})
    assert runner.run_all() == 2
    assert look(own_app, known).state == look(own_app, unknown).state == "failed"
    assert look(own_app, known).result["error"]["code"] == "file_unreadable"
    assert look(own_app, unknown).result["error"]["code"] == "server_error"
    with own_app.app_context():
        assert current_session().scalar(sa.text("SELECT count(*) FROM files WHERE size = 4")) == 0


def test_the_same_request_twice_is_one_task(session, now):
    county = factories.county(session)
    asked = NewTask(county.id, "shout", {"say": "a"}, id=uuid.UUID(int=5))
    assert enqueue(session, asked, now=now) is enqueue(session, asked, now=now)
    with pytest.raises(Problem, match="id_reused"):
        enqueue(session, NewTask(county.id, "shout", {"say": "b"}, id=uuid.UUID(int=5)), now=now)


def test_a_killed_workers_task_is_done_again_and_the_dead_one_cannot_come_back(session, now):
    county = factories.county(session)
    enqueue(session, NewTask(county.id, "long", {}), now=now)
    first = service.claim(session, ["long"], now=now)
    assert service.beat(session, first, 3, 10, now=now + 30 * SECOND)
    silent = now + 30 * SECOND + LOST_AFTER
    assert service.claim(session, ["long"], now=silent) is None
    second = service.claim(session, ["long"], now=silent + SECOND)
    assert (second.task_id, second.claim_id == first.claim_id) == (first.task_id, False)
    assert not service.beat(session, first, 4, 10, now=silent + SECOND)
    with pytest.raises(service.ClaimLost):
        service.finish(session, first, {}, None, (10, 10), now=silent + SECOND)
    service.fail(session, first, {"code": "late"}, now=silent + SECOND)
    service.give_back(session, first)
    service.finish(session, second, {"by": "second"}, None, (10, 10), now=silent + 2 * SECOND)
    session.commit()
    task = session.get(Task, (county.id, first.task_id), populate_existing=True)
    assert (task.state, task.result) == ("done", {"by": "second"})


def test_a_task_that_kills_every_worker_is_given_up(session, now):
    county = factories.county(session)
    enqueue(session, NewTask(county.id, "deadly", {}), now=now)
    for attempt in range(MAX_ATTEMPTS):
        assert service.claim(session, ["deadly"], now=now + attempt * 2 * LOST_AFTER) is not None
    assert service.claim(session, ["deadly"], now=now + MAX_ATTEMPTS * 2 * LOST_AFTER) is None
    task = session.scalar(sa.select(Task))
    assert (task.state, task.result["error"]["code"]) == ("failed", "worker_lost")


def test_a_worker_claims_only_the_kinds_it_knows_and_the_oldest_first(session, now):
    county = factories.county(session)
    enqueue(session, NewTask(county.id, "unknown", {}), now=now)
    later = enqueue(session, NewTask(county.id, "known", {}), now=now + 2 * SECOND)
    sooner = enqueue(session, NewTask(county.id, "known", {}), now=now + SECOND)
    later, sooner, at = later.id, sooner.id, now + 3 * SECOND
    session.commit()
    assert service.something_waits(session, ["known"], now=at)
    assert [service.claim(session, ["known"], now=at).task_id for _ in range(2)] == [sooner, later]
    assert service.claim(session, ["known"], now=at) is None
    assert not service.something_waits(session, ["known"], now=at)


def test_a_process_that_must_end_gives_the_task_back_uncounted(runner, own_app, county_id, now):
    @kinds.kind("endless")
    def endless(work):
        runner.stop.set()
        work.progress(1)
        raise AssertionError("it should have stopped")

    task_id = ask(own_app, county_id, "endless", now)
    assert runner.run_one()
    task = look(own_app, task_id)
    assert (task.state, task.attempts, task.claim_id) == ("queued", 0, None)


def test_a_worker_that_lost_its_task_notices_at_its_next_word(runner, own_app, county_id, now):
    seen = []

    @kinds.kind("robbed")
    def robbed(work):
        seen.append(work.task_id)
        if len(seen) > 1:
            return Outcome({"by": "second"})
        with own_app.app_context():  # another worker takes it for dead
            assert service.claim(current_session(), ["robbed"], now=now + 2 * LOST_AFTER)
        gone = threading.Event()
        while True:  # at most until the pulse has noticed
            work.progress(1)
            gone.wait(0.001)

    ask(own_app, county_id, "robbed", now)
    assert runner.run_one()
    assert not runner.run_one()  # the other one has it
    assert len(seen) == 1
    assert look(own_app, seen[0]).state == "running"
    assert issubclass(Stopped, Exception)


def test_two_workers_never_do_one_task_twice(runner, own_app, county_id, now):
    done: list[uuid.UUID] = []

    @kinds.kind("count")
    def count(work):
        done.append(work.task_id)
        return Outcome()

    asked = {ask(own_app, county_id, "count", now + i * SECOND / 100) for i in range(20)}
    threads = [threading.Thread(target=runner.run_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(asked)
