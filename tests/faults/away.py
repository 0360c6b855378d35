"""The database is locked, stopped, or drops connections: 503 with Retry-After, nothing lost, and all is well by itself
once it is back."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from caregiver_app.fleet.__main__ import judged
from caregiver_app.fleet.worker import Order, Worker
from server import clock
from tests.databases import Cluster
from tests.faults import sound
from tests.faults.items import drawn
from tests.faults.report import Run
from tests.faults.served import Server
from tests.faults.talk import Answer, Talk
from tests.faults.world import World

PATIENCE_S = 60.0
CALM = 12  # good answers in a row: every process has been asked


class Batches:
    """Batches of several phones, sent until each is taken; every answer on the way is judged."""

    def __init__(self, made: World, server: Server, run: Run, rng: random.Random, *, phones: int) -> None:
        self.run = run
        self.statuses: Counter[int] = Counter()
        self.stored: set[str] = set()
        self._made, self._rng = made, rng
        names = sorted(made.visitors)[:phones]
        self._phones = [(made.paired[name], made.phone(server.port, name)) for name in names]

    def make(self, count: int, size: int) -> list[tuple[Talk, list[dict[str, Any]]]]:
        """So many batches, each with the phone that sends it."""
        made = []
        for number in range(count):
            elders, phone = self._phones[number % len(self._phones)]
            made.append((phone, drawn(self._rng, elders, clock.now(), size)))
        return made

    def send(self, phone: Talk, items: list[dict[str, Any]]) -> Answer:
        """Once."""
        answer = phone.push(items)
        self.statuses[answer.status] += 1
        self.run.check(answer.status in (200, 503), f"status {answer.status}: {answer.body[:200]!r}")
        if answer.status == 503:
            self.run.check("retry-after" in answer.headers, "a 503 without Retry-After")
        if answer.status == 200:
            for result in answer.json["results"]:
                self.run.check(result["status"] != "rejected", f"visit refused: {result['error']}")
                self.stored.add(result["id"])
        return answer

    def until_taken(self, batch: tuple[Talk, list[dict[str, Any]]]) -> None:
        """Again and again until the server took it."""
        deadline = time.monotonic() + PATIENCE_S
        while self.send(*batch).status != 200:
            if time.monotonic() > deadline:
                self.run.check(False, "a batch was not taken although the database is back")
                return
            time.sleep(0.02)

    def all_at_once(self, count: int, size: int) -> None:
        """`count` batches in parallel, each until it is taken."""
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(self.until_taken, self.make(count, size)))

    def check_stored(self) -> None:
        """What was acknowledged is there."""
        there = sound.stored_ids(self._made, self.stored)
        self.run.check(there == self.stored, f"{len(self.stored - there)} acknowledged visits are gone")


@contextlib.contextmanager
def fleet_phone(made: World, server: Server, run: Run, visits: int, seed: int) -> Iterator[Worker]:
    """A phone with the app's own code and visits saved; afterwards it must have sent them all, and agree."""
    name = sorted(made.visitors)[-1]
    folder = made.home.parent / f"away-{seed}"
    order = Order(index=0, folder=folder, base_url=server.base_url, code=made.code(name), username=name, visits=visits,
                  seed=seed, aborts=0.0, repeats=0.0, deadline_s=PATIENCE_S * 3)  # fmt: skip
    worker = Worker(order)
    try:
        worker.enrol()
        worker.record()
        yield worker
        worker.send()
        run.violations += judged(worker)["disagreements"]
    finally:
        worker.phone.stop()


def locked(made: World, server: Server, *, batches: int, seed: int) -> Run:
    """SQLite: somebody holds the write lock for longer than the server waits for it (`?timeout=` in its address)."""
    run, began = Run("locked", made.kind, seed), time.monotonic()
    rng = random.Random(f"locked/{seed}")
    sender = Batches(made, server, run, rng, phones=4)
    waiting = sender.make(batches, 3)
    with fleet_phone(made, server, run, 3, seed) as worker:
        with _write_lock(made.url):
            with ThreadPoolExecutor(batches) as pool:
                answers = list(pool.map(lambda batch: sender.send(*batch), waiting))
            run.check({a.status for a in answers} == {503}, "a write was answered although it could not be")
            run.check(_status(server, "/healthz") == 200, "not alive while the database is locked")
            run.check(worker.phone.engine.step() and worker.left() == 3, "the phone does not keep what it has")
        refused = sum(answer.status == 503 for answer in answers)
        for batch in waiting:
            sender.until_taken(batch)
    # a lock that is let go in time is no error at all
    lock = _write_lock(made.url)
    lock.__enter__()
    timer = threading.Timer(0.05, lock.__exit__, (None, None, None))
    timer.start()
    run.check(sender.send(*sender.make(1, 3)[0]).status == 200, "a short lock was an error")
    timer.join()
    sender.check_stored()
    run.violations += sound.violations(made) + server.loud()
    run.figures = {"batches": batches + 1, "refused while locked": refused, "answers": dict(sender.statuses),
                   "stored": len(sender.stored)}  # fmt: skip
    run.seconds = time.monotonic() - began
    return run


