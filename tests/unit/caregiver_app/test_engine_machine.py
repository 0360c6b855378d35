"""The engine against a server that answers as it likes: nothing sent without its word, nothing twice, all in the end.

A state machine of hypothesis: what the visitor does (save, call for help, press "send now"), what happens to the phone
(killed, locked, shut out), and what servers and lines do (lose, repeat, lie, forget, half an answer), in any order.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from caregiver_app.presenters.events import tell
from caregiver_app.store.store import ENROLLED
from caregiver_app.store.vault import CHEAP
from caregiver_app.sync.http import NetworkError, Request, Response
from tests.unit.caregiver_app.world import JPEG, World

PIN = "482915"
UPLOADS = ("/sync/visits", "/sync/events", "/sync/sealed")
LIES = ("no results", "half the results", "others' results", "unknown status", "not json", "cut", "500", "502", "503",
        "401", "400", "413", "422", "403", "404", "408", "lost", "unanswered", "twice")  # fmt: skip


class Liar:
    """Stands between phone and server. `confirmed`: ids of which the phone was told in a whole answer that the server
    has them; only those may be called sent."""

    def __init__(self, world: World) -> None:
        self.server = world.server
        self.rng = random.Random(0)
        self.lie: str | None = None
        self.down = False
        self.confirmed: set[str] = set()
        self.delivered: Counter[str] = Counter()

    def send(self, base_url: str, request: Request) -> Response:
        lie, self.lie = self.lie, None
        if self.down or lie == "lost":
            raise NetworkError("lost")
        if lie == "not json":
            return Response(200, {"content-type": "text/html"}, b"<html>")
        if lie is not None and lie.isdigit():
            code = {"401": "token_expired", "403": "forbidden", "404": "not_found"}.get(lie, "odd")
            return Response(int(lie), {"content-type": "application/problem+json"}, json.dumps({"code": code}).encode())
        response = self.server.send(base_url, request)
        if lie == "twice":
            response = self.server.send(base_url, request)
        if lie == "unanswered":
            raise NetworkError("no answer")
        if request.path.endswith(UPLOADS) and response.status == 200:
            response = self._bent(response, lie)
            self._note(response)
        elif lie == "cut":
            raise NetworkError("cut")
        return response

    def _bent(self, response: Response, lie: str | None) -> Response:
        answer: dict[str, Any] = json.loads(response.body)
        results = answer["results"]
        if lie == "no results":
            answer["results"] = []
        elif lie == "half the results":
            answer["results"] = results[::2][1:]
        elif lie == "others' results":
            answer["results"] = [{**one, "id": one["id"][::-1]} for one in results]
        elif lie == "unknown status":
            answer["results"] = [{**one, "status": "postponed"} for one in results]
        elif lie == "cut":
            return Response(200, response.headers, response.body[: len(response.body) // 2])
        return Response(200, response.headers, json.dumps(answer).encode())

    def _note(self, response: Response) -> None:
        try:
            results = json.loads(response.body)["results"]
        except ValueError:
            return
        self.confirmed |= {one["id"] for one in results if one["status"] in ("accepted", "duplicate")}


class EngineMachine(RuleBasedStateMachine):
    """One phone, one server, one liar."""

    @initialize(seed=st.integers(0, 99), page=st.sampled_from([2, 500]))
    def begin(self, seed: int, page: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name), seed=seed, page=page)
        self.world.enrol()
        self.world.line = self.line = Liar(self.world)  # type: ignore[assignment]
        self.world.kill()
        self.visits: set[str] = set()
        self.events: set[str] = set()
        self.frozen: dict[str, bytes] = {}

    @property
    def store(self) -> Any:
        return self.world.phone.store

    def unlock(self) -> None:
        if self.store.locked:
            assert self.store.vault.unlock_pin(PIN)

    @rule(number=st.integers(0, 4), urgent=st.booleans(), photo=st.integers(0, 2))
    def save(self, number: int, urgent: bool, photo: int) -> None:
        if self.store.locked or not self.store.cache.all("elders"):
            return
        elders = [elder["id"] for elder in self.store.cache.all("elders")]
        self.world.elder_ids = elders
        jpeg = JPEG[: 900 + len(self.visits)] if not photo else b""
        visit_id = self.world.visit(number % len(elders), urgent=urgent, photo=jpeg)
        self.visits.add(visit_id)
        self.frozen[visit_id] = self.store.outbox.get(visit_id).frozen

    @rule(urgent=st.booleans())
    def tell(self, urgent: bool) -> None:
        kind = "sos" if urgent else "ladder_call"
        self.events.add(tell(self.world.phone._common, kind, None, {"words": ""}, urgent=urgent))

    @rule(lie=st.sampled_from(LIES))
    def lied_to(self, lie: str) -> None:
        self.line.lie = lie
        self.step()

    @rule(count=st.integers(1, 5))
    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def step(self) -> None:
        self.world.clock.advance(min(self.world.phone.engine.step() or 0, 20))

    @rule(seconds=st.sampled_from([1, 300, 4000, 90_000]))
    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def impatient(self) -> None:
        self.world.phone.outbox.send_now()

    @rule(down=st.booleans())
    def network(self, down: bool) -> None:
        self.line.down = down

    @rule()
    def killed(self) -> None:
        self.world.kill()

    @rule()
    def locked(self) -> None:
        if self.store.vault.kind == "device":
            self.store.vault.set_pin(PIN, CHEAP)
        self.store.vault.lock()
        self.store.meta.forget()

    @rule()
    def unlocked(self) -> None:
        self.unlock()

    @rule(number=st.integers(0, 9))
    def poisoned(self, number: int) -> None:
        known = sorted(self.visits | self.events)
        if known:
            self.world.server.poison.add(known[number % len(known)])

    @rule(number=st.integers(0, 9))
    def refused(self, number: int) -> None:
        known = sorted(self.visits | self.events)
        if known:
            self.world.server.refuse.add(known[number % len(known)])

    @rule()
    def forgets_tokens(self) -> None:
        self.world.server.state.tokens.clear()

    @rule()
    def shut_out(self) -> None:
        for device in self.world.server.state.devices.values():
            device.revoked = True

    @rule()
    def enrol_again(self) -> None:
        self.line.lie = None
        for device in self.world.server.state.devices.values():
            device.revoked = False
        if not self.line.down and self.store.standing != ENROLLED and not self.store.locked:
            self.world.enrol()

    @invariant()
    def nothing_saved_is_gone(self) -> None:
        assert {row.id for row in self.store.outbox.all()} == self.visits
        assert {row.id for row in self.store.events.all()} == self.events

    @invariant()
    def nothing_is_called_sent_without_the_servers_word(self) -> None:
        rows = [*self.store.outbox.all(), *self.store.events.all()]
        sent = {row.id for row in rows if row.state == "sent"}
        assert sent <= self.line.confirmed
        assert sent <= self.world.server.state.visits.keys() | self.world.server.state.events.keys()

    @invariant()
    def what_is_there_is_what_was_saved(self) -> None:
        for visit_id, held in self.world.server.state.visits.items():
            assert held["raw"] == json.loads(self.frozen[visit_id])

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self._in_the_end()
        finally:
            self.world.phone.stop()
            self.folder.cleanup()

    def _in_the_end(self) -> None:
        """The liar tires, the server is mended, the visitor unlocks, enrols again, and tries what was refused."""
        world = self.world
        self.line.down, self.line.lie = False, None
        world.server.poison.clear()
        world.server.refuse.clear()
        self.unlock()
        self.enrol_again()
        for _ in range(3):
            for row in [*self.store.outbox.listed("refused"), *self.store.events.listed("refused")]:
                world.phone.outbox.try_again(row.id)
            world.phone.outbox.send_now()
            world.settle()
            self.enrol_again()
        states = Counter(row.state for row in [*self.store.outbox.all(), *self.store.events.all()])
        assert set(states) <= {"sent"}, states
        assert set(world.server.state.visits) == self.visits
        assert set(world.server.state.events) == self.events
        self.nothing_is_called_sent_without_the_servers_word()


EngineMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEngineMachine = EngineMachine.TestCase
