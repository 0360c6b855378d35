"""Uploads cut off at random bytes, over raw sockets: nothing half done, nothing left open, nobody dead."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server import clock
from tests.faults import sound
from tests.faults.items import drawn, picture
from tests.faults.report import Run
from tests.faults.served import Server
from tests.faults.talk import Talk
from tests.faults.world import World

SETTLED_WITHIN_S = 30.0


def uploads(made: World, server: Server, *, count: int, seed: int) -> Run:
    """`count` uploads by a few phones, each cut: in the head, after it, in the body, or after its last byte."""
    run, began = Run("uploads", made.kind, seed), time.monotonic()
    rng = random.Random(f"uploads/{seed}")
    names = sorted(made.visitors)
    phones = [(made.paired[name], made.phone(server.port, name)) for name in (names * 4)[:4]]
    workers = server.workers()
    held = _descriptors(workers)
    cuts: Counter[str] = Counter()
    never: set[str] = set()  # visits of which the server cannot have the last byte
    perhaps: dict[str, tuple[Talk, list[Any]]] = {}  # those sent wholly, whose answer nobody read
    photos: list[tuple[Talk, str, str, bytes]] = []
    for number in range(count):
        elders, phone = rng.choice(phones)
        if number % 4 == 3:
            cuts[_photo(rng, phone, elders, photos)] += 1
            continue
        batch = drawn(rng, elders, clock.now(), rng.choice((1, 1, 3, 10, 40)))
        body, head = json.dumps({"visits": batch}, ensure_ascii=False).encode(), {"Content-Type": "application/json"}
        if rng.random() < 0.5:
            body, head["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
        data = phone.raw("POST", "/api/v1/sync/visits", body, head)
        where, at = _cut(rng, len(data), len(body))
        cuts[where] += 1
        phone.cut(data, at, reset=rng.random() < 0.5)
        ids = [item["id"] for item in batch]
        if at < len(data):
            never.update(ids)
        else:
            perhaps.update((one, (phone, batch)) for one in ids)
    _settled(lambda: _descriptors(workers) <= held + 4)
    run.check(server.workers() == workers, f"workers {workers} became {server.workers()}")
    run.violations += sound.open_transactions(made)
    left = _descriptors(workers) - held
    run.check(left <= 4, f"{left} connections stay open")
    there = sound.stored_ids(made, never)
    run.check(not there, f"visits of which a part was sent are there: {sorted(there)[:3]}")
    there = sound.stored_ids(made, perhaps)
    halves = [batch for _, batch in perhaps.values() if 0 < len({i["id"] for i in batch} & there) < len(batch)]
    run.check(not halves, f"{len(halves)} batches went in by half")
    told = _send_again(perhaps)
    for visit_id, status in told.items():
        expected = "duplicate" if visit_id in there else "accepted"
        run.check(status in (expected, "duplicate"), f"visit {visit_id}: {status}, not {expected}")
    run.check(sound.stored_ids(made, perhaps) == set(perhaps), "a visit sent wholly and sent again is not there")
    for phone, visit_id, digest, data in photos:
        path = f"/api/v1/sync/visits/{visit_id}/photos/{digest}"
        had = phone.send("HEAD", path)
        run.check(had.headers.get("upload-offset") in ("0", str(len(data))), f"photo: {had.headers}")
        answer = phone.send("PUT", path, data, {"Content-Type": "image/jpeg"})
        run.check(answer.status in (200, 201), f"photo sent again: {answer.status} {answer.body[:80]!r}")
    run.violations += sound.violations(made) + server.loud()
    run.figures = {
        "uploads": count, **{f"cut {name}": cuts[name] for name in sorted(cuts)}, "visits never there": len(never),
        "visits sent wholly": len(perhaps), "of them there before sent again": len(there), "photos": len(photos),
    }  # fmt: skip
    run.seconds = time.monotonic() - began
    return run


def _cut(rng: random.Random, whole: int, body: int) -> tuple[str, int]:
    """Where to stop: (its name, bytes that are sent)."""
    kind = rng.choice(("in the head", "after the head", "in the body", "in the body", "after the last byte"))
    head = whole - body
    at = {"in the head": rng.randrange(1, head), "after the head": head, "in the body": rng.randrange(head + 1, whole),
          "after the last byte": whole}[kind]  # fmt: skip
    return kind, at


def _photo(
    rng: random.Random, phone: Talk, elders: list[Any], photos: list[tuple[Talk, str, str, bytes]]
) -> str:
    """A visit that names a photo, sent well, and the photo's upload, cut. → where"""
    data = picture(rng)
    digest = hashlib.sha256(data).hexdigest()
    (item,) = drawn(rng, elders, clock.now(), 1)
    answer = phone.push([{**item, "photos": [digest]}])
    assert answer.status == 200, answer.body
    path = f"/api/v1/sync/visits/{item['id']}/photos/{digest}"
    whole = phone.raw("PUT", path, data, {"Content-Type": "image/jpeg"})
    where, at = _cut(rng, len(whole), len(data))
    phone.cut(whole, at, reset=rng.random() < 0.5)
    photos.append((phone, item["id"], digest, data))
    return f"{where} (photo)"


def _send_again(perhaps: dict[str, tuple[Talk, list[Any]]]) -> dict[str, str]:
    told: dict[str, str] = {}
    for visit_id, (phone, batch) in perhaps.items():
        if visit_id not in told:
            answer = phone.push(batch)
            results = answer.json["results"] if answer.status == 200 else []
            told.update((one["id"], one["status"]) for one in results)
    return told


def _descriptors(pids: list[int]) -> int:
    """Sockets that these processes have open."""
    found = 0
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                found += link.readlink().name.startswith("socket:")
            except OSError:
                continue
    return found


def _settled(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + SETTLED_WITHIN_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.1)
