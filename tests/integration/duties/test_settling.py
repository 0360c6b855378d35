"""Whatever happens, in whatever order: duties, figures and credits are what working them out from scratch gives."""

import contextlib
import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from server import closing, intake, outcomes
from server.absences.model import Absence
from server.alerts.model import Alert
from server.duties import service as duties
from server.duties.model import Closing, Duty, VillageCount
from server.elders.vault import Vault
from server.visits.model import Visit
from shared.ids import uuid7
from shared.rules.months import Month
from tests import factories as make
from tests.conftest import NOW
from tests.people import VILLAGE, VILLAGE_B, make_place
from tests.visits import sent

VAULT = Vault("a secret that only the tests know")
FIRST = dt.datetime(2026, 10, 20, 2, 0, tzinfo=dt.UTC)

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["visit", "call", "not_home", "refused", "review", "away", "died", "move", "focus", "open"]),
        st.integers(0, 2),  # which elder
        st.integers(0, 30 * 24),  # hours after FIRST
        st.booleans(),
    ),
    max_size=14,
)


def stored(session, county):
    rows = session.execute(
        sa.select(VillageCount.month, VillageCount.region_id, *(getattr(VillageCount, f) for f in duties.FIGURES))
        .where(VillageCount.county_id == county.id)
    )  # fmt: skip
    return {(r[0], r[1]): tuple(r[2:]) for r in rows if any(r[2:])}


def from_scratch(session, county):
    found = {}
    for month in (Month(2026, 10), Month(2026, 11)):
        for region, tally in duties.counted_anew(session, county.id, month).items():
            if any(tally.values()):
                found[month.first, region] = tuple(tally[f] for f in duties.FIGURES)
    return found


def happen(session, place, volunteer, elders, events):
    """Let these things happen, in the order given (not that of their times)."""
    county = place.county
    for what, which, hours, yes in events:
        elder, at = elders[which], FIRST + dt.timedelta(hours=hours)
        arrives = max(at + dt.timedelta(hours=1), NOW)
        if what in ("visit", "call", "not_home", "refused"):
            item = sent(elder, at, minutes=10 if yes else 1)
            if what == "call":
                item |= {"channel": "phone", "form": None, "answers": {}}
            elif what != "visit":
                item |= {"outcome": what, "reason": "other"}
            intake.receive(session, intake.Sender(volunteer.id, county.id), [item], vault=VAULT, now=arrives)
            continue
        if what == "review":
            visit = session.scalars(sa.select(Visit).order_by(Visit.id)).first()
            if visit is not None:
                visit.decision = "accept" if yes else "reject"
                session.flush()
                outcomes.settle_visits(session, county.id, [visit.id], now=arrives)
        elif what == "away":
            session.add(
                Absence(
                    county_id=county.id, id=uuid7(at), elder_id=elder.id, reason="in_hospital", starts_on=at.date(),
                    ends_on=None, recorded_at=at, approved_at=at if yes else None,
                )
            )  # fmt: skip
        elif what == "died":
            elder.left_on = at.date()
        elif what == "move":
            elder.region_id = place.regions[VILLAGE_B if yes else VILLAGE].id
        elif what == "focus":
            elder.policy_id = "focused" if yes else "universal"
        elif what == "open":
            outcomes.open_periods(session, county.id, now=at)
        session.flush()
        if what != "open":
            months = [Month(2026, 10), Month(2026, 11)]
            outcomes.settle_elders(session, county.id, [elder.id], now=arrives, months=months)
        session.commit()


