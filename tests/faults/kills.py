"""A fleet records and sends while its phones and the server's processes are killed, again and again.

Kills are SIGKILL and fall at random moments, those of phones also where it hurts most (`aimed.py`). At the end
everything that a phone said was saved is on the server exactly once, what the server acknowledged is there, and both
agree on every state and count.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from caregiver_app.fleet.__main__ import judged
from caregiver_app.fleet.worker import Order, Worker
from server.visits.model import Visit
from tests.faults import sound
from tests.faults.aimed import PLACES, AimedPhone
from tests.faults.report import Run
from tests.faults.served import Server
from tests.faults.world import World

MASTERS = 0.15  # of the server's kills, those that hit the master
LONGEST_PAUSE_S = 0.8
MORE_ROUNDS = 5
PHONE_DEADLINE_S = 900.0


class ServerKiller:
    """Kills `wanted` times at random moments, one after the other, and starts the server again where it must."""

    def __init__(self, server: Server, wanted: int, rng: random.Random) -> None:
        self.kills: Counter[str] = Counter()
        self.failed: BaseException | None = None
        self._server, self._wanted, self._rng = server, wanted, rng
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Kill no more; the server stands when this returns."""
        self._enough.set()
        self._thread.join()
        if self.failed is not None:
            raise self.failed
        if not self._server.running:
            self._server.start()

    def _run(self) -> None:
        try:
            while self.kills.total() < self._wanted and not self._enough.wait(
                self._rng.uniform(0.05, LONGEST_PAUSE_S)
            ):
                self._kill()
        except BaseException as wrong:  # told to who waits for the fleet
            self.failed = wrong

    def _kill(self) -> None:
        if self._rng.random() < MASTERS:
            self._server.kill_master()
            self.kills["master"] += 1
            self._server.start()
        elif self._server.kill_worker(self._rng.randrange(100)):
            self.kills["worker"] += 1


def kills(made: World, server: Server, *, phones: int, visits: int, count: int, seed: int, parallel: int = 4) -> Run:
    """`count` kills in all, about half of them phones, while `phones` record `visits` each and send them."""
    run, began = Run("kills", made.kind, seed), time.monotonic()
    rng = random.Random(f"kills/{seed}")
    folder = made.home.parent / "phones"
    names = sorted(made.visitors)[:phones]
    orders = [
        Order(index=number, folder=folder / f"phone-{number:03d}", base_url=server.base_url, code=made.code(name),
              username=name, visits=visits, seed=seed, aborts=0.1, repeats=0.05, deadline_s=PHONE_DEADLINE_S,
              photos=0.25)
        for number, name in enumerate(names)
    ]  # fmt: skip
    done: Counter[str] = Counter()
    fleet: list[AimedPhone] = []
    rounds = 0
    while done.total() < count and rounds < MORE_ROUNDS:
        # Phones that got through before their share of kills record some more.
        if rounds:
            orders = [replace(order, visits=order.visits + max(1, visits // 4)) for order in orders]
        rounds += 1
        earlier = fleet
        fleet, hits = _round(server, orders, count - done.total(), rng, parallel)
        for before, phone in zip(earlier, fleet, strict=False):
            phone.promised |= before.promised
        done.update(hits)
    run.check(done.total() >= count, f"only {done.total()} of {count} kills")
    seen, disagreements = _judge(fleet)
    run.violations += disagreements
    rows = {one for phone in seen for one in phone["ids"]}
    with made.session() as own:
        on_server = {str(one) for one in own.scalars(sa.select(Visit.id))}
    run.check(rows <= on_server, f"{len(rows - on_server)} visits are not on the server")
    run.check(on_server <= rows, f"{len(on_server - rows)} visits are on the server and on no phone")
    verified = server.command("timebank", "verify")
    run.check(verified.returncode == 0, f"yuetan timebank verify: {verified.stdout} {verified.stderr}")
    run.violations += sound.violations(made) + server.loud()
    total: Counter[str] = Counter()
    for phone in seen:
        total.update({name: phone[name] for name in ("sent", "pending", "refused", "photos", "on_server")})
    run.figures = {
        "phones": len(seen), "visits": len(rows), "kills": done.total(),
        **{f"kills of phones: {name}": done[name] for name in PLACES},
        **{f"kills of {name}s at random": done[name] for name in ("phone", "worker", "master")},
        **dict(total), "disagreements": len(disagreements),
        "server starts": server.starts, "rounds": rounds,
    }  # fmt: skip
    run.seconds = time.monotonic() - began
    shutil.rmtree(folder, ignore_errors=True)
    return run


def _round(
    server: Server, orders: list[Order], count: int, rng: random.Random, parallel: int
) -> tuple[list[AimedPhone], Counter[str]]:
    """All phones once through their orders, with up to `count` kills. → (the phones, kills by kind)"""
    phones_share = count // 2
    shares = [phones_share // len(orders) + (n < phones_share % len(orders)) for n in range(len(orders))]
    fleet = [
        AimedPhone(order, share, random.Random(rng.random())) for order, share in zip(orders, shares, strict=True)
    ]
    killer = ServerKiller(server, count - phones_share, random.Random(rng.random()))
    killer.start()
    try:
        with ThreadPoolExecutor(parallel) as pool:
            list(pool.map(AimedPhone.run, fleet))
    finally:
        killer.finish()
    return fleet, _of_phones(fleet) + killer.kills


def _of_phones(fleet: list[AimedPhone]) -> Counter[str]:
    """Kills of phones, by where they fell."""
    kills = sum((phone.hits for phone in fleet), Counter[str]())
    kills["phone"] = sum(phone.kills for phone in fleet) - kills.total()
    return kills


def _judge(fleet: list[AimedPhone]) -> tuple[list[dict[str, Any]], list[str]]:
    """What each phone says, and where it and the server disagree."""
    seen, disagreements = [], []
    for phone in fleet:
        worker = Worker(phone.order)
        try:
            one = judged(worker)
            one["ids"] = {str(uuid.UUID(row.id)) for row in worker.phone.store.outbox.all()}
            gone = sorted(phone.promised - one["ids"])
            one["disagreements"] += [f"visit {visit_id} was said to be saved and is gone" for visit_id in gone]
            disagreements += [f"phone {phone.order.index}: {words}" for words in one["disagreements"]]
            seen.append(one)
        finally:
            worker.phone.stop()
    return seen, disagreements
