"""Forty lives of a small county, drawn from seeds (`scripts/faults sim` lives thousands an hour)."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.quick import folder
from tests.sim.house import built
from tests.sim.world import live

SEEDS = range(40)
ROOT = Path(__file__).parents[2]
DIGESTS = """
import json, sys, tempfile
from pathlib import Path
from tests.sim.house import built
from tests.quick import folder
from tests.sim.world import live
with tempfile.TemporaryDirectory(dir=folder()) as place, built(Path(place)) as house:
    digests = {}
    for seed in json.loads(sys.argv[1]):
        phones = Path(place) / "phones"
        phones.mkdir()
        digests[seed] = live(house, phones, seed).digest
print(json.dumps(digests))
"""


@pytest.fixture(scope="module")
def house():
    with tempfile.TemporaryDirectory(prefix="yuetan-sim-", dir=folder()) as place, built(Path(place)) as made:
        yield made


@pytest.fixture
def phones(house):
    made = house.folder / "phones"
    made.mkdir()
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_at_the_end_of_every_life_nothing_is_lost_nothing_is_twice_and_all_agree(house, phones, seed):
    life = live(house, phones, seed)
    assert life.violations == [], "\n".join([*life.trace[-60:], *life.violations])


def test_the_same_seed_lives_the_same_life_in_another_process():
    # Two at once, each with other hashes: the order of a set must not show either.
    running = [
        subprocess.Popen(
            [sys.executable, "-c", DIGESTS, json.dumps([3, 16])], stdout=subprocess.PIPE, cwd=ROOT, text=True,
            env={**os.environ, "PYTHONHASHSEED": hashing, "PYTHONPATH": str(ROOT)},
        )
        for hashing in "12"
    ]  # fmt: skip
    one, other = (json.loads(process.communicate()[0]) for process in running)
    assert one == other
    assert len(set(one.values())) == 2


def test_lives_on_postgresql_hold_too(tmp_path, postgres):
    with built(tmp_path, "postgresql", postgres) as house:
        phones = tmp_path / "phones"
        phones.mkdir()
        life = live(house, phones, 14)
        assert life.violations == [], "\n".join([*life.trace[-60:], *life.violations])
