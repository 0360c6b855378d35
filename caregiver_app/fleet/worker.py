"""One phone of the fleet: enrols, records its visits offline, sends them, and says what it saw."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from caregiver_app.fleet.line import BreakingHttp
from caregiver_app.fleet.machine import FleetClock, machine, picture
from caregiver_app.platform.fake import FakePosition
from caregiver_app.platform.protocols import Reading
from caregiver_app.presenters.phone import Phone
from caregiver_app.presenters.visit import VisitPresenter
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROLLED
from shared.ids import uuid7

BETWEEN = timedelta(minutes=10)
NOTES = ("", "", "", "老人精神很好", "需要换灯泡", "血压药快吃完了，已提醒家属。", "门锁不好用\n已报修")
SPENT = ("code_used", "code_expired")
BATCHES = (3, 7, 10, 25, 100)


@dataclass(frozen=True, slots=True)
class Order:
    """What a phone is to do."""

    index: int
    folder: Path
    base_url: str
    code: str
    username: str
    visits: int
    seed: int
    aborts: float
    repeats: float
    deadline_s: float
    photos: float = 0.05  # the share of visits with a photo
    command: str = ""  # the demo's `yuetan`, for new codes
    env: dict[str, str] = field(default_factory=dict)


class Worker:
    """A phone and its user. `tell` hears of every visit right after `save` returned."""

    def __init__(self, order: Order, tell: Callable[[str], None] = lambda visit_id: None) -> None:
        self.order = order
        # A restarted phone must not repeat its dice, or a kill would always fall on the same step.
        self.rng = random.Random(f"{order.seed}/{order.index}/{time.time_ns() if order.folder.exists() else 0}")
        self.clock = FleetClock()
        self.position = FakePosition()
        self.http = BreakingHttp(self.rng, order.aborts, order.repeats)
        self._tell = tell
        self._until = time.monotonic() + order.deadline_s
        self.phone = Phone(
            open_store(order.folder),
            machine(self.clock, self.position),
            self.http,
            self.rng,
            self.rng.choice(BATCHES),
        )

    def enrol(self) -> None:
        """Until the server knows this phone and its list is here. RuntimeError: it will not."""
        problem, code = "", self.order.code
        while time.monotonic() < self._until:
            if self.phone.store.standing != ENROLLED:
                view = self.phone.enrol.submit(self.order.base_url, code)
                problem = view.problem
                if view.problem_code in SPENT and not (code := self._new_code()):
                    raise RuntimeError(f"phone {self.order.index} ({self.order.username}): {problem}")
            if self.phone.store.standing == ENROLLED:
                if self.phone.store.meta.get("pulled_at"):
                    return
                self._step()
            else:
                time.sleep(0.2)
        raise RuntimeError(f"phone {self.order.index} was not enrolled: {problem}")

    def _new_code(self) -> str:
        """A fresh code by the demo's own command, for one that an earlier fleet has used; empty: none to be had."""
        command = [self.order.command, "devices", "enrol", "--user", self.order.username, "--json"]
        try:
            done = subprocess.run(
                command, env={**os.environ, **self.order.env}, capture_output=True, text=True, timeout=60, check=True
            )
            return str(json.loads(done.stdout.strip().splitlines()[-1])["code"])
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, IndexError):
            return ""

    def record(self) -> None:
        """Save visits until there are as many as ordered; what a kill left half done is finished first."""
        for draft_id in self.phone.drafts():
            visit = self.phone.open_draft(draft_id)
            if visit is not None:
                self._fill(visit)
        elders = self.phone.store.cache.all("elders")
        saved = len(self.phone.store.outbox.all())
        for number in range(saved, self.order.visits):
            self.clock.stand(BETWEEN * (self.order.visits - number + 1))
            elder = self.rng.choice(elders) if elders else None
            self.position.here = self._standing_at(elder)
            channel = "home" if self.rng.random() < 0.85 else "phone"
            visit = self.phone.begin_visit(elder["id"] if elder else None, channel=channel)
            self.clock.shift += timedelta(seconds=self.rng.randint(200, 500))
            self.clock.skip(300)
            self._fill(visit)
        self.clock.wake()

    def send(self) -> None:
        """Step the engine until everything is with the server, or the deadline is there."""
        while time.monotonic() < self._until and self.left():
            self._step()

    def look(self) -> None:
        """Pull once more, when everybody has sent: what others did to the same elders must be here too."""
        self.phone.outbox.send_now()
        while time.monotonic() < self._until:
            wait = self._step()
            if wait is None or wait > 400:
                return

    def left(self) -> int:
        """Visits and photos that are not with the server."""
        photos = self.phone.store.photos.counts()
        waiting = photos.get("waiting", 0) + photos.get("pending", 0)
        return self.phone.store.outbox.counts()["pending"] + waiting

    def _step(self) -> float | None:
        try:
            wait = self.phone.engine.step()
        except sqlite3.OperationalError:
            wait = 1.0
        if wait and wait <= 400:
            # A server that is being restarted needs real seconds; of long backoffs the rest is skipped.
            slept = min(wait, 0.5)
            time.sleep(slept)
            self.clock.skip(wait - slept)
        return wait

    def _standing_at(self, elder: dict[str, Any] | None) -> Reading | None:
        if not elder or elder.get("lat") is None or self.rng.random() < 0.1:
            return None
        near = 0.0001
        lat = elder["lat"] + self.rng.uniform(-near, near)
        return Reading(lat, elder["lon"] + self.rng.uniform(-near, near), self.rng.uniform(5, 60))

    def _fill(self, visit: VisitPresenter) -> None:
        rng = self.rng
        outcome = rng.choices(("met", "not_home", "refused"), (80, 14, 6))[0]
        if outcome == "met":
            visit.set_outcome("met")
            view = visit.all_good()
            items = [item for group in view.groups for item in group.items]
            for item in items:
                if item.value is None or rng.random() < 0.1:
                    visit.answer(item.id, rng.choice(item.options).value)
            if rng.random() < 0.2:
                visit.toggle_need(rng.choice(view.needs).value)
        else:
            view = visit.set_outcome(outcome)
            visit.set_reason(rng.choice(view.reasons).value)
        if rng.random() < 0.03:
            visit.set_urgent(rng.choice(("ill", "fallen", "other")), "请尽快联系")
        visit.set_note(rng.choice(NOTES))
        if rng.random() < self.order.photos:
            visit.add_photo(picture(rng))
        self._tell(visit.save().visit_id)

    def seen(self) -> dict[str, Any]:
        """What the phone believes, for the table."""
        counts = self.phone.store.outbox.counts()
        answers = Counter(
            str((row.answer or {}).get("assurance")) for row in self.phone.store.outbox.listed("sent", 100_000)
        )
        return {
            "phone": self.order.index,
            "user": self.order.username,
            "elders": len(self.phone.store.cache.all("elders")),
            **counts,
            "photos": self.phone.store.photos.counts().get("sent", 0),
            "assurance": dict(answers),
            "exchanges": self.http.tally.exchanges,
            "cut_out": self.http.tally.cut_out,
            "cut_back": self.http.tally.cut_back,
            "repeats": self.http.tally.repeats,
        }


def run_child(order_json: str) -> None:
    """A phone in a process of its own, which may be killed at any moment; every line it prints is a promise."""
    value = json.loads(order_json)
    value["folder"] = Path(value["folder"])
    print("ready", flush=True)
    worker = Worker(Order(**value), lambda visit_id: print(f"saved {visit_id}", flush=True))
    worker.enrol()
    worker.record()
    worker.send()
    worker.look()
    print("seen " + json.dumps(worker.seen()), flush=True)
    worker.phone.stop()


def fresh_seed() -> int:
    """A seed to print, where none was given."""
    return uuid7().int % 1_000_000
