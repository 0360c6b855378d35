"""The same body of POST /sync/visits many times at once: every visit once, credited once, one `accepted` each."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from server import clock
from server.visits.model import Visit
from tests.faults import sound
from tests.faults.items import drawn
from tests.faults.report import Run
from tests.faults.served import Server
from tests.faults.talk import Answer
from tests.faults.world import World


def same(made: World, server: Server, *, times: int, visits: int, seed: int) -> Run:
    """A batch of `visits`, sent by one phone `times` times at the same moment."""
    run, began = Run("same", made.kind, seed), time.monotonic()
    rng = random.Random(f"same/{seed}")
    username = sorted(made.visitors)[seed % len(made.visitors)]
    phone = made.phone(server.port, username)
    items = drawn(rng, made.paired[username], clock.now(), visits, hours=24 * 15)
    gate = threading.Barrier(times)

    def send(_number: int) -> Answer:
        gate.wait(60)
        return phone.push(items)

    with ThreadPoolExecutor(times) as pool:
        answers = list(pool.map(send, range(times)))
    statuses = Counter(answer.status for answer in answers)
    # A 503 is an honest answer of a busy database: the phone comes again.
    again = 0
    for number, answer in enumerate(answers):
        while answer.status == 503 and again < 5 * times:
            again += 1
            answer = answers[number] = phone.push(items)
    run.check({a.status for a in answers} == {200}, f"statuses {dict(statuses)}")
    results = [a.json["results"] for a in answers if a.status == 200]
    wanted = [item["id"] for item in items]
    for position, visit_id in enumerate(wanted):
        told = [batch[position] for batch in results]
        counted = Counter(one["status"] for one in told)
        run.check(counted == {"accepted": 1, "duplicate": times - 1}, f"visit {visit_id}: {dict(counted)}")
        run.check({one["id"] for one in told} == {visit_id}, f"visit {visit_id} is answered out of order")
        said = [(one["assurance"], one["flags"]) for one in told]
        differing = [one for one in said if one != said[0]]
        run.check(not differing, f"visit {visit_id}: answers differ: {said[0]} {differing[:1]}")
    run.check(sound.stored_ids(made, wanted) == set(wanted), "not every visit is stored")
    credits = sound.credited(made)
    with made.session() as own:
        rows = own.execute(sa.select(Visit.id, Visit.counts).where(Visit.id.in_([uuid.UUID(one) for one in wanted])))
        counting = {str(visit_id): counts for visit_id, counts in rows}
    for visit_id in wanted:
        run.check(len(credits.get(visit_id, [])) <= 1, f"visit {visit_id} is credited {credits.get(visit_id)}")
    run.check(any(visit_id in credits for visit_id in wanted), "nothing was credited")
    run.violations += sound.violations(made) + server.loud()
    run.figures = {
        "times": times, "visits": visits, "answers": dict(statuses), "told_to_come_again": again,
        "stored": len(counting), "counting": sum(counting.values()),
        "credited": sum(1 for visit_id in wanted if visit_id in credits),
    }  # fmt: skip
    run.seconds = time.monotonic() - began
    return run
