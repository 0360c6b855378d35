"""The scheduler's process: one leads, another takes over however the first one ended."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from server.database import session as current_session
from server.regions.model import County
from server.scheduler.jobs import Job
from server.scheduler.leader import leadership
from server.scheduler.process import Process
from server.scheduler.timing import Every
from server.tags import service as tags
from server.tasks import kinds
from server.tasks.kinds import Outcome
from server.tasks.model import Task
from server.tasks.service import NewTask, enqueue
from shared.ids import uuid7
from tests import factories

SOON = 60  # seconds until a test gives up: far more than anything takes


def test_one_leads_at_a_time(own_url):
    first, second = leadership(own_url), leadership(own_url)
    try:
        assert (first.held(), first.acquire(), second.acquire()) == (False, True, False)
        assert (first.held(), second.acquire()) == (True, False)
        first.release()
        assert (first.held(), second.acquire(), second.held()) == (False, True, True)
        assert first.acquire() is False
    finally:
        first.release()
        second.release()


def test_who_lost_the_connection_knows_that_it_leads_no_more(own_url, database_kind, own_app):
    if database_kind == "sqlite":
        return  # a file lock is lost with the process only
    lead = leadership(own_url)
    assert lead.acquire()
    with own_app.app_context():
        killed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yuetan scheduler'"
        current_session().execute(sa.text(killed))
        current_session().rollback()
    assert not lead.held()
    assert lead.acquire()
    lead.release()


@contextmanager
def running(process: Process):
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        yield
    finally:
        process.stop.set()
        thread.join(SOON)
    assert not thread.is_alive()


def test_the_leader_runs_jobs_and_tasks_and_ends_when_told(own_app, own_url, monkeypatch):
    monkeypatch.setattr("server.tasks.runner.KINDS", {"greet": lambda work: Outcome({"said": "hello"})})
    ticked, by_second = threading.Event(), threading.Event()
    first, second = (
        Process(own_app, leadership(own_url), [Job("tick", Every(1), lambda *_, e=e: e.set() or {})], poll_s=0.05)
        for e in (ticked, by_second)
    )
    with own_app.app_context():
        county = current_session().scalar(sa.select(County)) or factories.county(current_session())
        task_id = enqueue(current_session(), NewTask(county.id, "greet", {}), now=factories.LONG_AGO).id
        current_session().commit()
    with running(first):
        assert ticked.wait(SOON)
        with running(second):
            assert not by_second.is_set()
            first.stop.set()
            assert by_second.wait(SOON)
    with own_app.app_context():
        found = sa.select(Task.state).where(Task.id == task_id)
        assert current_session().scalar(found) == "done"
    assert kinds.KINDS is not None


@contextmanager
def scheduler(environment):
    command = [sys.executable, "-m", "server.cli", "scheduler"]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(SOON, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stderr.close()


def hear(process, message: str) -> None:
    """Read what it says until it says that."""
    for line in process.stderr:
        if line.startswith("{") and json.loads(line)["message"] == message:
            return
    pytest.fail(f"it ended without saying: {message}")


def test_the_process_does_every_kind_of_task_that_the_nouns_know(own_app, environment, now):
    with own_app.app_context():
        session = current_session()
        county = session.scalar(sa.select(County)) or factories.county(session)
        village = factories.region(session, 411002001001)
        factories.elder(session, county, village)
        asked = tags.ask_for_sheet(
            session, county_id=county.id, region_id=village.id, codes=(411002001001, 411002001001), elder_ids=None,
            task_id=uuid7(), actor_id=factories.user(session).id, now=now,
        ).id  # fmt: skip
    with scheduler(environment) as process:
        hear(process, "task done")
    with own_app.app_context():
        task = current_session().scalar(sa.select(Task).where(Task.id == asked))
        assert (task.state, task.result["printed"]) == ("done", 1)


def test_the_second_takes_over_when_the_first_is_killed_and_stops_at_a_word(own_app, environment):
    with scheduler(environment) as first:
        hear(first, "leading")
        with scheduler(environment) as second:
            hear(second, "waiting to lead")
            first.kill()
            hear(second, "leading")
            second.send_signal(signal.SIGTERM)
            hear(second, "stopped")
            assert second.wait(SOON) == 0
