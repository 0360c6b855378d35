"""Credits of visits: what is pending, what is free, what is owed back."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server.pairings.model import Pairing
from server.timebank import ledger, service
from server.timebank.model import Posting, TimeTransaction
from server.visits.model import Visit
from shared.rules.months import Month
from tests import factories as make

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


def at(day: int, hour: int = 2, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)


@pytest.fixture
def place(session):
    county = make.county(session)
    village = make.region(session, 411002001001)
    volunteer = make.user(session)
    make.grant(session, volunteer, "volunteer", village, county)
    return county, village, volunteer


def figures(session, county, user) -> dict[str, int]:
    found = ledger.balances(session, county.id, ledger.member_account(county.id, user.id))
    return {bucket: minutes for bucket, minutes in found.items() if minutes}


def settle(session, county, user, *months, now):
    service.settle(session, county.id, {(user.id, month) for month in months}, now=now)


def counts(session, visit, value):
    session.execute(sa.update(Visit).where(Visit.id == visit.id).values(counts=value))


def unbalanced(session) -> list:
    return list(
        session.execute(
            sa.select(Posting.transaction_id).group_by(Posting.transaction_id).having(sa.func.sum(Posting.minutes) != 0)
        )
    )


def test_a_counting_visit_of_a_volunteer_is_pending_and_twice_is_once(session, place, now):
    county, village, volunteer = place
    make.visit(session, make.elder(session, county, village), volunteer, at(3), 45)
    settle(session, county, volunteer, NOVEMBER, now=now)
    settle(session, county, volunteer, NOVEMBER, now=now)
    assert figures(session, county, volunteer) == {"pending": 45}
    assert session.scalar(sa.select(sa.func.count()).select_from(TimeTransaction)) == 1
    assert not unbalanced(session)


def test_staff_and_kin_earn_nothing(session, place, now):
    county, village, volunteer = place
    elder = make.elder(session, county, village)
    worker = make.user(session)
    make.grant(session, worker, "social_worker", village, county)
    make.pairing(session, elder, volunteer, "family")
    make.visit(session, elder, worker, at(3))
    make.visit(session, elder, volunteer, at(4))
    service.settle(session, county.id, {(worker.id, NOVEMBER), (volunteer.id, NOVEMBER)}, now=now)
    assert figures(session, county, worker) == figures(session, county, volunteer) == {}


def test_kin_whose_tie_began_later_keep_what_they_earned_before(session, place, now):
    county, village, volunteer = place
    elder = make.elder(session, county, village)
    make.visit(session, elder, volunteer, at(3), 20)
    make.pairing(session, elder, volunteer, "family", starts_at=at(5))
    settle(session, county, volunteer, NOVEMBER, now=now)
    assert figures(session, county, volunteer) == {"pending": 20}
    assert session.scalar(sa.select(sa.func.count()).select_from(Pairing)) == 1


def test_a_visit_before_the_role_began_earns_nothing(session, place, now):
    county, village, _ = place
    late = make.user(session)
    make.grant(session, late, "volunteer", village, county).valid_from = dt.date(2026, 11, 10)
    elder = make.elder(session, county, village)
    make.visit(session, elder, late, at(9), 20)
    make.visit(session, elder, late, at(9, 16), 25)  # the 10th already in Shanghai
    settle(session, county, late, NOVEMBER, now=now)
    assert figures(session, county, late) == {"pending": 25}


def test_a_rejected_visit_is_reversed_while_pending_and_owed_after_the_closing(session, place, now):
    county, village, volunteer = place
    elder = make.elder(session, county, village)
    one, other = (make.visit(session, elder, volunteer, at(day, month=10), 40) for day in (3, 4))
    settle(session, county, volunteer, OCTOBER, now=now)
    counts(session, one, False)
    settle(session, county, volunteer, OCTOBER, now=now)
    assert figures(session, county, volunteer) == {"pending": 40}
    assert service.release(session, county.id, OCTOBER, now=now) == 40
    assert service.release(session, county.id, OCTOBER, now=now) == 0
    assert figures(session, county, volunteer) == {"free": 40}
    counts(session, other, False)
    settle(session, county, volunteer, OCTOBER, now=now)
    assert figures(session, county, volunteer) == {"free": 40, "debt": 40}
    assert not unbalanced(session)


def test_the_next_earnings_repay_a_debt_first(session, place, now):
    county, village, volunteer = place
    elder = make.elder(session, county, village)
    visit = make.visit(session, elder, volunteer, at(3, month=10), 40)
    settle(session, county, volunteer, OCTOBER, now=now)
    service.release(session, county.id, OCTOBER, now=now)
    counts(session, visit, False)
    make.visit(session, elder, volunteer, at(3), 60)
    settle(session, county, volunteer, OCTOBER, NOVEMBER, now=now)
    assert figures(session, county, volunteer) == {"free": 40, "debt": 40, "pending": 60}
    service.release(session, county.id, NOVEMBER, now=now)
    assert figures(session, county, volunteer) == {"free": 60}
    assert not unbalanced(session)


def test_what_is_credited_after_the_closing_is_free_at_once(session, place, now):
    county, village, volunteer = place
    elder = make.elder(session, county, village)
    service.release(session, county.id, OCTOBER, now=now)
    make.visit(session, elder, volunteer, at(3, month=10), 40, assurance="doubtful")
    settle(session, county, volunteer, OCTOBER, now=now)
    assert figures(session, county, volunteer) == {"free": 40}


def test_a_focused_elder_may_ask_for_more_than_four_credited_visits(session, place, now):
    from server.duties.model import Duty
    from server.policies import service as policies

    county, village, volunteer = place
    policies.create_defaults(session, county.id, now)
    elders = [make.elder(session, county, village, policy_id=p) for p in ("universal", "focused")]
    for elder in elders:
        session.add(
            Duty(
                county_id=county.id, elder_id=elder.id, kind="month", starts_on=OCTOBER.first, ends_on=OCTOBER.last,
                month=OCTOBER.first, region_id=village.id, policy_id=elder.policy_id, policy_version=1,
            )
        )  # fmt: skip
        for day in (1, 8, 15, 22, 29, 30):
            make.visit(session, elder, volunteer, at(day, month=10), 10)
    session.flush()
    settle(session, county, volunteer, OCTOBER, now=now)
    # October 2026 holds five Thursdays: five weeks are owed to the focused elder
    assert figures(session, county, volunteer) == {"pending": 40 + 50}


def test_a_batch_of_many_members_costs_the_same_queries_as_one(session, place, now, queries):
    county, village, volunteer = place
    elder = make.elder(session, county, village)
    make.visit(session, elder, volunteer, at(3))
    settle(session, county, volunteer, NOVEMBER, now=now)
    members = [make.user(session) for _ in range(7)]
    for member in members:
        make.grant(session, member, "volunteer", village, county)
        for day in (1, 2, 3):
            make.visit(session, elder, member, at(day))
    with queries() as few:
        service.settle(session, county.id, {(members[0].id, NOVEMBER)}, now=now)
    with queries() as many:
        service.settle(session, county.id, {(m.id, NOVEMBER) for m in members[1:]}, now=now)
    assert len(many) == len(few)
    with queries() as nothing_new:
        service.settle(session, county.id, {(m.id, NOVEMBER) for m in members}, now=now)
    assert len(nothing_new) <= 3
