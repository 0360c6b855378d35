"""Bad links: 20 kbit/s, 600 ms, lost packets. Real TCP between two namespaces, the real client, the real server."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults import netns, sound
from tests.faults.netns import Carrier, Shape
from tests.faults.report import Run
from tests.faults.served import ROOT, Server
from tests.faults.world import World

WITHIN_S = 60.0  # 20 visits at 5 % loss
PATIENCE_S = 1800.0


class Far:
    """The far phone's process, and the link to it."""

    def __init__(self, folder: Path, base_url: str, code: str, seed: int, near: int) -> None:
        ours, theirs = socket.socketpair()
        given = {"folder": str(folder), "base_url": base_url, "code": code, "seed": seed, "line": theirs.fileno()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.far_phone", json.dumps(given)], cwd=ROOT, pass_fds=[theirs.fileno()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        theirs.close()
        self.carrier = Carrier(near, netns.take_over(ours), random.Random(f"link/{seed}"))
        ours.close()
        self.carrier.start()

    def do(self, name: str, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": name, **order}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the far phone ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def end(self) -> None:
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.write('{"do": "end"}\n')
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.carrier.stop()


@contextlib.contextmanager
def far(made: World, server: Server, folder: Path, visitor: str, seed: int) -> Iterator[Far]:
    """A phone of that visitor at the far end."""
    near = netns.device("server0", netns.SERVER)
    phone = Far(folder, f"http://{netns.SERVER}:{server.port}", made.code(visitor), seed, near)
    try:
        yield phone
    finally:
        phone.end()


def link(
    made: World,
    server: Server,
    folder: Path,
    *,
    shape: Shape,
    visits: int,
    photos: int,
    seed: int,
    visitor: str,
    notes: int = 0,
) -> Run:
    """Save offline, then send everything over this link."""
    run, began = Run("link", made.kind, seed), time.monotonic()
    with far(made, server, folder, visitor, seed) as phone:
        view = phone.do("enrol")
        run.check(view["done"], f"not enrolled: {view['problem']}")
        ids = set(phone.do("save", visits=visits, photos=photos, urgent=True, notes=notes)["ids"])
        phone.carrier.shape = shape
        carrier = phone.carrier
        carrier.carried = carrier.dropped = carrier.bytes = carrier.cuts = 0
        sent = phone.do("send", within_s=PATIENCE_S)
        dropped, carried, cuts = carrier.dropped, carrier.carried, carrier.cuts
        carrier.shape = Shape()
        compared = phone.do("compare")
    there = sound.stored_ids(made, ids)
    run.check(there == ids, f"{len(ids - there)} visits are not there")
    run.check((sent["pending"], sent["refused"]) == (0, 0), f"not through: {sent}")
    run.check(sent["photos"].get("sent", 0) == photos, f"photos: {sent['photos']}")
    if shape.cut_s:
        run.check(sent["failed"] > 0, "the cuts broke no exchange")
        run.check(sent["smallest"] == 1, f"batches did not shrink to one: {sent['smallest']}")
    elif shape.loss <= 0.05 and visits <= 20:
        run.check((sent["visits_s"] or 1e9) <= WITHIN_S, f"the visits took {sent['visits_s']} s")
    run.check(compared["there"] == visits, f"{compared['there']} of {visits} are listed once")
    run.violations += compared["sentences"] + sound.violations(made) + server.loud()
    run.figures = {
        "link": f"{shape.rate / 1000:g} kbit/s, {shape.latency_s * 1000:g} ms each way, {shape.loss:.0%} lost"
        + (f", all connections reset every {shape.cut_s:g} s" if shape.cut_s else ""),
        "visits": visits, "visits through after s": round(sent["visits_s"] or -1, 1), "photos": photos,
        "all through after s": round(sent["seconds"], 1), "exchanges": sent["exchanges"],
        "of them broken": sent["failed"], "smallest batch allowed": sent["smallest"], "batches": sent["batches"],
        "packets carried": carried, "packets lost": dropped, "connections reset": cuts,
    }  # fmt: skip
    run.seconds = time.monotonic() - began
    return run
