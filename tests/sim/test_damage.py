"""Phones whose database was harmed at random places (`scripts/faults damage` harms hundreds)."""

import tempfile
from pathlib import Path

from tests.quick import folder
from tests.sim.damage import damage
from tests.sim.house import built


def test_a_damaged_phone_says_so_and_delivers_what_was_saved():
    with tempfile.TemporaryDirectory(prefix="yuetan-sim-", dir=folder()) as place, built(Path(place)) as house:
        done = damage(house, Path(place) / "phones", rounds=12, seed=1)
    assert done.violations == []
    assert done.figures["head: said so"] == done.figures["head: rounds"]
