"""A phone, a fake server and one virtual clock, as most tests of the phone need them."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

from caregiver_app.platform.fake import FakeClock, fake
from caregiver_app.platform.protocols import Platform
from caregiver_app.presenters import demo
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROLLED
from tests.fakes.server import FakeServer, FaultyLine

URL = "https://yuetan.test"
JPEG = b"\xff\xd8" + bytes(range(256)) * 1600


def invented(count: int) -> list[dict[str, Any]]:
    """Elders in wire shape."""
    return list(demo.people(count, date(2026, 11, 3))["elders"])


class World:
    """One visitor's phone and its server."""

    def __init__(self, folder: Path, elders: int = 5, *, seed: int = 1, page: int = 500) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.platform: Platform = fake(self.clock)
        self.server = FakeServer(lambda: self.clock.real, page)
        self.line = FaultyLine(self.server, random.Random(seed))
        self.rng = random.Random(seed + 1)
        people = demo.people(elders, date(2026, 11, 3))
        self.code = self.server.add_visitor("liu", people["elders"])
        self.server.state.tags.update(people["tag_hashes"])
        self.elder_ids = [elder["id"] for elder in people["elders"]]
        self.phone = self._open()

    def _open(self) -> Phone:
        return Phone(open_store(self.folder), self.platform, self.line, self.rng)

    def kill(self) -> None:
        """The process dies between two transactions and the app is started again."""
        self.phone.store.close()
        self.phone = self._open()

    def enrol(self) -> None:
        view = self.phone.enrol.submit(URL, self.code)
        assert view.done, view.problem

    def visit(self, number: int = 0, *, outcome: str = "met", urgent: bool = False, photo: bytes = b"") -> str:
        """Record a visit to one of the elders → its id."""
        visit = self.phone.begin_visit(self.elder_ids[number % len(self.elder_ids)])
        self.clock.advance(600)
        if outcome == "met":
            visit.all_good()
        else:
            visit.set_outcome(outcome)
            visit.set_reason("other")
        if urgent:
            visit.set_urgent("fallen", "")
        if photo:
            visit.add_photo(photo)
        return visit.save().visit_id

    def settle(self, steps: int = 400) -> None:
        """Step until nothing is left to say, letting virtual time pass while the engine waits."""
        for _ in range(steps):
            wait = self.phone.engine.step()
            if wait is None or (wait > 400 and (not self.busy() or self.phone.store.standing != ENROLLED)):
                return
            self.clock.advance(wait)
        raise AssertionError(f"still talking after {steps} steps: {self.phone.engine.status}")

    def busy(self) -> bool:
        """Whether anything waits to be sent."""
        photos = self.phone.store.photos.counts()
        return bool(self.phone.store.outbox.counts()["pending"] or photos.get("pending"))

    def states(self) -> dict[str, str]:
        return {row.id: row.state for row in self.phone.store.outbox.all()}
