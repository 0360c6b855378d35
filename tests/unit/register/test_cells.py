"""Cells as clerks and spreadsheets spoil them."""

import datetime as dt

import pytest

from server.elders.register import cells


@pytest.mark.parametrize(
    "cell",
    ["1948年3月5日", "1948-03-05", "1948.3.5", "1948/3/5", "１９４８年３月５日", "19480305", 19480305.0,
     17597.0, "17597",
     dt.date(1948, 3, 5), dt.datetime(1948, 3, 5, 8),  # noqa: DTZ001 (spreadsheets know no zones)
     "1948-03-05 00:00:00", " 1948年 3月 5日 ",
     "1948年03月05日生", "一九四八年三月五日"],
)  # fmt: skip
def test_a_date_is_read_however_it_is_written(cell):
    written, fault = cells.birth(cell)
    assert fault is None
    assert written.full() == dt.date(1948, 3, 5)


@pytest.mark.parametrize("cell", ["1948年3月", "1948.3", "1948", 1948.0, 1948.3, "194803"])
def test_a_date_without_its_day_agrees_with_any_day_of_it(cell):
    written, fault = cells.birth(cell)
    assert fault is None
    assert written.full() is None
    assert written.agrees(dt.date(1948, 3, 5))
    assert not written.agrees(dt.date(1949, 3, 5))


@pytest.mark.parametrize("cell", ["1948-13-05", "1948年2月30日", "不详", "3月5日", "0"])
def test_a_date_that_is_none_is_a_fault(cell):
    assert cells.birth(cell) == (None, "bad_birth_date")


@pytest.mark.parametrize("cell", ["", None, "  ", "　"])
def test_an_empty_cell_is_no_fault_of_a_date_or_phone(cell):
    assert cells.birth(cell) == (None, None)
    assert cells.phones(cell) == ((), None)
    assert cells.position(cell) == (None, None)
    assert cells.categories(cell) == ((), None)


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [("138 0000 0000", ["13800000000"]), ("138-0000-0000", ["13800000000"]), (13800000000.0, ["13800000000"]),
     ("+86 13800000000", ["13800000000"]), ("0374-2912345", ["03742912345"]),
     ("１３８００００００００", ["13800000000"]),
     ("13800000000/13900000000", ["13800000000", "13900000000"]), ("13800000000（儿子）", ["13800000000"]),
     ("0374-2912345、13900000000", ["03742912345", "13900000000"])],
)  # fmt: skip
def test_a_phone_is_read_however_it_is_written(cell, numbers):
    assert cells.phones(cell) == (tuple(numbers), None)


@pytest.mark.parametrize("cell", ["1234", "无", "138-0000", "1380000000012", "123 4", "138 -000 0"])
def test_a_phone_that_is_none_is_shown_as_written(cell):
    assert cells.phones(cell)[1] == cell


@pytest.mark.parametrize(
    ("cell", "fault"),
    [(411002194805219383.0, "id_lost_digits"), ("4.11002E+17", "id_lost_digits"), ("", "missing_id"),
     (None, "missing_id")],
)  # fmt: skip
def test_an_id_number_that_is_lost_says_how(cell, fault):
    assert cells.id_text(cell) == ("", fault)


@pytest.mark.parametrize("cell", ["41100219480521938x", "'41100219480521938X", '="41100219480521938X"',
                                  "４１１００２１９４８０５２１９３８Ｘ", " 411002 19480521 938X "])  # fmt: skip
def test_an_id_number_is_freed_of_what_was_put_around_it(cell):
    assert cells.id_text(cell) == ("41100219480521938X", None)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [("独居、空巢", ["living_alone", "empty_nest"]), ("独居/失能", ["living_alone", "disabled"]),
     ("独居，重残；独居", ["living_alone", "severe_disability"]), ("独居老人", ["living_alone"]),
     ("独居失能", ["living_alone", "disabled"]), ("高龄独居老人", ["very_old", "living_alone"]),
     ("计划生育特殊家庭", ["special_family"]), ("空巢 留守", ["empty_nest", "left_behind"])],
)  # fmt: skip
def test_categories_are_split_however_they_are_joined(cell, codes):
    assert cells.categories(cell) == (tuple(codes), None)


def test_an_unknown_category_is_named_and_a_countys_own_is_known():
    assert cells.categories("独居、其他类")[1] == "其他类"
    assert cells.categories("独居、侨眷", {"侨眷": "overseas_kin"}) == (("living_alone", "overseas_kin"), None)


@pytest.mark.parametrize("pair", [("34.02,113.78",), ("113.78，34.02",), (34.02, 113.78), (113.78, 34.02),
                                  ("34.02 113.78",), ("N34.02 E113.78",)])  # fmt: skip
def test_a_position_is_read_in_one_cell_or_two_and_in_either_order(pair):
    assert cells.position(*pair) == ((34.02, 113.78), None)


def test_a_gcj02_position_is_moved_to_wgs84():
    (lat, lon), _ = cells.position(34.02, 113.78, gcj02=True)
    assert 0.0005 < abs(lat - 34.02) < 0.01
    assert 0.002 < abs(lon - 113.78) < 0.01


@pytest.mark.parametrize("pair", [("1,2",), ("-34,113",), ("无",), (34.02, ""), ("34.02,113.78,5",), (0.0, 0.0)])
def test_a_position_that_is_none_is_a_fault(pair):
    assert cells.position(*pair) == (None, "bad_position")


@pytest.mark.parametrize(
    ("cell", "name", "fault"),
    [("王 秀英", "王秀英", None), ("买买提.阿不都", "买买提·阿不都", None),
     ("阿依古丽•买买提", "阿依古丽·买买提", None),
     ("", "", "missing_name"), ("王秀英1", "王秀英1", "bad_name"), ("Anna Smith", "Anna Smith", None)],
)  # fmt: skip
def test_names_keep_what_belongs_to_them(cell, name, fault):
    assert cells.name(cell) == (name, fault)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [("张三（儿子）13800000000", ("张三", "儿子", "13800000000")),
     ("张三 138 0000 0000", ("张三", None, "13800000000")),
     ("张三", ("张三", None, None)), ("13800000000", ("", None, "13800000000"))],
)  # fmt: skip
def test_a_contact_cell_may_hold_name_relation_and_phone(cell, parts):
    assert cells.contact_parts(cell) == parts
