"""The call-back sample's numbers: enough, drawn fairly, and read with an honest interval."""

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules import sampling
from shared.rules.sampling import Lots, bound, draw, interval, size

populations = st.integers(1, 200_000)


@pytest.mark.parametrize(
    ("population", "wanted"), [(0, 0), (1, 1), (20, 19), (50, 48), (100, 78), (500, 130), (5000, 148), (200_000, 150)]
)
def test_sizes_that_a_hand_can_check(population, wanted):
    assert size(population) == wanted


@given(populations)
def test_none_false_among_the_sample_bounds_the_share_below_two_in_a_hundred(population):
    n = size(population)
    assert bound(n, population) < 0.02
    false = math.ceil(population * 0.02)
    assert (1 - n / population) ** false <= 0.05 + 1e-9


@given(st.integers(2, 200_000))
def test_one_fewer_would_not_do(population):
    assert bound(size(population) - 1, population) >= 0.02 - 1e-9


@given(populations)
def test_the_size_is_never_below_that_of_a_blind_draw(population):
    """The textbook's: the smallest n with C(N-D, n) / C(N, n) <= 5 %."""
    n, false = size(population), max(1, math.ceil(population * 0.02))
    missed = math.prod((population - n - j) / (population - j) for j in range(false) if population > j)
    assert missed <= 0.05 + 1e-9


@given(populations, st.floats(0.005, 0.2), st.floats(0.005, 0.2))
def test_a_stricter_bound_asks_for_more(population, share, other):
    low, high = sorted((share, other))
    # whole numbers of people: a step of the ceiling may take one back
    assert size(population, low) >= size(population, high) - 1


@given(st.integers(1, 100), st.integers(1, 100), populations)
def test_more_answers_bound_the_share_more_tightly(a, b, population):
    few, many = sorted((min(a, population), min(b, population)))
    assert bound(many, population) <= bound(few, population)


@given(st.integers(1, 5_000), st.data())
def test_an_interval_holds_the_estimate_and_lies_within_what_is_possible(population, data):
    asked = data.draw(st.integers(1, population))
    found = data.draw(st.integers(0, asked))
    low, high = interval(found, asked, population)
    assert found / population <= low <= found / asked <= high <= (population - asked + found) / population


def test_everybody_asked_leaves_no_doubt():
    assert interval(3, 40, 40) == (3 / 40, 3 / 40)
    assert bound(40, 40) == 0


def test_of_very_many_it_is_the_interval_of_clopper_and_pearson():
    low, high = interval(3, 150, 10_000_000)
    assert low == pytest.approx(0.004140, abs=2e-5)  # beta(0.025; 3, 148) and beta(0.975; 4, 147)
    assert high == pytest.approx(0.057331, abs=2e-5)


@pytest.mark.parametrize(
    ("population", "asked", "false"), [(400, 120, 4), (400, 120, 12), (3000, 148, 60), (60, 50, 2)]
)
def test_the_interval_covers_the_truth_as_often_as_it_says(population, asked, false):
    """Exactly: the chances of all samples whose interval holds the truth."""
    covered = sum(
        sampling._chance(found, asked, false, population)
        for found in range(max(0, asked + false - population), min(asked, false) + 1)
        if (limits := interval(found, asked, population))[0] <= false / population <= limits[1]
    )
    assert covered >= 0.95 - 1e-9


frames = st.dictionaries(
    st.integers(0, 9), st.dictionaries(st.sampled_from("abcde"), st.integers(1, 9), min_size=1), min_size=1
)


@given(frames, st.integers(0, 60), st.binary(min_size=1, max_size=32))
def test_every_village_and_visitor_gets_its_share_rounded_down_or_up(sizes, wanted, seed):
    frame = {v: {u: [(v, u, i) for i in range(n)] for u, n in visitors.items()} for v, visitors in sizes.items()}
    total = sum(n for visitors in sizes.values() for n in visitors.values())
    drawn = draw(frame, wanted, seed)
    assert len(drawn) == len(set(drawn)) == min(wanted, total)
    assert drawn == draw(frame, wanted, seed)
    villages, visitors = Counter(v for v, _, _ in drawn), Counter((v, u) for v, u, _ in drawn)
    share = min(wanted, total) / total
    for v, inside in sizes.items():
        assert abs(villages[v] - share * sum(inside.values())) < 1
        for u, n in inside.items():
            assert abs(visitors[v, u] - share * n) < 1


def test_every_visit_is_drawn_with_the_same_chance():
    frame = {v: {u: [(v, u, i) for i in range(3 + u + v)] for u in range(3)} for v in range(4)}
    everything = [visit for visitors in frame.values() for visits in visitors.values() for visit in visits]
    times = Counter(visit for n in range(2000) for visit in draw(frame, 20, n.to_bytes(4, "big")))
    share = 20 / len(everything)
    spread = math.sqrt(2000 * share * (1 - share))
    assert all(abs(times[visit] - 2000 * share) < 5 * spread for visit in everything)


@pytest.mark.parametrize("lie", ["one visitor", "one in each village", "here and there"])
def test_false_visits_escape_no_more_often_than_the_bound_allows_however_they_lie(lie):
    frame = {v: {u: [(v, u, i) for i in range(10)] for u in range(5)} for v in range(20)}
    everything = [visit for visitors in frame.values() for visits in visitors.values() for visit in visits]
    false = set({
        "one visitor": everything[:20],
        "one in each village": [visit for visit in everything if visit[1:] == (2, 3)],
        "here and there": random.Random(1).sample(everything, 20),
    }[lie])  # fmt: skip
    wanted = size(len(everything))
    runs = 400
    escaped = sum(not false & set(draw(frame, wanted, n.to_bytes(4, "big"))) for n in range(runs))
    assert escaped / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_lots_are_even_and_the_same_for_everybody():
    lots = Lots(b"seed")
    assert [lots.below(100) for _ in range(8)] == [88, 28, 48, 58, 86, 83, 42, 75]  # SHA-256(seed, counter), 16 bytes
    spread = Counter(Lots(n.to_bytes(4, "big")).below(6) for n in range(6000))
    assert all(abs(n - 1000) < 150 for n in spread.values())
