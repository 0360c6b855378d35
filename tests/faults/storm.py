"""Several phones of one visitor, several visitors of one elder, all at once: shuffled, repeated, contradictory batches.

Whoever is first with an id has it, for good; the same again is a duplicate, anything else under that id is refused. No
order of arrival may end in an error, and what is kept must be exact. A director decides about the visits meanwhile.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from server import clock
from server.elders import vault
from server.elders.model import Elder
from server.visits.model import Visit
from server.visits.sealing import key_for, unseal
from shared.protocol import visit as wire
from tests.faults import sound
from tests.faults.items import drawn
from tests.faults.report import Run
from tests.faults.served import Server
from tests.faults.talk import Answer, Talk
from tests.faults.world import World

COME_AGAIN = 50
Version = tuple[str, str]  # who sent it, the note that tells versions apart


@dataclass
class Sender:
    """A phone with the batches that it is to send, and what it was answered: (batch, item, result)."""

    username: str
    phone: Talk
    batches: list[list[dict[str, Any]]]
    told: list[tuple[int, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def run(self, gate: threading.Barrier) -> None:
        gate.wait(60)
        for number, batch in enumerate(self.batches):
            answer = self._push(batch)
            if answer.status != 200:
                self.wrong.append(f"{self.username}: status {answer.status}: {answer.body[:200]!r}")
                continue
            results = answer.json["results"]
            if [r["id"] for r in results] != [i.get("id") for i in batch]:
                self.wrong.append(f"{self.username}: results out of order")
            self.told += [(number, item, result) for item, result in zip(batch, results, strict=True)]

    def _push(self, batch: list[dict[str, Any]]) -> Answer:
        for _ in range(COME_AGAIN):
            answer = self.phone.push(batch)
            self.statuses[answer.status] += 1
            if answer.status != 503:
                return answer
            if "retry-after" not in answer.headers:
                self.wrong.append("a 503 without Retry-After")
        return answer


def storm(
    made: World, server: Server, *, phones_each: int, visits_each: int, batches: int, seed: int, decisions: int = 20
) -> Run:
    """Every visitor of the world with `phones_each` phones, each sending `batches` batches of what they share."""
    run, began = Run("storm", made.kind, seed), time.monotonic()
    rng = random.Random(f"storm/{seed}")
    senders, ids = _senders(made, server, rng, phones_each, visits_each, batches)
    gate = threading.Barrier(len(senders) + 1)
    decided: Counter[int] = Counter()
    assert made.director is not None
    director = Talk(server.port, made.bearer(made.director))
    with ThreadPoolExecutor(len(senders) + 1) as pool:
        running = [pool.submit(sender.run, gate) for sender in senders]
        dice = random.Random(rng.random())
        running.append(pool.submit(_decide, director, sorted(ids), decisions, dice, gate, decided))
        for one in running:
            one.result()
    stored = _stored(made, ids)
    accepted: dict[str, set[tuple[int, int]]] = {}
    told: Counter[str] = Counter()
    for number, sender in enumerate(senders):
        run.violations += sender.wrong
        for batch, item, result in sender.told:
            told[result["status"]] += 1
            if item.get("id") not in ids or not _readable(item):
                run.check(result["status"] == "rejected", f"an unreadable item is {result['status']}")
                continue
            mine = stored.get(item["id"]) == (str(made.visitors[sender.username]), item["note"])
            code = (result["error"] or {}).get("code")
            if mine:
                run.check(result["status"] in ("accepted", "duplicate"), f"{item['id']}: {result['status']} {code}")
            else:
                run.check((result["status"], code) == ("rejected", "id_reused"), f"{item['id']}: {result['status']}")
            if result["status"] == "accepted":
                accepted.setdefault(item["id"], set()).add((number, batch))
    run.check(set(stored) == ids, f"{len(ids - set(stored))} visits are missing")
    twice = [visit_id for visit_id, where in accepted.items() if len(where) != 1]
    run.check(not twice and set(accepted) == set(stored), f"accepted other than once: {twice[:3]}")
    run.check(set(decided) <= {200, 403, 404, 409}, f"decisions were answered {dict(decided)}")
    run.violations += sound.violations(made) + server.loud()
    statuses: Counter[int] = sum((sender.statuses for sender in senders), Counter())
    run.figures = {
        "phones": len(senders), "visits": len(ids), "batches": len(senders) * batches,
        "items sent": told.total(), "results": dict(told), "answers": dict(statuses), "decisions": dict(decided),
    }  # fmt: skip
    run.seconds = time.monotonic() - began
    return run


def _senders(
    made: World, server: Server, rng: random.Random, phones_each: int, visits_each: int, batches: int
) -> tuple[list[Sender], set[str]]:
    """Phones with their batches, and the ids of all readable visits."""
    now = clock.now()
    own = {name: drawn(rng, made.paired[name], now, visits_each) for name in sorted(made.visitors)}
    everything = [(name, item) for name, items in own.items() for item in items]
    senders = []
    for name, items in own.items():
        for _ in range(phones_each):
            wanted = []
            for _ in range(batches):
                batch = [_twisted(rng, dict(item)) for item in rng.choices(items, k=rng.randint(1, len(items)))]
                # somebody else's visit, word for word, under this person's name
                batch += [dict(item) for _, item in rng.sample(everything, 2) if rng.random() < 0.3]
                rng.shuffle(batch)
                wanted.append(batch)
            wanted.append([dict(item) for item in rng.sample(items, len(items))])  # at last, all of them as they are
            senders.append(Sender(name, made.phone(server.port, name), wanted))
    return senders, {item["id"] for _, item in everything}


def _twisted(rng: random.Random, item: dict[str, Any]) -> dict[str, Any]:
    """Mostly as it is; sometimes with other words under the same id, or unreadable."""
    luck = rng.random()
    if luck < 0.08:
        return {**item, "note": "这是另一份内容"}
    if luck < 0.12:
        return {**item, "started_at": "昨天上午"}
    return item


def _readable(item: dict[str, Any]) -> bool:
    return wire.read_visit(item).visit is not None


def _decide(
    director: Talk, ids: list[str], count: int, rng: random.Random, gate: threading.Barrier, decided: Counter[int]
) -> None:
    gate.wait(60)
    for _ in range(count):
        body = {"decision": rng.choice(("accept", "reject")), "reason": "核实过"}
        decided[director.post(f"/api/v1/visits/{rng.choice(ids)}/review", json=body).status] += 1


def _stored(made: World, ids: set[str]) -> dict[str, Version]:
    """What is kept under each id: whose it is and its words."""
    found: dict[str, Version] = {}
    with made.session() as own:
        keys = {row.id: row.data_key for row in own.execute(sa.select(Elder.id, Elder.data_key))}
        for visit in own.scalars(sa.select(Visit).where(Visit.id.in_([uuid.UUID(one) for one in ids]))):
            wrapped = keys.get(visit.elder_id) if visit.elder_id else None
            key = key_for(vault.current(), made.county_id, visit.elder_id, wrapped)
            clear = unseal(key, "raw", visit.id, visit.raw)
            assert clear is not None
            found[str(visit.id)] = (str(visit.visitor_id), wire.loads(clear)["note"])
    return found
