"""What is remembered of visitors and homes, and what it makes of a visit: by example, and for any odd input."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import PhoneClock, trusted_times
from shared.geo import distance_m, flat_m, move
from shared.protocol.record import Position, Visit
from shared.rules.evidence import evidence_of
from shared.rules.history import TRACE_DAYS, VisitorHistory
from shared.rules.homes import KEPT, HomeHistory, Seen, proposal
from shared.rules.likeness import telling
from shared.rules.packing import (
    pack_device,
    pack_home,
    pack_visitor,
    unpack_device,
    unpack_home,
    unpack_photo,
    unpack_visitor,
)
from shared.rules.remembering import Memory, Remembered, home_of, judge_outing, mark, remember, trace_of

TZ = timezone(timedelta(hours=8))
START = datetime(2026, 11, 3, 1, tzinfo=UTC)
HERE = (34.02, 113.82)
VISITOR, OTHER = mark("visitor"), mark("other")


def seen(number, visitor, day, north_m, accuracy_m=15.0):
    lat, lon = move(HERE, north_m, 0)
    return Seen(bytes([number]) * 16, visitor, day, lat, lon, accuracy_m)


# --- homes ------------------------------------------------------------------------------------------------------------


def test_different_visitors_on_different_days_move_a_home():
    home = HomeHistory()
    home.teach(seen(1, VISITOR, 10, 700))
    assert not home_of(HERE, home).sure
    home.teach(seen(2, OTHER, 11, 690))
    learnt = home_of(HERE, home)
    assert learnt.sure
    assert learnt.registered == HERE
    assert distance_m(learnt.point, HERE) == pytest.approx(695, abs=10)


def test_two_visitors_together_on_one_day_do_not_move_it():
    home = HomeHistory()
    home.teach(seen(1, VISITOR, 10, 700))
    home.teach(seen(2, OTHER, 10, 690))
    assert not home_of(HERE, home).sure
    assert proposal(home, HERE) is None


def test_one_visitors_own_readings_on_three_days_only_propose():
    home = HomeHistory()
    for day in (10, 11, 12):
        home.teach(seen(day, VISITOR, day, 700))
    thought = home_of(HERE, home)
    assert thought.point == HERE
    assert thought.unsure
    assert not thought.sure
    assert distance_m(thought.proposed, HERE) == pytest.approx(700, abs=10)
    place, away = proposal(home, HERE)
    assert (place.visitors, place.days) == (1, 3)
    assert away == pytest.approx(700, abs=10)


def test_readings_near_the_register_confirm_it():
    home = HomeHistory()
    for day in (10, 11):
        home.teach(seen(day, VISITOR, day, 20))
    assert home_of(HERE, home).sure
    assert proposal(home, HERE) is None


def test_what_most_visitors_agree_on_counts_not_what_one_says_often():
    home = HomeHistory()
    for day in range(10, 16):
        home.teach(seen(day, VISITOR, day, 1500))
    home.teach(seen(1, OTHER, 10, 5))
    home.teach(seen(2, mark("third"), 12, -5))
    assert distance_m(home_of(HERE, home).point, HERE) < 20


def test_a_reading_that_turned_out_doubtful_is_unlearnt():
    home = HomeHistory()
    home.teach(seen(1, VISITOR, 10, 700))
    home.teach(seen(2, OTHER, 11, 690))
    assert home.unlearn(bytes([2]) * 16)
    assert not home.unlearn(bytes([2]) * 16)
    assert not home_of(HERE, home).sure


def test_a_declined_place_is_not_proposed_again_by_one_visitor_but_by_several():
    home = HomeHistory()
    for day in range(10, 14):
        home.teach(seen(day, VISITOR, day, 700))
    assert home_of(HERE, home).unsure
    home.refuse(home.place.point)
    home.teach(seen(20, VISITOR, 20, 690))
    assert not home_of(HERE, home).unsure
    home.teach(seen(21, OTHER, 21, 705))
    assert home_of(HERE, home).sure


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40), st.sampled_from([VISITOR, OTHER, 3]), st.integers(1, 30), st.floats(-3e3, 3e3),
            st.floats(1, 150),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_a_home_keeps_few_readings_and_survives_being_packed(told):
    home = HomeHistory()
    for number, visitor, day, north, accuracy in told:
        home.teach(seen(number, visitor, day, north, accuracy))
        assert len(home.seen) <= KEPT
        if accuracy < 5:
            home.refuse(home.place.point)
    again = unpack_home(pack_home(home))
    assert pack_home(again) == pack_home(home)
    assert (again.seen != [], again.refused) == (home.seen != [], home.refused)
    if home.place is not None:
        assert math.isfinite(home.place.lat)
        assert home.place.visitors <= 3


# --- visitors ---------------------------------------------------------------------------------------------------------


def new(number, *, home=HERE, at=HERE, start=START, stay_s=900, visitor=VISITOR, tag="right", photos=(), **more):
    """A visit of home `number` (400 m apart each) as it arrives."""
    registered = move(home, 400.0 * number, 0)
    where = None if at is None else Position(*move(at, number % 5 * 1.7, 0), 15.0)
    visit = Visit(
        id=UUID(int=number + int(start.timestamp()) * 1000 + visitor % 999), channel="home", outcome="met",
        started_at=start, ended_at=start + timedelta(seconds=stay_s), start_position=where, position=where,
        photos=tuple(photos), **more,
    )  # fmt: skip
    received = start + timedelta(seconds=stay_s + 60)
    times = trusted_times(visit.started_at, visit.ended_at, visit.clock, received)
    evidence = evidence_of(visit, times, tag, None, elder_id=UUID(int=number + 1), received_at=received)
    return Remembered(evidence, registered, trace_of(visit, evidence, visitor, TZ), visit.photos)


def outing(memory, count, **more):
    made = []
    start = more.pop("start", START)
    for number in range(count):
        made.append(new(number, start=start, **more))
        remember(memory, [made[-1]])
        start += timedelta(minutes=25)
    judge_outing(memory, made)
    return made


def test_four_homes_from_one_spot_are_all_doubted():
    made = outing(Memory(), 4, at=move(HERE, -500, 500))
    assert {each.judged.assurance for each in made} == {"doubtful"}
    assert all("one_spot" in each.judged.codes for each in made)


def test_a_village_registered_at_one_door_is_not_doubted():
    memory = Memory()
    made = []
    for number in range(5):
        visit = new(0, at=move(HERE, 350.0 + 120 * number, 100 * number), start=START + timedelta(minutes=30 * number))
        visit.evidence.elder_id = UUID(int=50 + number)
        visit.trace.home = visit.evidence.elder_id.bytes
        made.append(visit)
        remember(memory, [visit])
    judge_outing(memory, made)
    assert {each.judged.assurance for each in made} == {"plausible"}


def test_a_register_that_lies_nowhere_in_the_country_says_nothing():
    for odd in ((0.0, 0.0), (math.nan, 113.8), (48.85, 2.35)):
        assert home_of(odd, None) is None


def test_a_place_that_the_phone_still_had_from_the_home_before_is_no_reading():
    memory = Memory()
    first = new(0, at=move(HERE, 30, 0))
    again = new(3, at=None, start=START + timedelta(minutes=25))
    again.evidence.start_position = first.evidence.position
    for each in (first, again):
        remember(memory, [each])
    assert "stale_position" in again.judged.codes
    assert {"far", "rather_far", "start_far"}.isdisjoint(again.judged.codes)
    assert again.trace.at is None


def test_a_table_at_which_many_tags_are_scanned_is_no_place_that_the_phone_still_had():
    made = outing(Memory(), 4, at=move(HERE, -900, 900))
    for each in made[1:]:
        each.evidence.start_position = each.evidence.position = made[0].evidence.position
    memory = Memory()
    remember(memory, made)
    assert all("stale_position" not in each.judged.codes for each in made)
    assert {each.judged.assurance for each in made} == {"doubtful"}


def test_where_most_homes_are_registered_at_one_door_nothing_is_off_the_beat():
    for apart, said in ((0.0, False), (300.0, True)):
        memory = Memory()
        for number in range(6):
            visit = new(0, home=move(HERE, apart * number, 0), at=move(HERE, 200 * number - 3000, 900),
                        start=START + timedelta(hours=number))  # fmt: skip
            visit.evidence.elder_id = UUID(int=50 + number)
            visit.trace.home = visit.evidence.elder_id.bytes
            remember(memory, [visit])
        assert ("off_beat" in visit.judged.codes) is said


def test_what_lies_between_two_visits_is_not_held_against_both_twice():
    memory = Memory()
    first = new(0, at=None)
    second = new(2, at=None, start=START + timedelta(seconds=925))
    remember(memory, [first])
    remember(memory, [second])
    judge_outing(memory, [first, second])
    for each in (first, second):
        assert "hasty" in each.judged.codes
        assert "doubtful_company" not in each.judged.codes


def test_the_same_reading_within_the_hour_is_no_repeat_and_on_another_day_it_is():
    for later, repeats in ((timedelta(minutes=20), 0), (timedelta(days=1), 1)):
        memory = Memory()
        for start in (START, START + later):
            visit = new(0, start=start)
            remember(memory, [visit])
        assert visit.evidence.past.exact_repeats == repeats


def test_the_same_telling_grades_in_every_home_of_a_day_are_told():
    grades = {"safety.gas": "poor", "mind.stress": "fair", "living.outdoor": "fair"}
    made = outing(Memory(), 4, at=None, answers=grades)
    assert all("answers_copied" in each.judged.codes for each in made)


def test_all_good_everywhere_tells_nothing():
    made = outing(Memory(), 4, at=None, answers={"safety.gas": "good", "mind.stress": "good"}, all_good_tapped=True)
    assert all(each.judged.codes.count("answers_copied") == 0 for each in made)
    assert telling({"safety.gas": "good"}) == (0, 0.0)


def test_one_photo_for_two_homes_is_told_and_two_records_of_one_visit_are_not():
    memory = Memory()
    first, second = new(0, photos=["a" * 64]), new(3, photos=["a" * 64], start=START + timedelta(hours=2))
    mate = new(0, photos=["b" * 64], visitor=OTHER)
    mates = new(0, photos=["b" * 64])
    mates.trace.id = b"m" * 16
    for each in (first, second, mate, mates):
        remember(memory, [each])
    judge_outing(memory, [first])
    assert "photo_reused" in first.judged.codes
    assert "photo_reused" in second.judged.codes
    assert "photo_reused" not in mate.judged.codes
    assert "photo_reused" not in mates.judged.codes


def test_one_phone_of_two_visitors_in_two_places_is_told():
    memory = Memory()
    phone = UUID(int=77)
    here = new(0, device_id=phone)
    there = new(4, at=move(HERE, 1600, 0), device_id=phone, visitor=OTHER, start=START + timedelta(minutes=5))
    remember(memory, [here])
    remember(memory, [there])
    assert "shared_phone" in there.judged.codes


def test_what_is_old_is_forgotten():
    history = VisitorHistory()
    memory = Memory(visitors={VISITOR: history})
    for day in range(0, 60, 2):
        remember(memory, [new(day % 5, start=START + timedelta(days=day))])
        last = START + timedelta(days=day)
        history.forget(last.timestamp(), last.toordinal())
    assert len(history.traces) <= TRACE_DAYS // 2 + 2
    assert set(history.traces) == {t.id for traces in history.by_day.values() for t in traces}


def test_a_history_survives_being_packed_and_of_another_form_is_let_go():
    memory = Memory()
    outing(memory, 5, at=move(HERE, -500, 500), answers={"safety.gas": "poor"}, device_id=UUID(int=77))
    history = memory.visitors[VISITOR]
    again = unpack_visitor(pack_visitor(history))
    assert pack_visitor(again) == pack_visitor(history)
    visit = new(2, at=move(HERE, -500, 500), start=START + timedelta(hours=4), answers={"safety.gas": "poor"})
    assert again.past(visit.trace) == history.past(visit.trace)
    device = next(iter(memory.devices.values()))
    assert pack_device(unpack_device(pack_device(device))) == pack_device(device)
    for unpack in (unpack_visitor, unpack_device, unpack_home, unpack_photo):
        assert unpack(b"\xff unknown") == unpack(None) or unpack is unpack_visitor


# --- any input --------------------------------------------------------------------------------------------------------

POSITIONS = st.none() | st.builds(
    Position, st.floats(-90, 90), st.floats(-180, 180), st.none() | st.floats(0, 1e9), st.booleans()
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.integers(-62_135_500_000, 253_402_200_000).map(lambda s: EPOCH + timedelta(seconds=s))
COUNTS = st.none() | st.integers(-(10**15), 10**15)
CLOCKS = st.none() | st.builds(
    PhoneClock, COUNTS, st.none() | TIMES, COUNTS, st.sampled_from([None, "a", "b"]),
    st.sampled_from([None, "a", "b"]), COUNTS, st.sampled_from([None, "a"]), COUNTS,
)  # fmt: skip


@st.composite
def visits(draw):
    started = draw(TIMES)
    return Visit(
        id=draw(st.uuids()), channel="home", outcome="met", started_at=started, ended_at=draw(st.none() | TIMES),
        clock=draw(CLOCKS), start_position=draw(POSITIONS), position=draw(POSITIONS),
        answers=draw(st.dictionaries(st.sampled_from(["safety.gas", "health.mobility"]), st.sampled_from(
            ["good", "fair", "poor", None, 3]))), device_id=draw(st.none() | st.uuids()),
        photos=tuple(draw(st.lists(st.sampled_from(["a" * 64, "b" * 64]), max_size=2))),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(visits(), min_size=1, max_size=5), st.booleans(), st.sampled_from(["right", "missing", "other"]))
def test_no_odd_visit_breaks_the_histories(told, together, tag):
    memory = Memory()
    made = []
    for number, visit in enumerate(told):
        times = trusted_times(visit.started_at, visit.ended_at, visit.clock, START)
        evidence = evidence_of(visit, times, tag, None, elder_id=UUID(int=number), received_at=START)
        made.append(Remembered(evidence, HERE if number % 2 else None, trace_of(visit, evidence, VISITOR, TZ)))
    if together:
        remember(memory, made)
    else:
        for each in made:
            remember(memory, [each])
    judge_outing(memory, made)
    history = memory.visitors[VISITOR]
    history.forget(START.timestamp(), START.toordinal())
    assert pack_visitor(unpack_visitor(pack_visitor(history))) == pack_visitor(history)
    for device in memory.devices.values():
        unpack_device(pack_device(device))
    assert all(each.judged is not None and math.isfinite(each.judged.doubt) for each in made)


@given(st.floats(18, 53), st.floats(74, 134), st.floats(-5e3, 5e3), st.floats(-5e3, 5e3))
def test_a_flat_map_is_good_enough_for_a_county(lat, lon, north, east):
    there = move((lat, lon), north, east)
    assert flat_m((lat, lon), there) == pytest.approx(distance_m((lat, lon), there), rel=0.01, abs=0.1)
