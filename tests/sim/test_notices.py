"""A simulator that cannot fail proves nothing: each of these mistakes, made on purpose, is noticed."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from caregiver_app.store.cache import Cache
from caregiver_app.store.drafts import Drafts
from caregiver_app.store.outbox import Outbox
from caregiver_app.sync.link import DONE
from caregiver_app.sync.push import Push
from server.sync import photos
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


def calls_sent_what_had_no_receipt(patch):
    failed = Push._failed

    def believed(self, items, outcome):
        if outcome.code != "network":
            return failed(self, items, outcome)
        self._queue.answered([{"id": item.id, "status": "accepted"} for item in items], at=self._link.at())
        return DONE

    patch.setattr(Push, "_failed", believed)


def takes_whatever_comes_for_a_photo(patch):
    class Alike(str):
        __hash__ = str.__hash__

        def __ne__(self, other):
            return False

    taken = SimpleNamespace(sha256=lambda data: SimpleNamespace(hexdigest=Alike))
    patch.setattr(photos, "hashlib", taken)


# The mistake, the lives in which it shows, and a word of what is then said.
MISTAKES = (
    (forgets_what_a_restored_server_lost, (10, 13), "0 times on the server"),
    (keeps_the_draft_of_what_was_saved, (1, 3), ""),
    (calls_sent_what_had_no_receipt, (0, 6), "the server has none"),
    (takes_whatever_comes_for_a_photo, (41,), "holds other bytes"),
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
