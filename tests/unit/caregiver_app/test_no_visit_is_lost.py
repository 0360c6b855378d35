"""Whatever the line does and whenever the app is killed: each saved visit once on the server, and both agree."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caregiver_app.store.store import ENROLLED
from tests.unit.caregiver_app.world import JPEG, World

ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("visit"), st.integers(0, 4), st.sampled_from(["met", "not_home", "refused", "urgent", "photo"])
        ),
        st.tuples(st.just("step"), st.integers(1, 6)),
        st.tuples(st.just("wait"), st.sampled_from([1, 60, 4000, 90_000])),
        st.tuples(st.just("kill")),
        st.tuples(st.just("reboot")),
        st.tuples(st.just("unpair"), st.integers(0, 4)),
        st.tuples(st.just("touch"), st.integers(0, 4)),
        st.tuples(st.just("backup")),
        st.tuples(st.just("restore")),
        st.tuples(st.just("forget_tokens")),
        st.tuples(st.just("draft"), st.integers(0, 4)),
        st.tuples(st.just("clock"), st.integers(-5, 5)),
    ),
    max_size=40,
)
FAULTS = st.fixed_dictionaries(
    {
        "lost": st.sampled_from([0.0, 0.1, 0.3]),
        "unanswered": st.sampled_from([0.0, 0.1, 0.3]),
        "twice": st.sampled_from([0.0, 0.2]),
        "stranger": st.sampled_from([0.0, 0.1]),
        "busy": st.sampled_from([0.0, 0.1]),
    }
)


def play(world: World, actions: list[tuple], saved: set[str]) -> None:
    backup = world.server.backup()
    for name, *values in actions:
        match name, values:
            case "visit", [number, kind]:
                outcome = kind if kind in ("not_home", "refused") else "met"
                photo = JPEG[: 2000 + len(saved)] if kind == "photo" else b""
                saved.add(world.visit(number, outcome=outcome, urgent=kind == "urgent", photo=photo))
            case "step", [count]:
                for _ in range(count):
                    world.clock.advance(min(5, world.phone.engine.step() or 0))
            case "wait", [seconds]:
                world.clock.advance(seconds)
            case "kill", []:
                world.kill()
            case "reboot", []:
                world.clock.reboot()
            case "unpair", [number]:
                world.server.state.paired["liu"] ^= {world.elder_ids[number]}
            case "touch", [number]:
                world.server.touch(world.elder_ids[number])
            case "backup", []:
                backup = world.server.backup()
            case "restore", []:
                world.server.restore(backup)
            case "forget_tokens", []:
                world.server.state.tokens.clear()
            case "draft", [number]:
                world.phone.begin_visit(world.elder_ids[number]).set_note("…")
            case "clock", [hours]:
                world.clock.wrong += hours * (world.clock.real - world.clock.booted) / 100


def agree(world: World, saved: set[str]) -> None:
    """Phone and server, word for word."""
    rows = {row.id: row for row in world.phone.store.outbox.all()}
    assert set(rows) == saved
    assert {row.state for row in rows.values()} <= {"sent"}
    assert set(world.server.state.visits) == saved
    for visit_id, row in rows.items():
        assert world.server.state.visits[visit_id]["raw"] == json.loads(row.frozen)
    mine = world.server.state.paired["liu"]
    held = {elder["id"]: elder for elder in world.phone.store.cache.all("elders")}
    assert held == {one: world.server.state.elders[one] for one in mine}
    named = {(visit_id, digest) for visit_id, row in rows.items() for digest in row.visit()["photos"]}
    assert set(world.server.state.photos) == named


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions=ACTIONS, faults=FAULTS, seed=st.integers(0, 2**32), page=st.sampled_from([2, 500]))
def test_every_saved_visit_arrives_exactly_once_and_both_sides_agree(actions, faults, seed, page):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), seed=seed, page=page)
        world.enrol()
        saved: set[str] = set()
        for name, chance in faults.items():
            setattr(world.line, name, chance)
        try:
            play(world, actions, saved)
            for name in faults:
                setattr(world.line, name, 0.0)
            world.phone.outbox.send_now()
            world.settle()
            assert world.phone.store.standing == ENROLLED
            agree(world, saved)
        finally:
            world.phone.stop()


class Torn(Exception):
    """The process dies here."""


class Dying:
    """A connection that dies at its nth statement, and rolls back like a killed process would."""

    def __init__(self, real: sqlite3.Connection, after: int) -> None:
        self.real, self.left = real, after

    def execute(self, sql: str, values=()):
        if sql != "ROLLBACK":
            self.left -= 1
            if self.left < 0:
                raise Torn
        return self.real.execute(sql, values)

    def __getattr__(self, name: str):
        return getattr(self.real, name)


def killed_at(world: World, after: int, do: Callable[[], object]) -> bool:
    """Do something and be killed after so many statements; the app is then started anew → whether it was done."""
    database = world.phone.store.database
    real = database._connection
    database._connection = Dying(real, after)
    try:
        do()
    except Torn:
        done = False
    else:
        done = True
    if real.in_transaction:
        real.execute("ROLLBACK")
    database._connection = real
    world.kill()
    return done


@pytest.mark.parametrize("away", [False, True])
def test_a_kill_at_any_statement_of_a_photos_coming_or_going_leaves_no_photo_that_its_visit_does_not_name(
    tmp_path, away
):
    for after in range(60):
        world = World(tmp_path / str(after))
        world.enrol()
        visit = world.phone.begin_visit(world.elder_ids[0])
        visit.all_good()
        visit.add_photo(JPEG[:900])
        digest = visit.view().photos[0].sha256
        done = killed_at(world, after, lambda v=visit, d=digest: v.remove_photo(d) if away else v.add_photo(JPEG[:800]))
        named = world.phone.open_draft(visit.draft_id)._draft()["photos"]
        kept = [photo.sha256 for photo in world.phone.store.photos.of(visit.draft_id)]
        assert sorted(kept) == sorted(named), after
        assert all(world.phone.store.photos.read(one) for one in named)
        world.phone.stop()
        if done:
            return
    raise AssertionError("never done")


def test_a_kill_at_any_statement_of_saving_leaves_the_visit_in_exactly_one_place(tmp_path):
    places = set()
    for after in range(40):
        world = World(tmp_path / str(after))
        world.enrol()
        visit = world.phone.begin_visit(world.elder_ids[0])
        visit.all_good()
        visit.add_photo(JPEG[:900])
        done = killed_at(world, after, visit.save)
        draft = visit.draft_id in world.phone.drafts()
        kept = world.phone.store.outbox.get(visit.draft_id) is not None
        assert draft != kept, after
        assert kept or not done
        photo = world.phone.store.photos.of(visit.draft_id)[0]
        assert photo.state == ("waiting" if kept else "draft")
        assert world.phone.store.photos.read(photo.sha256) == JPEG[:900]
        places.add("outbox" if kept else "draft")
        world.phone.stop()
        if done:
            break
    assert places == {"draft", "outbox"}
