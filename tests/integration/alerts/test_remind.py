"""Reminders before a month ends: ten days and three days before, one for each elder and month."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server import outcomes
from server.alerts import jobs
from server.alerts.jobs import Reminded
from server.alerts.model import Alert
from server.duties.model import Duty
from server.notify.model import Message
from tests import factories as make


def in_november(day: int, hour: int = 0, month: int = 11) -> dt.datetime:
    """Local time in Shanghai."""
    return dt.datetime(2026, month, day, hour, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture
def elders(session, now):
    """Two elders with one visitor; the month is open."""
    county = make.county(session)
    village = make.region(session, 411002001001)
    visitor = make.user(session)
    made = [make.elder(session, county, village) for _ in range(2)]
    for elder in made:
        make.pairing(session, elder, visitor)
    outcomes.open_periods(session, county.id, now=now)
    return made


def messages(session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Message))


def test_visitors_are_reminded_ten_and_three_days_before_and_never_twice(session, elders):
    assert jobs.remind(session, in_november(20, 23)) == Reminded()
    assert jobs.remind(session, in_november(21)) == Reminded(opened=2)
    assert jobs.remind(session, in_november(21)) == Reminded()
    assert messages(session) == 2
    assert jobs.remind(session, in_november(27, 23)) == Reminded()
    assert jobs.remind(session, in_november(28)) == Reminded(again=2)
    assert jobs.remind(session, in_november(29)) == Reminded()
    assert messages(session) == 4


def test_a_late_first_reminder_is_one_message(session, elders):
    assert jobs.remind(session, in_november(30)) == Reminded(opened=2)
    assert messages(session) == 2


def test_who_was_visited_is_not_reminded_of(session, elders):
    session.execute(sa.update(Duty).where(Duty.elder_id == elders[0].id).values(state="visited"))
    assert jobs.remind(session, in_november(21)) == Reminded(opened=1)


def test_reminders_end_with_their_month(session, elders):
    jobs.remind(session, in_november(21))
    assert jobs.remind(session, in_november(1, month=12)) == Reminded(ended=2)
    assert set(session.execute(sa.select(Alert.state, Alert.result))) == {("resolved", "month_over")}
