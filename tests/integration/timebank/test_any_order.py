"""Whatever order visits, decisions and closings come in: the figures are those worked out from scratch, and every
transaction sums to zero."""

import datetime as dt

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.timebank import checking, ledger, service
from server.timebank.model import TimeTransaction
from server.visits.model import Visit
from shared.rules.credit import Creditable, CreditRules, credit_month
from shared.rules.months import Month, local_date
from tests import factories as make

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
START = dt.datetime(2026, 10, 30, 12, tzinfo=SHANGHAI)  # the end of a month is near
MONTHS = (Month(2026, 10), Month(2026, 11))
RULES = CreditRules(standard_min=60, day_max_min=100, per_elder_month=2)  # caps that are met soon

VISIT = st.tuples(st.just("visit"), st.integers(0, 1), st.integers(0, 1), st.integers(0, 80), st.integers(0, 90))
TURN = st.tuples(st.just("turn"), st.integers(0, 9))  # a director accepts or rejects the n-th visit
CLOSE = st.tuples(st.just("close"), st.integers(0, 1))
EVENTS = st.lists(st.one_of(VISIT, VISIT, TURN, TURN, CLOSE), max_size=18)


def figures(session, county, member) -> dict[str, int]:
    return ledger.balances(session, county.id, ledger.member_account(county.id, member.id))


def play(session, county, members, elders, events, now) -> set[Month]:
    """Let it happen, settling only what each event touches. → the months that were closed."""
    visits: list[Visit] = []
    closed: set[Month] = set()
    for event in events:
        if event[0] == "visit":
            _, who, whom, hours, minutes = event
            start = START + dt.timedelta(hours=hours)
            visits.append(make.visit(session, elders[whom], members[who], start, minutes))
        elif event[0] == "turn" and visits:
            visit = visits[event[1] % len(visits)]
            visit.counts = not visit.counts
            session.flush()
        elif event[0] == "close":
            service.release(session, county.id, MONTHS[event[1]], now=now)
            closed.add(MONTHS[event[1]])
            continue
        else:
            continue
        touched = visits[-1] if event[0] == "visit" else visit
        month = Month.of(local_date(touched.start, SHANGHAI))
        service.settle(session, county.id, {(touched.visitor_id, month)}, now=now)
    return closed


def from_scratch(session, county, member) -> dict[Month, int]:
    counting = session.scalars(sa.select(Visit).where(Visit.visitor_id == member.id, Visit.counts))
    by_month: dict[Month, list[Creditable]] = {month: [] for month in MONTHS}
    for v in counting:
        day = local_date(v.start, SHANGHAI)
        by_month[Month.of(day)].append(Creditable(v.id, v.elder_id, v.start, day, v.stay_s))
    return {month: sum(credit_month(found, RULES).values()) for month, found in by_month.items()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_figures_are_those_worked_out_from_scratch_in_any_order(session, now, events):
    with session.begin_nested() as undone:
        county = make.county(session)
        county.settings = {"timebank": {"day_max_min": RULES.day_max_min, "per_elder_month": RULES.per_elder_month}}
        village = make.region(session, 411002001001)
        members = [make.user(session) for _ in range(2)]
        for member in members:
            make.grant(session, member, "volunteer", village, county)
        elders = [make.elder(session, county, village) for _ in range(2)]
        closed = play(session, county, members, elders, events, now)
        for member in members:
            stands = figures(session, county, member)
            earned = from_scratch(session, county, member)
            assert stands["pending"] == sum(earned[m] for m in MONTHS if m not in closed)
            assert stands["free"] - stands["debt"] == sum(earned[m] for m in closed)
            assert min(stands.values()) >= 0
        found = checking.verify(session, [county.id])
        assert found.faults == []
        before = session.scalar(sa.select(sa.func.count()).select_from(TimeTransaction))
        service.settle(session, county.id, {(m.id, month) for m in members for month in MONTHS}, now=now)
        assert session.scalar(sa.select(sa.func.count()).select_from(TimeTransaction)) == before
        undone.rollback()
    session.expunge_all()
