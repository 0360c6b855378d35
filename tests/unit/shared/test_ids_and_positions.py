"""Ids that sort by time, and positions on the ground."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.geo import distance_m, gcj02_to_wgs84, move, plausible, valid, wgs84_to_gcj02
from shared.ids import read_uuid, uuid7

CHINA = st.tuples(st.floats(18, 53), st.floats(74, 135))


def test_ids_made_one_after_another_are_different_and_of_version_7():
    ids = [uuid7() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {i.version for i in ids} == {7}
    assert {i.variant for i in ids} == {"specified in RFC 4122"}


def test_an_id_carries_its_millisecond():
    at = datetime(2026, 11, 3, 1, 12, 31, 130_000, tzinfo=UTC)
    assert uuid7(at).int >> 80 == int(at.timestamp() * 1000)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)), st.integers(1, 10**9))  # noqa: DTZ001
def test_ids_sort_by_their_time(naive, later_us):
    at = naive.replace(tzinfo=UTC)
    assert uuid7(at) < uuid7(at + timedelta(microseconds=later_us))


def test_an_id_of_a_time_before_1970_is_still_an_id():
    assert uuid7(datetime(1900, 1, 1, tzinfo=UTC)).version == 7


def test_only_the_canonical_spelling_of_an_id_is_read():
    text = "0193a4c2-7e1f-7abc-8def-0123456789ab"
    assert str(read_uuid(text)) == text
    assert str(read_uuid(text.upper())) == text
    for other in (
        text.replace("-", ""), "{" + text + "}", "urn:uuid:" + text, text + "\n", " " + text, text[:-1], "", None, 5,
        text.replace("0", "０"), b"0193a4c2-7e1f-7abc-8def-0123456789ab",
    ):  # fmt: skip
        assert read_uuid(other) is None


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_published_pairs_of_the_chinese_shift_agree(wgs, gcj):
    assert wgs84_to_gcj02(*wgs) == pytest.approx(gcj, abs=1e-5)
    assert distance_m(gcj02_to_wgs84(*gcj), wgs) < 1


@given(CHINA)
def test_shifting_there_and_back_ends_where_it_began(point):
    assert distance_m(gcj02_to_wgs84(*wgs84_to_gcj02(*point)), point) < 0.05


def test_outside_china_nothing_is_shifted():
    assert gcj02_to_wgs84(48.85, 2.35) == (48.85, 2.35) == wgs84_to_gcj02(48.85, 2.35)


def test_a_degree_of_latitude_is_111_kilometres():
    assert distance_m((34.0, 113.0), (35.0, 113.0)) == pytest.approx(111_195, abs=5)


@given(CHINA, st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_a_point_moved_lies_as_far_as_it_was_moved(point, north, east):
    there = move(point, north, east)
    assert distance_m(point, there) == pytest.approx((north**2 + east**2) ** 0.5, rel=0.01, abs=0.5)
    assert distance_m(point, there) == pytest.approx(distance_m(there, point))


def test_what_is_a_position_and_what_can_be_a_visit():
    assert valid(0, 0)
    assert not plausible(0, 0)
    assert not valid(90.1, 0)
    assert not valid(float("nan"), 0)
    assert plausible(34.02, 113.82)
    assert not plausible(48.85, 2.35)
