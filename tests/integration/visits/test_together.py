"""What several people sent, taken in in one transaction, is what each would have got alone."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server import intake
from server.elders.vault import Vault
from server.timebank import queries as bank
from server.visits.model import Refusal, Visit
from tests import factories as make
from tests.conftest import NOW
from tests.people import VILLAGE
from tests.visits import sent

VAULT = Vault("a secret of these tests")


@pytest.fixture
def pair(session, place):
    """Two volunteers of one village, each with an elder of their own and one they share."""
    people = []
    village = place.regions[VILLAGE]
    shared = make.elder(session, place.county, village, lat=34.02, lon=113.8)
    for _ in range(2):
        user = place.user(("volunteer", VILLAGE))
        own = make.elder(session, place.county, village, lat=34.021, lon=113.801)
        for elder in (own, shared):
            make.pairing(session, elder, user)
        people.append((user, own.id, shared.id))
    session.flush()
    return people


def deliver(session, place, *deliveries):
    senders = [(intake.Sender(user.id, place.county.id), items) for user, items in deliveries]
    return intake.receive_together(session, senders, vault=VAULT, now=NOW)


def test_each_visit_is_its_sender_s_and_earns_them_minutes(session, place, pair):
    (one, own, shared), (two, other, _) = pair
    at = NOW - dt.timedelta(hours=3)
    results = deliver(
        session, place,
        (one, [sent(own, at), sent(shared, at + dt.timedelta(hours=1))]),
        (two, [sent(other, at)]),
    )  # fmt: skip
    assert [[r.status for r in of_one] for of_one in results] == [["accepted", "accepted"], ["accepted"]]
    owners = {row.elder_id: row.visitor_id for row in session.execute(sa.select(Visit.elder_id, Visit.visitor_id))}
    assert owners == {own: one.id, shared: one.id, other: two.id}
    for user, visits in ((one, 2), (two, 1)):
        assert bank.card(session, place.county.id, user.id, now=NOW)["pending_minutes"] == 20 * visits


def test_overlapping_visits_of_two_people_are_no_travel_of_one(session, place, pair):
    (one, own, _), (two, other, _) = pair
    at = NOW - dt.timedelta(hours=3)
    together = deliver(session, place, (one, [sent(own, at)]), (two, [sent(other, at)]))
    assert [[f["code"] for f in r.flags] for batch in together for r in batch] == [
        [f["code"] for f in r.flags]
        for user, elder in ((one, own), (two, other))
        for r in deliver(session, place, (user, [sent(elder, at - dt.timedelta(days=2))]))[0]
    ]


def test_the_same_sent_twice_by_one_person_is_a_duplicate_by_another_reused(session, place, pair):
    (one, own, _), (two, _, _) = pair
    item = sent(own, NOW - dt.timedelta(hours=3))
    first, again, foreign = deliver(session, place, (one, [item]), (one, [item]), (two, [item]))
    assert (first[0].status, again[0].status) == ("accepted", "duplicate")
    assert (foreign[0].status, foreign[0].error, foreign[0].assurance) == ("rejected", "id_reused", None)
    assert session.scalar(sa.select(Refusal.user_id)) == two.id


def test_one_who_is_not_paired_does_not_borrow_another_s_tie(session, place, pair):
    (one, own, _), (two, _, _) = pair
    at = NOW - dt.timedelta(hours=3)
    mine, theirs = deliver(session, place, (one, [sent(own, at)]), (two, [sent(own, at)]))
    assert "not_paired" not in {f["code"] for f in mine[0].flags}
    assert "not_paired" in {f["code"] for f in theirs[0].flags}
