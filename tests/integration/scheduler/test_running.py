"""One job, claimed for its period: once, however many try, and again where a run died half-way."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from server.database import session as current_session
from server.regions.model import County, Region
from server.scheduler import claims
from server.scheduler.jobs import Job
from server.scheduler.running import run
from server.scheduler.timing import Daily
from server.tasks.model import JobRun
from tests import factories

AT = dt.datetime(2026, 11, 14, 2, 0, tzinfo=dt.UTC)
DAILY = Daily(dt.time(0, 10))


@pytest.fixture
def counties(own_app) -> list[int]:
    with own_app.app_context():
        session = current_session()
        session.execute(sa.delete(JobRun))
        if session.scalar(sa.select(sa.func.count()).select_from(County)) == 0:
            factories.county(session)
            factories.county(session, 411003000000, "建安区")
        session.execute(sa.update(Region).values(name="-"))
        session.commit()
        return list(session.scalars(sa.select(County.id).order_by(County.id)))


def renames(name: str, *, trouble_in: int | None = None, **options) -> Job:
    """A job whose work can be seen: it adds a letter to the name of every region (or of a county's)."""

    def body(session, county_id, now):
        of = Region.id > 0
        if county_id is not None:
            of = Region.id == sa.select(County.region_id).where(County.id == county_id).scalar_subquery()
        changed = session.execute(sa.update(Region).where(of).values(name=Region.name + "x")).rowcount
        if county_id == trouble_in and trouble_in is not None:
            raise RuntimeError("trouble")
        return {"changed": changed}

    return Job(name, DAILY, body, **options)


def letters(app, code: int = 411002000000) -> int:
    with app.app_context():
        return current_session().scalar(sa.select(Region.name).where(Region.code == code)).count("x")


def test_a_period_is_done_once_and_the_next_again(own_app, counties):
    job = renames("once")
    assert run(own_app, job, now=AT, claimed=True).totals()["changed"] > 0
    assert run(own_app, job, now=AT + dt.timedelta(hours=1), claimed=True).results == {}
    assert letters(own_app) == 1
    run(own_app, job, now=AT + dt.timedelta(days=1), claimed=True)
    assert letters(own_app) == 2


def test_eight_at_once_do_it_once(own_app, counties):
    job = renames("at-once", by_county=True)
    start = threading.Barrier(8)
    runs = []

    def attempt():
        start.wait()
        runs.append(run(own_app, job, now=AT, claimed=True))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.failed for r in runs] == [{}] * 8
    assert letters(own_app) == 1
    assert sorted(c for r in runs for c in r.results) == counties


def test_trouble_in_one_county_stops_no_other_and_is_tried_again(own_app, counties):
    first, second = counties
    done = run(own_app, renames("trouble", trouble_in=first, by_county=True), now=AT, claimed=True)
    assert (list(done.results), list(done.failed)) == ([second], [first])
    assert (letters(own_app), letters(own_app, 411003000000)) == (0, 1)
    done = run(own_app, renames("trouble", by_county=True), now=AT, claimed=True)
    assert list(done.results) == [first]
    assert (letters(own_app), letters(own_app, 411003000000)) == (1, 1)


def test_a_run_that_died_half_way_is_done_again(own_app, counties):
    with own_app.app_context():
        assert claims.claim(current_session(), "died", "2026-11-14", now=AT)
        current_session().commit()
    job = renames("died", commits=True)
    assert run(own_app, job, now=AT, claimed=True).results
    assert not run(own_app, job, now=AT, claimed=True).results


def test_a_run_by_hand_is_done_in_any_case_and_leaves_the_schedulers_to_do(own_app, counties):
    job = renames("by-hand")
    for _ in range(2):
        assert run(own_app, job, now=AT, claimed=False).results
    assert letters(own_app) == 2
    assert run(own_app, job, now=AT, claimed=True).results
    assert letters(own_app) == 3
    with own_app.app_context():
        assert claims.last_runs(current_session())["by-hand"][0] == "2026-11-14"
