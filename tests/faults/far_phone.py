"""The phone at the far end of a bad link: a process in a namespace of its own, which does what its standard input says.

Commands, one JSON object a line: `{"do": "enrol" | "save" | "send" | "compare" | "end", …}`; each is answered by one.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from caregiver_app.fleet.compare import Comparer
from caregiver_app.fleet.machine import FleetClock, machine
from caregiver_app.platform.fake import FakePosition
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.sync.http import NetworkError, Request, RequestsHttp, Response
from tests.faults import netns


class Watched(RequestsHttp):
    """The real client; notes what it sent and how it went."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: Counter[str] = Counter()
        self.paths: Counter[str] = Counter()
        self.exchanges = 0

    def send(self, base_url: str, request: Request) -> Response:
        self.exchanges += 1
        self.paths[f"{request.method} {'/'.join(request.path.split('?')[0].split('/')[3:5])}"] += 1
        try:
            return super().send(base_url, request)
        except NetworkError as error:
            self.failed[str(error)] += 1
            raise


class FarPhone:
    """One phone."""

    def __init__(self, folder: Path, base_url: str, code: str, seed: int) -> None:
        self.base_url, self.code = base_url, code
        self.rng = random.Random(f"far/{seed}")
        self.http = Watched()
        self.phone = Phone(open_store(folder), machine(FleetClock(), FakePosition()), self.http, self.rng)

    def enrol(self) -> dict[str, Any]:
        view = self.phone.enrol.submit(self.base_url, self.code)
        return {"done": view.done, "problem": view.problem}

    def save(self, visits: int, photos: int, urgent: bool, notes: int = 0) -> dict[str, Any]:
        elders = [elder["id"] for elder in self.phone.store.cache.all("elders")]
        ids = []
        for number in range(visits):
            visit = self.phone.begin_visit(self.rng.choice(elders))
            visit.all_good()
            visit.set_note(self.rng.choice(("", "老人精神很好", "血压药快吃完了，已提醒家属。")))
            if notes:  # of characters that zip badly, as notes of many people do
                visit.set_note("".join(chr(self.rng.randrange(0x4E00, 0x9F00)) for _ in range(notes)))
            if number < photos:
                visit.add_photo(b"\xff\xd8\xff" + self.rng.randbytes(60_000))
            if urgent and number == visits - 1:
                visit.set_urgent("fallen", "在厕所")
            ids.append(visit.save().visit_id)
        # Its tokens ran out while it was away.
        self.phone.store.meta.set(access_token=None)
        return {"ids": ids}

    def send(self, within_s: float) -> dict[str, Any]:
        """As the app's thread would: step, wait as long as the engine says."""
        store, engine = self.phone.store, self.phone.engine
        self.http.exchanges, self.http.failed, self.http.paths = 0, Counter(), Counter()
        began, batches, smallest = time.monotonic(), [], 10**6
        all_through: float | None = None
        engine.kick()
        while time.monotonic() - began < within_s:
            before = store.outbox.counts()["pending"]
            wait = engine.step()
            smallest = min(smallest, engine._visits.limit)
            pending = store.outbox.counts()["pending"]
            if pending < before:
                batches.append(before - pending)
            if not pending and all_through is None:
                all_through = time.monotonic() - began
            photos = store.photos.counts()
            if not pending and not photos.get("pending", 0) + photos.get("waiting", 0):
                break
            if wait:
                time.sleep(min(wait, 1.0) if wait < 400 else 0.2)
        return {
            "visits_s": all_through, "seconds": time.monotonic() - began, "batches": batches, "smallest": smallest,
            "exchanges": self.http.exchanges, "failed": sum(self.http.failed.values()), "how": dict(self.http.failed),
            "paths": dict(self.http.paths), **store.outbox.counts(), "photos": store.photos.counts(),
        }  # fmt: skip

    def compare(self) -> dict[str, Any]:
        for _ in range(60):
            wait = self.phone.engine.step()
            if wait is None or wait > 400:
                break
            time.sleep(min(wait, 2.0))
        there, sentences = Comparer(self.phone.store, self.phone.platform).disagreements()
        return {"there": there, "sentences": sentences}


def main() -> None:
    given = json.loads(sys.argv[1])
    line = socket.socket(fileno=given.pop("line"))
    netns.leave()
    netns.hand_over(line, netns.device("phone0", netns.PHONE))
    phone = FarPhone(Path(given.pop("folder")), **given)
    for text in sys.stdin:
        order = json.loads(text)
        name = order.pop("do")
        if name == "end":
            break
        print(json.dumps(getattr(phone, name)(**order), ensure_ascii=False), flush=True)
    phone.phone.stop()


if __name__ == "__main__":
    main()
