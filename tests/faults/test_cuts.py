"""The short form of `scripts/faults cuts`: every exchange cut at a few hundred bytes."""

from tests.faults.cuts import cuts
from tests.faults.world import world


def test_an_exchange_cut_at_any_byte_loses_nothing_and_doubles_nothing(tmp_path):
    with world("sqlite", tmp_path / "server", None, visitors=2, elders_each=4, seed=1) as made:
        run = cuts(made, tmp_path / "phone", step=401, seed=1)
    assert run.violations == []
    assert run.figures["cut"] > 100
