"""20 kbit/s, 600 ms each way, packets lost: what is sent, in which order, in which pieces, and how soon."""

from __future__ import annotations

import random

import pytest

from caregiver_app.presenters.events import tell
from tests.fakes.shaped_line import ShapedLine
from tests.unit.caregiver_app.world import JPEG, World


def bad(world: World, seed: int, **shape: float) -> ShapedLine:
    """From now on the phone is on such a line, and its tokens have run out meanwhile."""
    line = ShapedLine(world.server, world.clock, random.Random(seed), **shape)
    world.phone.store.meta.set(access_token=None)
    object.__setattr__(world.phone.engine._link, "http", line)
    return line


def until_sent(world: World, within_s: float) -> float:
    """Step as the app's thread does → virtual seconds until no visit waits."""
    began = world.clock.real
    world.phone.engine.kick()
    while world.phone.store.outbox.counts()["pending"]:
        passed = (world.clock.real - began).total_seconds()
        assert passed < within_s, world.phone.engine.status
        world.clock.advance(min(world.phone.engine.step() or 0, 300))
    return (world.clock.real - began).total_seconds()


def once(world: World, ids: list[str]) -> None:
    """Every visit is there, and its bytes were taken in once."""
    assert set(world.states().values()) == {"sent"}
    assert sorted(world.server.state.visits) == sorted(ids)
    assert sorted(world.server.arrivals) == sorted(ids)


@pytest.mark.parametrize("seed", range(12))
def test_twenty_visits_are_through_within_a_minute_on_a_line_that_loses_one_packet_in_twenty(world: World, seed):
    ids = [world.visit(n) for n in range(20)]
    bad(world, seed)
    assert until_sent(world, 60.0) <= 60.0
    once(world, ids)


@pytest.mark.parametrize("seed", [0, 1, 4, 5, 6, 7])
def test_on_a_line_that_loses_every_third_packet_batches_shrink_to_one_and_all_is_there_once(world: World, seed):
    """Seeds in which the line is bad enough: with luck three at a time get through."""
    ids = [world.visit(n) for n in range(60)]
    line = bad(world, seed, loss=0.3, silent=0.2)
    until_sent(world, 6 * 3600.0)
    assert min(world.server.batches) == 1
    assert line.broken > 5
    once(world, ids)


@pytest.mark.parametrize("seed", range(4))
def test_everything_is_through_in_the_end_photos_last_and_never_begun_anew(world: World, seed):
    ids = [world.visit(n, photo=JPEG[: 60_000 + n] if n < 3 else b"") for n in range(6)]
    line = bad(world, seed, loss=0.05, silent=0.1)
    until_sent(world, 3600.0)
    assert not world.server.state.photos
    for _ in range(2000):
        if world.phone.store.photos.counts() == {"sent": 3}:
            break
        world.clock.advance(min(world.phone.engine.step() or 0, 300))
    assert sorted(len(data) for data in world.server.state.photos.values()) == [60_000, 60_001, 60_002]
    assert {key[0] for key in world.server.state.photos} == set(ids[:3])
    through = sum(size for path, size, well in line.log if "/photos/" in path and well)
    assert through < 3 * 60_000 * 1.4, "what is there is not sent again"
    sizes = [size for path, size, _ in line.log if "/photos/" in path]
    assert max(sizes) < 40_000, "no part takes much longer than ten seconds on this line"


def test_a_call_for_help_is_not_held_up_by_photos_for_longer_than_a_part_takes(world: World):
    world.visit(0, photo=JPEG[:250_000])
    bad(world, 1, loss=0.0)
    until_sent(world, 60)
    waits = []
    for _ in range(4):
        world.phone.engine.step()
        before = world.clock.real
        tell(world.phone._common, "sos", world.elder_ids[0], {"words": ""}, urgent=True)
        world.phone.engine.saved(urgent=True)
        world.phone.engine.step()
        assert world.phone.store.events.counts()["pending"] == 0
        waits.append((world.clock.real - before).total_seconds())
    assert max(waits) < 4


def test_a_list_of_five_hundred_comes_through_a_line_that_breaks_twice_a_minute(tmp_path):
    world = World(tmp_path, elders=500)
    world.enrol()
    world.phone.store.meta.set(cursor=None)
    line = bad(world, 3, loss=0.03, rate=200_000.0)
    world.phone.engine.kick()
    for _ in range(400):
        world.clock.advance(min(world.phone.engine.step() or 0, 30))
        if world.phone.store.meta.get("cursor") and world.phone.store.meta.get("incoming_cursor") is None:
            break
    assert len(world.phone.store.cache.all("elders")) == 500
    assert world.phone.store.meta.get("cursor")
    assert line.broken > 0
    world.phone.stop()
