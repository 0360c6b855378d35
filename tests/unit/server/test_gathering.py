"""What comes at once goes in together, and nobody's trouble becomes another's."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from server import intake
from server.intake import gathering
from server.intake.gathering import SMALL, Gathering
from server.intake.items import Sender
from shared.ids import uuid7

NOW = dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)


class Work:
    """Intake that only notes what it was handed. The first delivery waits at the gate until it is opened."""

    def __init__(self):
        self.batches: list[list[str]] = []
        self.begun, self.gate = threading.Event(), threading.Event()
        self.trouble: Exception | None = None

    def receive(self, _session, _sender, items, **_more):
        self.batches.append(list(items))
        if items == ["first"]:
            self.begun.set()
            assert self.gate.wait(20)
        if items == ["wrong"]:
            raise ValueError("its own")
        return [f"{item} in" for item in items]

    def receive_together(self, _session, deliveries, **_more):
        self.batches.append([item for _, items in deliveries for item in items])
        if self.trouble is not None:
            raise self.trouble
        return [[f"{item} in" for item in items] for _, items in deliveries]


class World:
    def __init__(self, work):
        self.work, self.gathering = work, Gathering()
        self.pool = ThreadPoolExecutor(16)

    def send(self, *items, counties=(1,), rollback=lambda: None):
        session = SimpleNamespace(rollback=rollback)
        sender = Sender(uuid7(), counties=counties)
        return self.pool.submit(self.gathering.receive, session, sender, list(items), vault=None, now=NOW)

    def waiting(self, count):
        """Until so many wait for the one at work."""
        for _ in range(100_000):
            with self.gathering._lock:
                if len(self.gathering._waiting) == count:
                    return
        raise AssertionError("they never came to wait")


@pytest.fixture
def world(monkeypatch):
    work = Work()
    monkeypatch.setattr(intake, "receive", work.receive)
    monkeypatch.setattr(intake, "receive_together", work.receive_together)
    monkeypatch.setattr(gathering, "PATIENCE_S", 20)
    made = World(work)
    yield made
    work.gate.set()
    made.pool.shutdown()


def test_who_finds_nobody_at_work_begins_at_once(world):
    assert world.send("one").result(20) == ["one in"]
    assert world.send("two").result(20) == ["two in"]
    assert world.work.batches == [["one"], ["two"]]


def test_those_who_come_meanwhile_go_in_together_and_each_gets_their_own_answers(world):
    first = world.send("first")
    assert world.work.begun.wait(20)
    others = []
    for number, items in enumerate((["a"], ["b", "c"], ["d"])):
        others.append(world.send(*items))
        world.waiting(number + 1)
    world.work.gate.set()
    assert first.result(20) == ["first in"]
    assert [other.result(20) for other in others] == [["a in"], ["b in", "c in"], ["d in"]]
    assert world.work.batches == [["first"], ["a", "b", "c", "d"]]
    assert world.send("later").result(20) == ["later in"]


def test_if_they_fail_together_each_goes_in_alone_and_has_their_own_trouble_only(world):
    first = world.send("first")
    assert world.work.begun.wait(20)
    good = world.send("good")
    world.waiting(1)
    wrong = world.send("wrong")
    world.waiting(2)
    world.work.trouble = RuntimeError("of all")
    world.work.gate.set()
    assert first.result(20) == ["first in"]
    assert good.result(20) == ["good in"]
    with pytest.raises(ValueError, match="its own"):
        wrong.result(20)
    assert world.send("later").result(20) == ["later in"]


def test_whose_patience_ends_before_anybody_took_it_up_goes_in_alone(world, monkeypatch):
    first = world.send("first")
    assert world.work.begun.wait(20)
    monkeypatch.setattr(gathering, "PATIENCE_S", 0)
    assert world.send("hurried").result(20) == ["hurried in"]
    world.work.gate.set()
    assert first.result(20) == ["first in"]
    assert world.work.batches == [["first"], ["hurried"]]


def test_a_large_delivery_and_one_of_unclear_county_wait_for_nobody(world):
    first = world.send("first")
    assert world.work.begun.wait(20)
    many = [str(number) for number in range(SMALL + 1)]
    assert world.send(*many).result(20) == [f"{item} in" for item in many]
    assert world.send("of two", counties=(1, 2)).result(20) == ["of two in"]
    world.work.gate.set()
    assert first.result(20) == ["first in"]


def test_whose_connection_is_lost_on_the_way_to_the_queue_is_waited_for_by_nobody(world):
    def lost():
        raise ConnectionError

    first = world.send("first")
    assert world.work.begun.wait(20)
    with pytest.raises(ConnectionError):
        world.send("gone", rollback=lost).result(20)
    world.work.gate.set()
    assert first.result(20) == ["first in"]
    assert world.send("later").result(20) == ["later in"]
    assert world.work.batches == [["first"], ["later"]]