@contextlib.contextmanager
def undone(engine):
    """A session of its own for each example; nothing of it stays."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as made:
            yield made
        outer.rollback()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_the_village_counts_are_always_the_sum_of_the_duties(engine, events):
    with undone(engine) as session:
        place = make_place(session)
        volunteer = place.user(("volunteer", VILLAGE))
        elders = [make.elder(session, place.county, place.regions[VILLAGE]) for _ in range(3)]
        for elder in elders:
            make.pairing(session, elder, volunteer)
        outcomes.open_periods(session, place.county.id, now=FIRST)
        outcomes.open_periods(session, place.county.id, now=NOW)
        happen(session, place, volunteer, elders, events)
        assert stored(session, place.county) == from_scratch(session, place.county)
        before = {(d.elder_id, d.kind, d.starts_on): (d.state, d.done) for d in session.scalars(sa.select(Duty))}
        months = [Month(2026, 10), Month(2026, 11)]
        ids = [e.id for e in elders]
        outcomes.settle_elders(session, place.county.id, ids, now=FIRST + dt.timedelta(days=31), months=months)
        again = {(d.elder_id, d.kind, d.starts_on): (d.state, d.done) for d in session.scalars(sa.select(Duty))}
        assert {k: v for k, v in again.items() if k in before} == before


@pytest.fixture
def world(session):
    place = make_place(session)
    volunteer = place.user(("volunteer", VILLAGE))
    elders = [make.elder(session, place.county, place.regions[VILLAGE]) for _ in range(3)]
    for elder in elders:
        make.pairing(session, elder, volunteer)
    session.commit()
    return place, volunteer, elders


def test_opening_a_period_twice_changes_nothing(world, session):
    place, _, elders = world
    assert outcomes.open_periods(session, place.county.id, now=NOW) == len(elders)
    figures = stored(session, place.county)
    assert outcomes.open_periods(session, place.county.id, now=NOW) == 0
    assert stored(session, place.county) == figures


def test_missing_is_flagged_once_the_month_is_over_and_only_once(world, session):
    place, volunteer, elders = world
    outcomes.open_periods(session, place.county.id, now=NOW)
    item = sent(elders[0])
    intake.receive(session, intake.Sender(volunteer.id, place.county.id), [item], vault=VAULT, now=NOW)
    assert outcomes.flag_missing(session, place.county.id, now=NOW) == 0
    december = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)
    assert outcomes.flag_missing(session, place.county.id, now=december) == 2
    assert outcomes.flag_missing(session, place.county.id, now=december) == 0


def missed(session, elder):
    """The periods in which this elder is said to be missing, resolved ones left out."""
    rows = session.execute(sa.select(Alert.period, Alert.kind, Alert.state).where(Alert.subject == elder.id))
    return {row.period for row in rows if row.kind == "missing" and row.state != "resolved"}


def test_who_was_missed_is_missed_no_more_once_a_later_visit_qualifies(world, session):
    place, volunteer, elders = world
    county, sender = place.county.id, intake.Sender(volunteer.id, place.county.id)
    outcomes.open_periods(session, county, now=NOW)
    december = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)
    outcomes.flag_missing(session, county, now=december)
    assert [missed(session, elder) for elder in elders[:2]] == [{"2026-11"}] * 2
    later = december + dt.timedelta(days=2)
    intake.receive(session, sender, [sent(elders[0], later, outcome="not_home", reason="no_answer")],
                   vault=VAULT, now=later + dt.timedelta(hours=1))  # fmt: skip
    assert missed(session, elders[0]) == {"2026-11"}, "nobody was met"
    met = sent(elders[0], later + dt.timedelta(hours=2))
    intake.receive(session, sender, [met], vault=VAULT, now=later + dt.timedelta(hours=3))
    assert [missed(session, elder) for elder in elders[:2]] == [set(), {"2026-11"}]
    again = later + dt.timedelta(hours=4)
    outcomes.flag_missing(session, county, now=again)
    assert missed(session, elders[0]) == set(), "the job does not begin again"
    # A director does not take it for a visit: it is missing again.
    visit = session.scalars(sa.select(Visit).where(Visit.id == uuid.UUID(met["id"]))).one()
    visit.decision = "reject"
    session.flush()
    outcomes.settle_visits(session, county, [visit.id], now=again)
    outcomes.flag_missing(session, county, now=again)
    assert missed(session, elders[0]) == {"2026-11"}
    visit.decision = "accept"
    session.flush()
    outcomes.settle_visits(session, county, [visit.id], now=again)
    assert missed(session, elders[0]) == set()


def test_a_visit_of_the_month_before_ends_no_later_miss(world, session):
    place, volunteer, elders = world
    county, sender = place.county.id, intake.Sender(volunteer.id, place.county.id)
    outcomes.open_periods(session, county, now=NOW)
    december = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)
    outcomes.flag_missing(session, county, now=december)
    october = dt.datetime(2026, 10, 20, 2, 0, tzinfo=dt.UTC)
    intake.receive(session, sender, [sent(elders[0], october)], vault=VAULT, now=december)
    assert "2026-11" in missed(session, elders[0])


def test_a_closed_month_is_frozen_and_a_late_visit_makes_a_second_version_at_the_next_closing(world, session):
    place, volunteer, elders = world
    county = place.county.id
    october = dt.datetime(2026, 10, 10, 2, 0, tzinfo=dt.UTC)
    outcomes.open_periods(session, county, now=october)
    intake.receive(session, intake.Sender(volunteer.id, county), [sent(elders[0], october)], vault=VAULT,
                   now=october + dt.timedelta(hours=1))  # fmt: skip
    assert closing.close_months(session, county, now=dt.datetime(2026, 11, 5, 15, 59, tzinfo=dt.UTC)) == []
    closes = dt.datetime(2026, 11, 5, 16, 0, tzinfo=dt.UTC)
    assert closing.close_months(session, county, now=closes) == [(Month(2026, 10), 1)]
    assert closing.close_months(session, county, now=closes) == []
    assert [(v["digest_ok"], v["as_facts"]) for v in closing.verify(session, county, Month(2026, 10))] == [(True, True)]
    outcomes.open_periods(session, county, now=NOW)
    intake.receive(session, intake.Sender(volunteer.id, county), [sent(elders[1], october + dt.timedelta(hours=3))],
                   vault=VAULT, now=NOW)  # fmt: skip
    assert closing.close_months(session, county, now=NOW) == []
    assert [v["as_facts"] for v in closing.verify(session, county, Month(2026, 10))] == [False]
    december = dt.datetime(2026, 12, 6, 1, 0, tzinfo=dt.UTC)
    assert closing.close_months(session, county, now=december) == [(Month(2026, 11), 1), (Month(2026, 10), 2)]
    assert closing.close_months(session, county, now=december) == []
    versions = session.execute(sa.select(Closing.month, Closing.version).order_by(Closing.month, Closing.version)).all()
    assert [tuple(v) for v in versions] == [
        (dt.date(2026, 10, 1), 1), (dt.date(2026, 10, 1), 2), (dt.date(2026, 11, 1), 1),
    ]  # fmt: skip
