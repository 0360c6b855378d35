"""What is learnt of an elder after a month was closed: its duties follow at once, its figures at the next closing."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server import closing, intake, outcomes
from server.absences import service as absences
from server.auth.reach import Area, Reach
from server.duties.model import ClosingFigures, Duty
from server.elders import service as elders
from server.elders.edge import settle_at
from server.elders.vault import Vault
from shared.ids import uuid7
from shared.rules.months import Month
from tests import factories as make
from tests.conftest import SECRET
from tests.people import VILLAGE
from tests.visits import sent

TZ = dt.timezone(dt.timedelta(hours=8))
OCTOBER = Month(2026, 10)
LATER = dt.datetime(2026, 11, 20, 9, tzinfo=TZ)


@pytest.fixture
def elder(session, place):
    """Not visited in October, which is closed."""
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    for moment in (dt.datetime(2026, 10, 1, 12, tzinfo=TZ), dt.datetime(2026, 11, 1, 12, tzinfo=TZ)):
        outcomes.open_periods(session, place.county.id, now=moment)
    closing.close_months(session, place.county.id, now=dt.datetime(2026, 11, 6, 1, tzinfo=TZ))
    session.commit()
    return elder


def absent(session, place, elder, ends_on=None, reason="in_hospital"):
    director = place.user(("director", VILLAGE))
    reach = Reach(director.id, (Area(place.county.id, VILLAGE, VILLAGE),))
    made = absences.ask(
        session, reach, elder.id, reason, dt.date(2026, 10, 3), ends_on, absence_id=uuid7(), now=LATER
    )
    absences.approve(session, reach, made.id, now=LATER, settle=settle_at(LATER))
    return reach, made


def states(session):
    return dict(session.execute(sa.select(Duty.month, Duty.state)).all())


def frozen(session, month=OCTOBER):
    found = sa.select(ClosingFigures.version, ClosingFigures.missing, ClosingFigures.away, ClosingFigures.due)
    return session.execute(
        found.where(ClosingFigures.month == month.first).order_by(ClosingFigures.version)
    ).all()  # fmt: skip


def close_november(session, place):
    outcomes.open_periods(session, place.county.id, now=dt.datetime(2026, 12, 1, 12, tzinfo=TZ))
    closing.close_months(session, place.county.id, now=dt.datetime(2026, 12, 6, 1, tzinfo=TZ))


def test_an_absence_that_is_approved_after_the_deadline_makes_the_month_away_and_revises_it_at_the_next_closing(
    session, place, elder
):
    absent(session, place, elder)
    assert states(session) == {OCTOBER.first: "away", dt.date(2026, 11, 1): "away"}
    assert frozen(session) == [(1, 1, 0, 1)]  # never changed
    close_november(session, place)
    assert frozen(session) == [(1, 1, 0, 1), (2, 0, 1, 1)]


def test_it_is_the_same_whether_a_late_visit_arrives_or_not(session, place, elder):
    absent(session, place, elder, ends_on=dt.date(2026, 10, 20))
    before = states(session)
    visitor = place.user(("volunteer", VILLAGE))
    make.pairing(session, elder, visitor)
    item = sent(elder, dt.datetime(2026, 10, 25, 9, tzinfo=TZ)) | {"outcome": "not_home", "reason": "no_answer"}
    intake.receive(session, intake.Sender(visitor.id, place.county.id), [item], vault=Vault(SECRET), now=LATER)
    assert states(session) == before == {OCTOBER.first: "away", dt.date(2026, 11, 1): "missing"}


def test_withdrawing_it_or_ending_it_before_the_month_takes_that_back(session, place, elder):
    reach, made = absent(session, place, elder)
    absences.end(session, reach, made.id, dt.date(2026, 10, 30), now=LATER, settle=settle_at(LATER))
    assert states(session) == {OCTOBER.first: "away", dt.date(2026, 11, 1): "missing"}
    absences.withdraw(session, reach, made.id, now=LATER, settle=settle_at(LATER))
    assert set(states(session).values()) == {"missing"}
    close_november(session, place)
    assert frozen(session) == [(1, 1, 0, 1)]  # nothing to revise


def test_a_death_that_is_recorded_late_leaves_the_month_in_which_it_was(session, place, elder):
    elders.record_status(
        session, elder, "died", dt.date(2026, 10, 9), vault=Vault(SECRET), now=LATER, today=LATER.date(),
        settle=settle_at(LATER),
    )  # fmt: skip
    assert states(session)[OCTOBER.first] == "left"
    close_november(session, place)
    assert frozen(session) == [(1, 1, 0, 1), (2, 0, 0, 0)]


def test_a_year_is_how_far_back_it_reaches():
    assert len(outcomes._touched(dt.date(2020, 1, 1), None, Month(2026, 11))) == outcomes.REVISED_MONTHS + 1
    assert outcomes._touched(dt.date(2026, 12, 1), None, Month(2026, 11)) == set()
    assert outcomes._touched(dt.date(2026, 9, 30), dt.date(2026, 10, 1), Month(2026, 11)) == {
        Month(2026, 9), OCTOBER
    }  # fmt: skip
