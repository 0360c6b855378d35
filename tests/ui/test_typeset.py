"""Where lines end. Widths here are in characters: a Chinese one is 2 wide, others 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caregiver_app.screens.typeset import CLOSING, is_wide, wrap


def size_of(line: str) -> float:
    return sum(2 if is_wide(character) else 1 for character in line)


def test_a_line_never_begins_with_a_full_stop() -> None:
    assert wrap("有网络时会自动发送。", 18, size_of) == ["有网络时会自动", "发送。"]


def test_a_line_ends_where_the_reader_pauses_if_that_costs_no_line() -> None:
    lines = wrap("暂时连不上服务器，一次探访存在本机", 24, size_of)
    assert lines == ["暂时连不上服务器，", "一次探访存在本机"]


def test_no_word_is_left_alone_on_the_last_line() -> None:
    assert len(wrap("Every elder, visited every month", 28, size_of)[-1]) > 5


def test_a_number_stays_with_what_it_counts() -> None:
    assert not any(line.endswith("1") for line in wrap("已探访八位，另有 1 位未送达", 18, size_of))


def test_a_word_longer_than_the_line_is_cut_rather_than_lost() -> None:
    assert "".join(wrap("https://yuetan.example.cn/t/ABCDEFGH", 10, size_of)) == (
        "https://yuetan.example.cn/t/ABCDEFGH"
    )


@pytest.mark.parametrize("text", ["", "王", "a"])
def test_what_is_short_stays_as_it_is(text: str) -> None:
    assert wrap(text, 10, size_of) == [text]


@given(st.text(alphabet="探访老人ab1 ，。（）·", max_size=60), st.integers(min_value=8, max_value=40))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = wrap(text, width, size_of)
    assert "".join(lines).replace(" ", "").replace("·", "") == text.replace(" ", "").replace("·", "")
    assert all(size_of(line) <= width for line in lines)


@given(st.lists(st.sampled_from(["探", "访，", "老人。", "家"]), max_size=40), st.integers(8, 40))
def test_no_line_begins_with_closing_punctuation(words: list[str], width: int) -> None:
    assert not any(line[:1] in CLOSING for line in wrap("".join(words), width, size_of) if line)


def test_things_that_are_divided_stay_whole_where_they_fit_on_a_line() -> None:
    assert wrap("女 · 1937 年生 · 低保 · 空巢", 14, len) == ["女 · 1937 年生", "低保 · 空巢"]
    assert wrap("朱秀英 · 老人本人", 8, len) == ["朱秀英", "老人本人"]
    assert wrap("很长很长的一件事 · 短", 5, len)[0] == "很长很长的"
    assert wrap("born 1937 · on an allowance · alone", 15, len) == ["born 1937", "on an allowance", "alone"]


ABOUT = ("female", "born 1937", "on subsistence allowance", "empty-nest", "lives alone")
WORDS = st.lists(st.sampled_from(ABOUT), min_size=3, max_size=5)


@given(WORDS, st.integers(min_value=12, max_value=40))
def test_no_word_is_cut_where_it_fits_on_a_line(things: list[str], width: int) -> None:
    lines = wrap(" · ".join(things), width, size_of)
    cut = [word for thing in things for word in thing.split() if not any(word in line.split() for line in lines)]
    assert cut == []


def test_a_card_of_some_words_keeps_them_whole() -> None:
    lines = wrap("female · born 1937 · on subsistence allowance · empty-nest", 36, size_of)
    assert lines == ["female · born 1937", "on subsistence allowance", "empty-nest"]
