"""Identity numbers (GB 11643) and telephone numbers as clerks type them."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity import IdentityError, check_digit, check_id_number, clean_phone, fold

BODIES = st.builds(
    lambda region, day, serial: f"{region}{day:%Y%m%d}{serial:03}",
    st.sampled_from(["411002", "130500", "360735", "130802", "410822"]),
    st.dates(date(1900, 1, 1), date(2025, 12, 31)),
    st.integers(0, 999),
)


def test_the_example_of_the_standard_is_right():
    number = check_id_number("11010519491231002X")
    assert (number.birth_date, number.sex, number.region6) == (date(1949, 12, 31), "female", "110105")
    assert check_id_number("440524188001010014").sex == "male"


@pytest.mark.parametrize(
    "typed", ["１１０１０５１９４９１２３１００２Ｘ", " 110105 19491231 002x ", "'11010519491231002X"]
)
def test_what_changes_nothing_is_forgiven(typed):
    assert check_id_number(typed).text == "11010519491231002X"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "length"),
        ("110105491231002", "length"),
        ("11010519491231002", "length"),
        ("1101051949123100AX", "characters"),
        ("X1010519491231002X", "characters"),
        ("00010519491231002X", "region"),
        ("11010519490231002X", "birth_date"),
        ("110105194912310021", "check_digit"),
    ],
)
def test_a_wrong_number_says_what_is_wrong(typed, code):
    with pytest.raises(IdentityError) as refused:
        check_id_number(typed)
    assert refused.value.code == code


def test_nobody_is_born_after_today():
    with pytest.raises(IdentityError, match="birth_date"):
        check_id_number("11010519491231002X", today=date(1949, 12, 30))


@given(BODIES, st.integers(0, 16), st.integers(1, 9))
def test_no_single_mistyped_digit_passes(body, place, by):
    number = body + check_digit(body)
    assert check_id_number(number).birth_date == date(int(body[6:10]), int(body[10:12]), int(body[12:14]))
    digit = str((int(number[place]) + by) % 10)
    with pytest.raises(IdentityError):
        check_id_number(number[:place] + digit + number[place + 1 :])


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(IdentityError):
        assert len(check_id_number(text).text) == 18
    assert clean_phone(text) is None or clean_phone(text).isdigit()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800000001", "13800000001"),
        ("138 0000 0001", "13800000001"),
        ("138-0000-0001", "13800000001"),
        ("＋８６ １３８０００００００１", "13800000001"),
        ("8613800000001", "13800000001"),
        ("0086-13800000001", "13800000001"),
        ("(0374)2345678", "03742345678"),
        ("0374—2345678", "03742345678"),
        ("010-12345678", "01012345678"),
        ("+86 374 2345678", "03742345678"),
        ("1234", None),
        ("无", None),
        ("138-0000", None),
        ("1380000000012", None),
        ("12800000001", None),
        ("23800000001", None),
        ("", None),
    ],
)
def test_telephone_numbers_come_to_bare_digits_or_to_nothing(typed, number):
    assert clean_phone(typed) == number


def test_folding_makes_wide_characters_narrow_and_leaves_hanzi():
    assert fold("　张三１２Ａ ") == "张三12A"
