"""`yuetan job …`: the month's round by hand, at invented times, each job twice."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from server.alerts.model import Alert
from server.cli import main
from server.database import session as current_session
from server.duties.model import Closing, Duty, VillageCount
from server.regions.model import County
from tests import factories

VILLAGE = 411002001001


@pytest.fixture
def elders(own_app):
    with own_app.app_context():
        session = current_session()
        if session.scalar(sa.select(County)) is None:
            county = factories.county(session)
            village = factories.region(session, VILLAGE)
            for policy in ("universal", "universal", "focused"):
                factories.elder(session, county, village, policy_id=policy)
            session.commit()


def job(*words: str) -> tuple[int, dict]:
    done = CliRunner().invoke(main, ["job", *words, "--json"])
    lines = done.stdout.strip().splitlines()
    return done.exit_code, json.loads(lines[-1]) if lines else {}


def count(app, what) -> int:
    with app.app_context():
        return current_session().scalar(sa.select(sa.func.count()).select_from(what))


def test_a_months_round_by_hand_changes_nothing_the_second_time(own_app, environment, elders):
    november, december, sixth = "2026-11-14T10:00:00+08:00", "2026-12-01T00:30:00+08:00", "2026-12-06T00:20:00+08:00"
    status, said = job("run", "open-periods", "--now", november)
    assert (status, said["job"], said["period"], said["opened"]) == (0, "open-periods", "2026-11-14", 4)
    duties = count(own_app, Duty)
    assert job("run", "open-periods", "--now", november)[1]["opened"] == 0
    assert count(own_app, Duty) == duties

    assert job("run", "flag-missing", "--now", december)[1]["flagged"] == 4
    assert job("run", "flag-missing", "--now", december)[1]["flagged"] == 0
    assert count(own_app, Alert) == 4

    assert job("run", "remind", "--now", december)[0] == 0
    assert job("run", "close-month", "--now", december)[1]["closed"] == []
    assert job("run", "close-month", "--now", sixth)[1]["closed"] == [{"month": "2026-11", "version": 1}]
    assert job("run", "close-month", "--now", sixth)[1]["closed"] == []
    assert count(own_app, Closing) == 1
    with own_app.app_context():
        [row] = current_session().scalars(sa.select(VillageCount))
        assert (row.due, row.missing) == (3, 3)


@pytest.mark.parametrize("name", ["climb-alerts", "deliver", "clean-up"])
def test_every_other_job_runs_by_hand(own_app, environment, elders, name):
    assert job("run", name, "--now", "2026-12-06T00:20:00+08:00")[0] == 0


def test_the_list_names_every_job(own_app, environment):
    status, said = job("list")
    assert status == 0
    assert {"open-periods", "flag-missing", "remind", "close-month"} <= {item["name"] for item in said["jobs"]}


@pytest.mark.parametrize("words", [["no-such-job"], ["remind", "--now", "tomorrow"], ["remind", "--now", "2026-12-01"]])
def test_a_wrong_name_or_time_is_wrong_usage(environment, words):
    assert job("run", *words) == (2, {})
