"""A scheduler that was away for weeks opens the periods that began meanwhile."""

import datetime as dt

import sqlalchemy as sa

from server.database import session as current_session
from server.duties.model import Duty
from server.scheduler.jobs import BY_NAME
from server.scheduler.running import run
from tests import factories


def test_weeks_and_months_that_began_while_nobody_was_there_are_opened(own_app):
    with own_app.app_context():
        session = current_session()
        county = factories.county(session)
        factories.elder(session, county, factories.region(session, 411002001001), policy_id="focused")
        session.commit()
    opening = BY_NAME["open-periods"]
    run(own_app, opening, now=dt.datetime(2026, 11, 26, 2, tzinfo=dt.UTC), claimed=True)
    run(own_app, opening, now=dt.datetime(2026, 12, 17, 2, tzinfo=dt.UTC), claimed=True)
    with own_app.app_context():
        rows = current_session().execute(sa.select(Duty.kind, Duty.starts_on).order_by(Duty.kind, Duty.starts_on))
        opened = [(kind, str(day)) for kind, day in rows]
    weeks = ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]
    assert opened == [("month", "2026-11-01"), ("month", "2026-12-01"), *(("week", day) for day in weeks)]
