"""The short form of `scripts/faults cuts`: every exchange cut at a few hundred bytes."""

from caregiver_app.sync import push
from tests.faults.cuts import PLAYS, cuts


def test_an_exchange_cut_at_any_byte_loses_nothing_and_doubles_nothing():
    runs = cuts("sqlite", None, step=701, seed=1)
    assert {run.name: run.violations for run in runs} == {f"cuts {name}": [] for name in PLAYS}
    assert sum(run.figures["cut"] for run in runs) > 100


def test_a_phone_that_blamed_an_item_for_a_cut_line_would_be_noticed(monkeypatch):
    monkeypatch.setattr(push, "CUT", "another word")
    (run,) = cuts("sqlite", None, step=401, seed=1, plays=("events",))
    assert [sentence for sentence in run.violations if "refused" in sentence], run.violations
