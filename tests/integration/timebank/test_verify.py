"""`yuetan timebank verify` finds what is wrong, and nothing where nothing is."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.orm import Session

from server.cli import main
from server.regions.model import County
from server.timebank import checking, ledger, service
from server.timebank.model import Balance, Posting
from server.visits.model import Visit
from shared.ids import uuid7
from shared.rules.months import Month
from tests import factories as make
from tests.integration.timebank.test_credits import at

OCTOBER = Month(2026, 10)


@pytest.fixture
def county(session, now):
    """One volunteer with one credited visit of 45 minutes."""
    made = make.county(session)
    village = make.region(session, 411002001001)
    volunteer = make.user(session)
    make.grant(session, volunteer, "volunteer", village, made)
    make.visit(session, make.elder(session, made, village), volunteer, at(3, month=10), 45)
    service.settle(session, made.id, {(volunteer.id, OCTOBER)}, now=now)
    return made


def faults(session, county) -> list[str]:
    return sorted(fault["fault"] for fault in checking.verify(session, [county.id]).faults)


def test_a_sound_ledger_has_no_faults(session, county, now):
    assert faults(session, county) == []
    service.release(session, county.id, OCTOBER, now=now)
    found = checking.verify(session, [county.id])
    assert found.sound
    assert (found.transactions, found.visits) == (3, 1)


def test_a_balance_that_is_not_the_sum_of_its_lines_is_found(session, county):
    session.execute(sa.update(Balance).where(Balance.minutes == 45).values(minutes=46))
    assert faults(session, county) == ["balance"]


def test_a_transaction_that_does_not_sum_to_zero_is_found(session, county, now):
    line = session.scalars(sa.select(Posting)).first()
    session.add(
        Posting(
            county_id=county.id, id=uuid7(now), transaction_id=line.transaction_id,
            account_id=ledger.service_account(county.id), bucket="free", minutes=1,
        )
    )  # fmt: skip
    session.flush()
    assert faults(session, county) == ["not_zero"]


def test_a_credit_that_no_longer_stands_is_found(session, county):
    session.execute(sa.update(Visit).values(counts=False))
    assert faults(session, county) == ["credit"]


@pytest.mark.parametrize("verb", ["UPDATE postings SET minutes = 1", "DELETE FROM postings"])
def test_the_database_refuses_to_change_what_was_posted(session, county, verb):
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), session.begin_nested():
        session.execute(sa.text(verb))


def test_the_command_says_sound_or_leaves_with_status_three(own_url, tmp_path, now):
    def run(*arguments):
        environ = {
            "YUETAN_DATABASE_URL": own_url, "YUETAN_SECRET_KEY": "a secret of the tests' own",
            "YUETAN_HOME": str(tmp_path),
        }  # fmt: skip
        return CliRunner().invoke(main, ["timebank", "verify", "--json", *arguments], env=environ)

    assert run("--county", "999").exit_code == 1
    engine = sa.create_engine(own_url)
    with Session(engine) as session:
        county = make.county(session).id
        village = make.region(session, 411002001001)
        session.commit()
        answer = run("--county", str(county))
        assert (answer.exit_code, json.loads(answer.stdout.splitlines()[-1])["sound"]) == (0, True)
        member = make.user(session)
        make.grant(session, member, "volunteer", village, session.get(County, county))
        make.visit(session, make.elder(session, session.get(County, county), village), member, at(3, month=10))
        session.commit()
    answer = run("--county", str(county))
    assert answer.exit_code == 3
    assert [f["fault"] for f in json.loads(answer.stdout.splitlines()[-1])["faults"]] == ["credit"]
    engine.dispose()
