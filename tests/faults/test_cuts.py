"""The short form of `scripts/faults cuts`: every exchange cut at a few hundred bytes."""

from tests.faults.cuts import PLAYS, cuts


def test_an_exchange_cut_at_any_byte_loses_nothing_and_doubles_nothing():
    runs = cuts("sqlite", None, step=401, seed=1)
    assert {run.name: run.violations for run in runs} == {f"cuts {name}": [] for name in PLAYS}
    assert sum(run.figures["cut"] for run in runs) > 100
