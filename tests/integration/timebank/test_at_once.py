"""Real commits from many threads at once: credited once, given once, never below zero."""

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.model import Elder
from server.people.model import User
from server.problems import Problem
from server.timebank import checking, ledger, service, transfers
from server.timebank.model import TimeTransaction
from server.timebank.queries import Member
from server.visits.model import Visit
from shared.rules.months import Month
from tests import factories as make
from tests.conftest import NOW
from tests.integration.timebank.test_credits import at

AT_ONCE = 20
OCTOBER = Month(2026, 10)


@pytest.fixture
def bank(own_url):
    """A county of its own in a database whose commits are real: (engine, county id, member ids)."""
    engine = sa.create_engine(own_url, pool_size=AT_ONCE)
    with Session(engine) as session:
        number = session.scalar(sa.text("SELECT count(*) FROM counties")) or 0
        code = 411002000000 + number * 10**6
        county = make.county(session, code)
        village = make.region(session, code + 1001)
        members = [make.user(session, f"member-{number}-{n}") for n in range(3)]
        for member in members:
            make.grant(session, member, "volunteer", village, county)
        elder = make.elder(session, county, village)
        for member in members:
            make.visit(session, elder, member, at(3, month=10), 45)
        county_id, member_ids = county.id, [m.id for m in members]
        session.commit()
    yield engine, county_id, member_ids
    engine.dispose()


def all_at_once(engine, work: Callable[[Session, int], object]) -> list[object]:
    def one(n: int) -> object:
        with Session(engine) as session:
            try:
                return work(session, n)
            except Problem as refused:
                return refused.code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))


def figures(engine, county_id, user_id) -> dict[str, int]:
    with Session(engine) as session:
        return ledger.balances(session, county_id, ledger.member_account(county_id, user_id))


def assert_sound(engine, county_id) -> None:
    with Session(engine) as session:
        assert checking.verify(session, [county_id]).faults == []


def settle(session, county_id, member_ids) -> None:
    service.settle(session, county_id, {(m, OCTOBER) for m in member_ids}, now=NOW)
    session.commit()


def test_a_visit_settled_twenty_times_at_once_is_credited_once(bank):
    engine, county_id, members = bank
    # half of them in another order: nobody waits in a circle
    all_at_once(engine, lambda s, n: settle(s, county_id, members if n % 2 else members[::-1]))
    for member in members:
        assert figures(engine, county_id, member)["pending"] == 45
    with Session(engine) as session:
        made = session.scalar(
            sa.select(sa.func.count()).select_from(TimeTransaction).where(TimeTransaction.county_id == county_id)
        )
    assert made == 3
    assert_sound(engine, county_id)


def test_closing_while_visits_are_credited_leaves_nothing_pending(bank):
    engine, county_id, members = bank

    def work(session, n):
        if n == 7:
            service.release(session, county_id, OCTOBER, now=NOW)
            session.commit()
        else:
            settle(session, county_id, [members[n % 3]])

    all_at_once(engine, work)
    for member in members:
        assert figures(engine, county_id, member) == {"free": 45, "pending": 0, "held": 0, "debt": 0}
    assert_sound(engine, county_id)


def test_closing_and_crediting_open_accounts_do_not_wait_in_a_circle(bank):
    engine, county_id, members = bank
    with Session(engine) as session:
        settle(session, county_id, members)
        (elder,) = session.scalars(sa.select(Elder).where(Elder.county_id == county_id))
        for user_id in members:
            for day in range(4, 8):
                visit = make.visit(session, elder, session.get(User, user_id), at(day, month=10), 30)
                visit.counts = False
        session.commit()

    def work(session, n):
        if n % 5 == 2:
            service.release(session, county_id, Month(2026, 6 + n // 5), now=NOW)
            session.commit()
            return
        # one more visit of the member counts
        member = members[n % 3]
        start = at(4 + n % 4, month=10)
        session.execute(sa.update(Visit).where(Visit.visitor_id == member, Visit.start == start).values(counts=True))
        settle(session, county_id, [member])

    all_at_once(engine, work)
    assert_sound(engine, county_id)


def rich(bank):
    engine, county_id, members = bank
    with Session(engine) as session:
        settle(session, county_id, members)
        service.release(session, county_id, OCTOBER, now=NOW)
        session.commit()
    return engine, county_id, members


def give(session, county_id, giver, taker, minutes, transfer_id=None):
    transfers.transfer(
        session, Member(county_id, giver), transfer_id or uuid.uuid4(), str(taker), minutes, "", now=NOW,
        today=dt.date(2026, 11, 14),
    )  # fmt: skip
    return "given"


def test_twenty_gifts_at_once_never_go_below_zero(bank):
    engine, county_id, (giver, taker, _) = rich(bank)
    answers = all_at_once(engine, lambda s, n: give(s, county_id, giver, taker, 10))
    assert sorted(answers) == ["balance_short"] * 16 + ["given"] * 4
    assert figures(engine, county_id, giver)["free"] == 5
    assert figures(engine, county_id, taker)["free"] == 85
    assert_sound(engine, county_id)


def test_one_gift_sent_twenty_times_at_once_is_given_once(bank):
    engine, county_id, (giver, taker, _) = rich(bank)
    transfer_id = uuid.uuid4()
    answers = all_at_once(engine, lambda s, n: give(s, county_id, giver, taker, 10, transfer_id))
    assert answers == ["given"] * AT_ONCE
    assert figures(engine, county_id, giver)["free"] == 35


def test_gifts_in_a_circle_do_not_wait_for_each_other_for_ever(bank):
    engine, county_id, members = rich(bank)
    answers = all_at_once(
        engine, lambda s, n: give(s, county_id, members[n % 3], members[(n + 1) % 3], 1)
    )
    assert set(answers) == {"given"}
    assert sum(figures(engine, county_id, m)["free"] for m in members) == 135
    assert_sound(engine, county_id)
