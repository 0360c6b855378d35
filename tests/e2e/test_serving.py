"""The real server: gunicorn in a process of its own, uploads cut off at any byte, and an end that leaves nothing."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.databases import free_port, fresh_database

ROOT = Path(__file__).parents[2]
WORKERS = 2


@pytest.fixture(scope="module")
def url(database_kind, request, tmp_path_factory):
    postgres = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    with fresh_database(database_kind, tmp_path_factory.mktemp("served"), postgres) as made:
        yield made


@pytest.fixture(scope="module")
def server(url, tmp_path_factory):
    """(port, process) of a server that is ready."""
    port = free_port()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("YUETAN_")},
        "YUETAN_HOME": str(tmp_path_factory.mktemp("home")), "YUETAN_DATABASE_URL": url, "YUETAN_PORT": str(port),
        "YUETAN_SECRET_KEY": "a secret of this test", "YUETAN_WORKERS": str(WORKERS), "YUETAN_THREADS": "4",
    }  # fmt: skip
    with open(tmp_path_factory.mktemp("log") / "log", "w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
        try:
            _wait(port, process, log)
            yield port, process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait(port, process, log):
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            if answer.status == 200 and len(children(process)) == WORKERS:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    log.seek(0)
    raise AssertionError(log.read())


def speak(port, data, *, finish=True):
    """Send raw bytes and hang up, or finish sending and read the answer."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(data)
        if not finish:
            return b""
        with suppress(OSError):
            line.shutdown(socket.SHUT_WR)
        heard = b""
        while chunk := line.recv(65536):
            heard += chunk
        return heard


def login(length=None, body=b'{"username": "nobody", "password": "wrong"}'):
    size = len(body) if length is None else length
    head = f"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {size}"
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body


def children(process):
    return set(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))


def test_uploads_cut_off_anywhere_harm_nobody(server, url, database_kind):
    port, process = server
    workers, draw = children(process), random.Random(7)
    whole = login(body=json.dumps({"username": "nobody", "password": "x" * 150}).encode())
    for _ in range(60):
        speak(port, whole[: draw.randint(1, len(whole) - 1)], finish=False)
    assert b'"body_cut_short"' in speak(port, login(length=500))
    assert b"401" in speak(port, login()).split(b"\r\n")[0]
    assert workers <= children(process)  # one that had not been started yet may have come
    if database_kind == "postgresql":
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
            assert connection.scalar(waiting) == 0
        engine.dispose()


def test_a_body_over_the_limit_gets_its_answer_although_it_was_long(server):
    answer = speak(server[0], login(body=b" " * 9_000_000))
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b'"limit":' in answer


def test_metrics_count_what_every_worker_answered(server):
    port, _ = server
    for _ in range(10):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    counted = [line for line in lines if line.startswith("yuetan_requests_total") and "/healthz" in line]
    assert sum(float(line.rpartition(" ")[2]) for line in counted) >= 10


def test_a_worker_stays_small(server):
    for worker in children(server[1]):
        status = Path(f"/proc/{worker}/status").read_text()
        resident_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        assert resident_kb < 150 * 1024


def test_an_interrupt_ends_the_server_and_all_of_its_workers(server):
    _, process = server
    workers = children(process)
    assert workers
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
