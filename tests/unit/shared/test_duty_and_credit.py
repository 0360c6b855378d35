"""Duties judged and minutes earned: golden cases, and that the order of arrival does not matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import uuid7
from shared.rules.credit import Creditable, CreditRules, credit_month
from shared.rules.duty import VisitFact, judge_duty, qualifies
from shared.rules.months import Month, Period, parse_period
from shared.rules.policy import FOCUSED, UNIVERSAL, VisitPolicy
from tests.vectors import load

POLICIES = {
    "universal": UNIVERSAL,
    "focused": FOCUSED,
    "home_only": VisitPolicy("home_only", 1, False, frozenset(("home",))),
}
NOVEMBER = Period.of(Month(2026, 11))


def fact(day: date, channel="home", outcome="met", assurance="plausible", **more) -> VisitFact:
    start = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return VisitFact(uuid7(start), start, day, channel, outcome, assurance, **more)


FACTS = st.builds(
    fact,
    st.dates(date(2026, 10, 28), date(2026, 12, 3)),
    st.sampled_from(["home", "phone", "video", "letter"]),
    st.sampled_from(["met", "not_home", "refused", "odd"]),
    st.sampled_from(["verified", "plausible", "doubtful"]),
    decision=st.sampled_from([None, "accept", "reject"]),
    on_time=st.booleans(),
    spoken_to=st.sampled_from([None, "elder", "carer", "family", "neighbour", "not_said"]),
)


@pytest.mark.parametrize("case", load("duties"), ids=lambda case: case["name"])
def test_golden(case):
    facts = [fact(date.fromisoformat(f.pop("date")), **f) for f in ({**each} for each in case["facts"])]
    duty = judge_duty(parse_period(case["period"]), facts, POLICIES[case["policy"]], case["absent"], case["left"])
    assert (duty.state, duty.done, duty.home_done, duty.away_kept) == (
        case["state"], case["done"], case["home_done"], case["away_kept"],
    )  # fmt: skip


@given(st.lists(FACTS, max_size=8), st.randoms(), st.booleans(), st.booleans())
def test_a_duty_does_not_care_in_which_order_its_visits_came(facts, rng, absent, left):
    shuffled = facts[:]
    rng.shuffle(shuffled)
    first = judge_duty(NOVEMBER, facts, UNIVERSAL, absent, left)
    assert judge_duty(NOVEMBER, shuffled, UNIVERSAL, absent, left) == first
    assert (first.state == "visited") == (first.done > 0)
    assert first.home_done <= first.done
    assert not first.away_kept or first.state == "away"


@given(st.lists(FACTS, max_size=6), FACTS)
def test_one_more_visit_never_makes_a_visited_elder_missing(facts, more):
    before = judge_duty(NOVEMBER, facts, UNIVERSAL)
    after = judge_duty(NOVEMBER, [*facts, more], UNIVERSAL)
    assert after.done >= before.done
    assert before.state != "visited" or after.state == "visited"


def test_a_focused_month_is_kept_only_with_a_visit_at_home():
    call = fact(date(2026, 11, 3), "phone", spoken_to="elder")
    duty = judge_duty(NOVEMBER, [call], FOCUSED)
    assert (duty.state, duty.kept) == ("visited", False)
    assert judge_duty(NOVEMBER, [call, fact(date(2026, 11, 9))], FOCUSED).kept


def test_a_month_that_owes_two_visits_is_visited_by_one_and_kept_by_two():
    policy = VisitPolicy("twice", 1, False, frozenset(("home",)), per_month=2)
    one = judge_duty(NOVEMBER, [fact(date(2026, 11, 3))], policy)
    assert (one.state, one.done, one.needed, one.kept) == ("visited", 1, 2, False)


def test_an_elder_who_is_away_is_owed_one_contact_a_month_and_no_week():
    month = judge_duty(NOVEMBER, [], FOCUSED, absent=True)
    assert (month.needed, month.home_needed) == (1, 0)
    assert judge_duty(parse_period("2026-W47"), [], FOCUSED, absent=True).needed == 0
    assert judge_duty(parse_period("2026-W47"), [], FOCUSED).needed == 1


def test_lateness_is_the_duty_s_question_not_the_visit_s():
    late = fact(date(2026, 11, 3), on_time=False)
    assert qualifies(late, UNIVERSAL)
    assert judge_duty(NOVEMBER, [late], UNIVERSAL).state == "missing"


# Credits

ELDERS = [UUID(int=n) for n in range(3)]
T0 = datetime(2026, 11, 1, tzinfo=UTC)


def visit(minute: int, stay_s: int | None, elder: UUID = ELDERS[0]) -> Creditable:
    start = T0 + timedelta(minutes=minute)
    return Creditable(uuid7(start), elder, start, start.date(), stay_s)


VISITS = st.builds(visit, st.integers(0, 60 * 24 * 29), st.none() | st.integers(0, 20_000), st.sampled_from(ELDERS))


def test_a_stay_earns_its_whole_minutes_up_to_the_standard():
    for stay, minutes in ((None, 0), (59, 0), (60, 1), (1259, 20), (3600, 60), (9000, 60), (-5, 0)):
        one = visit(0, stay)
        assert credit_month([one], CreditRules()) == {one.id: minutes}


def test_the_fifth_visit_to_an_elder_in_a_month_earns_nothing_unless_the_policy_asks_for_it():
    visits = [visit(n * 2000, 1200) for n in range(6)]
    assert list(credit_month(visits, CreditRules()).values()) == [20, 20, 20, 20, 0, 0]
    assert list(credit_month(visits, CreditRules(), {ELDERS[0]: 5}).values()) == [20, 20, 20, 20, 20, 0]
    assert list(credit_month(visits, CreditRules(), {ELDERS[0]: 1}).values()) == [20, 20, 20, 20, 0, 0]


def test_a_day_earns_no_more_than_its_limit_and_the_last_visit_a_part():
    visits = [visit(n * 100, 3600, UUID(int=n)) for n in range(9)]
    rules = CreditRules(day_max_min=150)
    assert list(credit_month(visits, rules).values()) == [60, 60, 30, 0, 0, 0, 0, 0, 0]


def test_a_visit_too_short_to_earn_does_not_use_up_the_elder_s_visits():
    visits = [visit(0, 30), *(visit(n * 2000, 600) for n in range(1, 5))]
    assert list(credit_month(visits, CreditRules()).values()) == [0, 10, 10, 10, 10]


@given(st.lists(VISITS, max_size=20, unique_by=lambda v: v.id), st.randoms())
def test_credits_do_not_depend_on_the_order_of_arrival_and_keep_every_limit(visits, rng):
    rules = CreditRules(standard_min=60, day_max_min=120, per_elder_month=4)
    earned = credit_month(visits, rules)
    shuffled = visits[:]
    rng.shuffle(shuffled)
    assert credit_month(shuffled, rules) == earned
    assert set(earned) == {v.id for v in visits}
    for v in visits:
        assert 0 <= earned[v.id] <= min(60, (v.stay_s or 0) // 60)
    for day in {v.local_date for v in visits}:
        assert sum(earned[v.id] for v in visits if v.local_date == day) <= 120
    for elder in ELDERS:
        assert sum(earned[v.id] > 0 for v in visits if v.elder_id == elder) <= 4