@contextlib.contextmanager
def _write_lock(url: str) -> Iterator[None]:
    path = sa.make_url(url).database
    assert path is not None
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def stopped(made: World, server: Server, cluster: Cluster, *, rounds: int, seed: int) -> Run:
    """PostgreSQL: stopped and started again, between requests and under them; single connections cut."""
    run, began = Run("stopped", made.kind, seed), time.monotonic()
    rng = random.Random(f"stopped/{seed}")
    sender = Batches(made, server, run, rng, phones=4)
    after: list[int] = []
    pooled: list[int] = []
    with fleet_phone(made, server, run, 3, seed) as worker:
        for number in range(rounds):
            # unnoticed: nobody asks anything while it is away
            sender.all_at_once(16, 1)
            pooled.append(_connections(made.url))
            cluster.stop(("fast", "immediate")[number % 2])
            cluster.start()
            after.append(_calm(server, sender))
            # noticed: everybody sends all the while
            with ThreadPoolExecutor(8) as pool:
                sending = [pool.submit(sender.until_taken, batch) for batch in sender.make(24, 5)]
                time.sleep(rng.uniform(0, 0.3))
                cluster.stop(("immediate", "fast")[number % 2])
                down = sender.make(4, 1)
                run.check({sender.send(*batch).status for batch in down} == {503}, "no 503 while it is down")
                run.check(_status(server, "/healthz") == 200, "not alive while the database is down")
                if not number:
                    run.check(worker.phone.engine.step() and worker.left() == 3, "the phone does not keep what it has")
                cluster.start()
                for one in sending:
                    one.result()
            for batch in down:
                sender.until_taken(batch)
    made.forget_connections()
    run.check(max(after) <= max(pooled), f"{after} refusals after a restart, with {pooled} pooled connections")
    cut = _cut_connections(made.url, sender, rng, rounds * 10)
    made.forget_connections()
    sender.check_stored()
    run.violations += sound.violations(made) + server.loud()
    run.figures = {
        "restarts": rounds * 2, "pooled connections": pooled, "503 after an unnoticed restart": after,
        "connections cut": cut, "answers": dict(sender.statuses), "stored": len(sender.stored),
    }  # fmt: skip
    run.seconds = time.monotonic() - began
    return run


def _calm(server: Server, sender: Batches) -> int:
    """Single requests, one after the other, until CALM in a row are well. → how many were not"""
    bad, good, until = 0, 0, time.monotonic() + PATIENCE_S
    while good < CALM and time.monotonic() < until:
        taken = sender.send(*sender.make(1, 1)[0]).status == 200
        good, bad = (good + 1, bad) if taken else (0, bad + 1)
    sender.run.check(good >= CALM, "the server does not recover by itself")
    return bad


def _cut_connections(url: str, sender: Batches, rng: random.Random, times: int) -> int:
    """While everybody sends, the database drops this server's connections one by one. → how many"""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    stop, cut = threading.Event(), Counter[str]()

    def drop() -> None:
        choose = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle' "
            "ORDER BY random() LIMIT 1"
        )
        with engine.connect() as connection:
            while cut["connections"] < times and not stop.wait(rng.uniform(0, 0.02)):
                cut["connections"] += len(connection.execute(choose).all())

    dropper = threading.Thread(target=drop)
    dropper.start()
    try:
        for _ in range(50):
            sender.all_at_once(8, 5)
            if cut["connections"] >= times:
                break
    finally:
        stop.set()
        dropper.join()
        engine.dispose()
    return cut["connections"]


def _connections(url: str) -> int:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
    engine.dispose()
    return int(found or 0)


def _status(server: Server, path: str) -> int:
    return Talk(server.port).get(path).status


