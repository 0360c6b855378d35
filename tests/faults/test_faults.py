"""Short forms of the fault runs (scripts/faults has the long ones): the real server, killed, cut off and crowded."""

import runpy
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from server import database
from tests.databases import own_cluster
from tests.faults.away import locked, stopped
from tests.faults.kills import kills
from tests.faults.same import same
from tests.faults.served import ROOT, serving
from tests.faults.storm import storm
from tests.faults.uploads import uploads
from tests.faults.world import world


def test_one_body_sent_twenty_times_at_once_makes_and_credits_each_visit_once(made, server):
    run = same(made, server, times=20, visits=5, seed=1)
    assert run.violations == []


def test_uploads_cut_off_at_any_byte_leave_nothing_half_done_and_nothing_open(made, server):
    run = uploads(made, server, count=40, seed=1)
    assert run.violations == []
    assert run.figures["visits sent wholly"] > 0


def test_contradictory_batches_from_many_phones_at_once_end_exact_and_without_an_error(made, server):
    run = storm(made, server, phones_each=1, visits_each=6, batches=3, seed=1)
    assert run.violations == []
    assert set(run.figures["results"]) == {"accepted", "duplicate", "rejected"}


def test_a_locked_sqlite_is_503_and_nothing_is_lost(tmp_path):
    with (
        world("sqlite", tmp_path / "locked", None, visitors=3, elders_each=3, seed=1) as own,
        serving(f"{own.url}?timeout=0.3", own.home) as running,
    ):
        run = locked(own, running, batches=6, seed=1)
    assert run.violations == []
    assert run.figures["refused while locked"] == 6


def test_a_postgresql_that_was_stopped_is_503_and_the_server_recovers_by_itself(tmp_path):
    with (
        own_cluster() as cluster,
        world("postgresql", tmp_path / "stopped", cluster.address, visitors=3, elders_each=3, seed=1) as own,
        serving(own.url, own.home) as running,
    ):
        run = stopped(own, running, cluster, rounds=1, seed=1)
    assert run.violations == []
    assert run.figures["answers"][503] > 0


def test_a_database_that_does_not_answer_is_given_up_soon(monkeypatch):
    monkeypatch.setattr(database, "CONNECT_TIMEOUT_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://postgres@127.0.0.1:{silent.getsockname()[1]}/postgres"
        engine = sa.create_engine(url, **database.engine_options(url))
        with pytest.raises(sa.exc.OperationalError):
            engine.connect()
        engine.dispose()


def test_phones_and_server_killed_again_and_again_lose_nothing(own_made, own_server):
    run = kills(own_made, own_server, phones=3, visits=5, count=8, seed=3)
    assert run.violations == []
    assert run.figures["kills"] == 8


def test_a_master_that_was_killed_leaves_the_port_although_a_phone_hangs_on_it(made, server):
    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        silent.sendall(b"POST /api/v1/sync/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf")
        orphans = server.workers()
        server.kill_master()
        starts = server.starts
        server.start()
    assert server.starts == starts + 1
    assert not [pid for pid in orphans if Path(f"/proc/{pid}").exists()]


def test_who_falls_silent_in_the_middle_of_an_upload_is_given_up(monkeypatch):
    monkeypatch.setenv("YUETAN_HOME", "var")
    settings = runpy.run_path(str(ROOT / "server" / "gunicorn.py"))
    monkeypatch.setitem(settings["when_ready"].__globals__, "STALLED_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings["when_ready"](SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)]))
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as phone:
            phone.setblocking(True)
            with pytest.raises(BlockingIOError):
                phone.recv(1)
