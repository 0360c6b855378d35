"""A simulator that cannot fail proves nothing: each of these mistakes, made on purpose, is noticed."""

import tempfile
from pathlib import Path

import pytest

from caregiver_app.store.cache import Cache
from caregiver_app.store.drafts import Drafts
from caregiver_app.store.outbox import Outbox
from caregiver_app.sync import offset
from server import outcomes
from tests.sim.house import built
from tests.sim.run import folder
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


def takes_every_boot_for_the_same(patch):
    start = offset.start_block

    def block(meta, clock):
        return {**start(meta, clock), "boot": (meta.get("clock") or {}).get("learnt_boot", "b")}

    patch.setattr("caregiver_app.presenters.draft.start_block", block)


def tells_phones_nothing_of_what_visits_changed(patch):
    patch.setattr(outcomes, "_renew_cards", lambda *given: None)


def forgets_to_credit_what_was_reviewed(patch):
    settle = outcomes.settle_visits

    def without_credits(*given, **named):
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(outcomes.timebank, "settle", lambda *given, **named: None)
            settle(*given, **named)

    patch.setattr(outcomes, "settle_visits", without_credits)


# The mistake, the lives in which it shows, and a word of what is then said.
MISTAKES = (
    (forgets_what_a_restored_server_lost, (10,), "0 times on the server"),
    (keeps_the_draft_of_what_was_saved, (1,), ""),
    (keeps_elders_who_are_no_longer_theirs, (12,), "differs"),
    (takes_every_boot_for_the_same, (0,), "proved to have begun"),
    (tells_phones_nothing_of_what_visits_changed, (0,), "differs"),
    (forgets_to_credit_what_was_reviewed, (0,), "is credited"),
)


@pytest.mark.parametrize(("mistake", "seeds", "words"), MISTAKES, ids=lambda given: getattr(given, "__name__", None))
def test_a_mistake_is_noticed(house, monkeypatch, mistake, seeds, words):
    mistake(monkeypatch)
    said = []
    for seed in seeds:
        phones = house.folder / "phones"
        phones.mkdir()
        said += live(house, phones, seed).violations
    assert [sentence for sentence in said if words in sentence], said[:5]
