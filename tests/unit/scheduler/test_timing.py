import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from server.scheduler.jobs import FREQUENT_NAMES, JOBS
from server.scheduler.timing import Daily, Every

CHINA = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "period"),
    [
        ("2026-11-30T00:09:59+08:00", "2026-11-29"),
        ("2026-11-30T00:10:00+08:00", "2026-11-30"),
        ("2026-11-29T16:10:00+00:00", "2026-11-30"),
        ("2026-12-01T00:00:00+08:00", "2026-11-30"),
    ],
)
def test_a_daily_jobs_period_is_the_day_whose_time_has_come(now, period):
    assert Daily(dt.time(0, 10)).period(at(now), CHINA) == period


def test_a_frequent_jobs_period_is_the_same_for_every_process():
    every = Every(15)
    assert every.period(at("2026-11-30T08:00:14.9+08:00"), CHINA) == "2026-11-30T00:00:00Z"
    assert every.period(at("2026-11-30T00:00:15+00:00"), CHINA) == "2026-11-30T00:00:15Z"


def test_triggers_fire_when_periods_begin():
    now = at("2026-11-30T00:09:00+08:00")
    assert Daily(dt.time(0, 10)).trigger(CHINA).get_next_fire_time(None, now) == at("2026-11-30T00:10:00+08:00")


def test_the_jobs_of_the_contract_are_there_and_their_claims_fit():
    names = [job.name for job in JOBS]
    assert {"open-periods", "flag-missing", "remind", "climb-alerts", "deliver", "close-month"} <= set(names)
    assert len(set(names)) == len(names)
    now = at("2026-11-30T00:10:00+08:00")
    for job in JOBS:
        assert len(job.name) <= 40
        assert len(job.key(job.when.period(now, CHINA), 2**31)) <= 40
        if isinstance(job.when, Every):
            assert 86400 % job.when.seconds == 0
            assert job.name in FREQUENT_NAMES


def test_a_period_is_opened_before_it_is_flagged_and_flagged_before_it_closes():
    daily = [(job.name, job.when.at) for job in JOBS if isinstance(job.when, Daily)]
    assert daily == sorted(daily, key=lambda pair: pair[1])
    assert [name for name, _ in daily][:3] == ["open-periods", "flag-missing", "close-month"]
