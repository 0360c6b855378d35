"""A fault run that could not fail proves nothing: each kind of harm, done by hand, is noticed."""

import contextlib
import random
import sqlite3

import pytest
import sqlalchemy as sa

from server import clock, intake
from server.elders import vault
from tests.faults import sound
from tests.faults.items import draw
from tests.faults.world import world

HARM = {
    "UPDATE village_counts SET visited = visited + 1": "village counts",
    "UPDATE duties SET done = done + 1 WHERE done > 0": "stands as",
    "UPDATE visits SET counts = NOT counts": "counts otherwise",
    "UPDATE visits SET outcome = 'refused' WHERE id = (SELECT min(id) FROM visits)": "does not read as its row says",
    "UPDATE visits SET counts = 0 WHERE counts = 1": "time bank",
    "DELETE FROM judgements": "has 0 judgements",
    "UPDATE balances SET minutes = minutes + 1": "time bank",
    "UPDATE judgements SET visit_id = elder_id FROM visits": "which is not there",
    "INSERT INTO photos (county_id, id, visit_id, sha256, received, file_id, updated_at) "
    "SELECT county_id, id, id, 'ab', 3, id, received_at FROM visits LIMIT 1": "named by no visit",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with world("sqlite", tmp_path_factory.mktemp("harm"), None, visitors=2, elders_each=3, seed=1) as found:
        with found.session() as own:
            rng, now = random.Random(1), clock.now()
            name, user_id = max(found.visitors.items())
            items = [draw(rng, found.paired[name], now, outcome="met", channel="home", reason=None) for _ in range(4)]
            sender = intake.Sender(user_id, found.county_id)
            results = intake.receive(own, sender, items, vault=vault.current(), now=now)
            assert [result.status for result in results] == ["accepted"] * 4
        yield found


def test_nothing_is_wrong_where_nothing_was_harmed(made):
    assert sound.violations(made) == []


@pytest.mark.parametrize("harm", HARM)
def test_harm_is_noticed(made, harm):
    path = sa.make_url(made.url).database
    with contextlib.closing(sqlite3.connect(path)) as file, contextlib.closing(sqlite3.connect(":memory:")) as kept:
        file.backup(kept)
        try:
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                file.execute(f"DROP TRIGGER {name}")
            file.execute(harm)
            file.commit()
            assert [words for words in sound.violations(made) if HARM[harm] in words]
        finally:
            made.forget_connections()
            kept.backup(file)
