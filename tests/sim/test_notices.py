"""A simulator that cannot fail proves nothing: each of these mistakes, made on purpose, is noticed."""

import tempfile
from pathlib import Path

import pytest

from caregiver_app.store.cache import Cache
from caregiver_app.store.drafts import Drafts
from caregiver_app.store.outbox import Outbox
from tests.quick import folder
from tests.sim.house import built
from tests.sim.world import live


@pytest.fixture(scope="module")
def house():
    with tempfile.TemporaryDirectory(prefix="yuetan-sim-", dir=folder()) as place, built(Path(place)) as made:
        yield made


def forgets_what_a_restored_server_lost(patch):
    patch.setattr(Outbox, "all_again", lambda self: 0)


def keeps_the_draft_of_what_was_saved(patch):
    patch.setattr(Drafts, "delete", lambda self, visit_id: None)


def keeps_elders_who_are_no_longer_theirs(patch):
    patch.setattr(Cache, "_remove_elders", lambda self, table, page: None)


# The mistake, the lives in which it shows, and a word of what is then said.
MISTAKES = (
    (forgets_what_a_restored_server_lost, (10, 13), "0 times on the server"),
    (keeps_the_draft_of_what_was_saved, (1, 3), ""),
    (keeps_elders_who_are_no_longer_theirs, (12, 3, 5), "differs"),
)


@pytest.mark.parametrize(("mistake", "seeds", "words"), MISTAKES, ids=lambda given: getattr(given, "__name__", None))
def test_a_mistake_is_noticed(house, monkeypatch, mistake, seeds, words):
    mistake(monkeypatch)
    said: list[str] = []
    for seed in seeds:
        if any(words in sentence for sentence in said):
            break
        phones = house.folder / "phones"
        phones.mkdir()
        said += live(house, phones, seed).violations
    assert [sentence for sentence in said if words in sentence], said[:5]
