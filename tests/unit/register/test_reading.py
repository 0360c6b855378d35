"""A register as a whole: what is read, what is reported, and what is no register at all."""

import contextlib
import datetime as dt
import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from server.elders.register import (
    ContactPerson,
    Reading,
    RegisterRow,
    RegisterUnreadable,
    RowProblem,
    Rules,
    read_register,
)  # fmt: skip
from server.elders.register.headings import find_headings
from server.elders.register.report import COLUMNS, terminal_lines, write_report
from server.elders.register.sheets import Sheet
from server.elders.register.texts import PROBLEMS, UNREADABLE
from tests.registers import HEADINGS, TODAY, book, csv_bytes, good_row, id_number, register, xlsx

BOOK = book()
SOUND = register(good_row(901), good_row(903))


def read(data):
    reading = read_register(data, BOOK, Rules(TODAY))
    return list(reading), reading


def faults(*rows):
    items, _ = read(register(*rows))
    return [(item.row, item.column, item.code) for item in items if isinstance(item, RowProblem)]


def test_a_good_row_is_read_whole():
    [row], reading = read(register(good_row(备注="耳背")))
    assert isinstance(row, RegisterRow)
    assert (row.sheet, row.row, row.name, row.sex, row.id_number) == ("台账", 2, "王秀英", "m", id_number())
    assert (row.birth_date, row.phone, row.address) == (dt.date(1948, 3, 5), "13800000000", "12号楼3单元501室")
    assert (row.categories, row.position, row.notes) == (("living_alone",), (34.02, 113.82), "耳背")
    assert row.contacts == (ContactPerson("王芳", "13900000000"),)
    assert (reading.counts.rows, reading.counts.good, reading.total) == (1, 1, 1)


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"姓名": ""}, "姓名", "missing_name"), ({"身份证号": ""}, "身份证号", "missing_id"),
        ({"身份证号": "411002194803059011"}, "身份证号", "bad_id_checksum"),
        ({"身份证号": "41100219480305901"}, "身份证号", "bad_id_length"),
        ({"身份证号": "4110021948030590A1"}, "身份证号", "bad_id_characters"),
        ({"身份证号": 411002194803059012.0}, "身份证号", "id_lost_digits"),
        ({"出生日期": "1945-03-05"}, "出生日期", "id_birth_mismatch"),
        ({"出生日期": "不详"}, "出生日期", "bad_birth_date"), ({"性别": "女"}, "性别", "id_sex_mismatch"),
        ({"性别": "?"}, "性别", "bad_sex"), ({"所属社区": "不存在社区居委会"}, "所属社区", "unknown_village"),
        ({"所属街道": "无名镇"}, "所属街道", "unknown_town"), ({"联系电话": "无"}, "联系电话", "bad_phone"),
        ({"紧急联系人电话": "1234"}, "紧急联系人电话", "bad_phone"),
        ({"老人类别": "其他类"}, "老人类别", "unknown_category"), ({"经度": 0}, "纬度", "bad_position"),
        ({"备注": "长" * 2001}, "备注", "too_long"),
    ],
)  # fmt: skip
def test_a_fault_is_reported_with_its_row_and_column(cells, column, code):
    assert (3, column, code) in faults(good_row(903), good_row(901, **cells))


def test_every_fault_of_a_row_is_reported():
    codes = {code for _, _, code in faults(good_row(姓名="", 联系电话="无", 所属社区="不存在", 老人类别="其他"))}
    assert codes == {"missing_name", "bad_phone", "unknown_village", "unknown_category"}


@pytest.mark.parametrize(("born", "code"), [("19850714", "under_60"), ("20991231", "future_birth"),
                                            ("19010101", "over_age")])  # fmt: skip
def test_who_is_too_young_unborn_or_too_old_is_reported(born, code):
    assert [found for _, _, found in faults(good_row(901, born))] == [code]


def test_sixty_is_reached_on_the_birthday():
    assert faults(good_row(901, f"1966{TODAY:%m%d}")) == []
    after = TODAY + dt.timedelta(days=1)
    assert faults(good_row(901, f"1966{after:%m%d}")) == [(2, "出生日期", "under_60")]


def test_a_repeated_id_number_names_the_row_before_it():
    items, _ = read(register(good_row(901), good_row(902), good_row(901)))
    [problem] = [item for item in items if isinstance(item, RowProblem)]
    assert (problem.row, problem.code, problem.params) == (4, "duplicate_id", {"other_sheet": "台账", "other_row": 2})


def test_blank_rows_are_counted_and_keep_their_numbers():
    rows = [[], ["某区台账"], HEADINGS, good_row(901), [], ["", " "], good_row(903, 姓名=""), good_row(905)]
    data = xlsx(("台账", rows))
    items, reading = read(data)
    assert [item.row for item in items] == [4, 7, 8]
    assert (reading.counts.blank, reading.counts.rows, reading.counts.refused) == (2, 3, 1)


def test_headings_printed_again_and_footers_are_no_rows():
    _, reading = read(register(good_row(901), list(HEADINGS), good_row(903), ["合计：2人"], ["", "填表人：张三"]))
    assert (reading.counts.rows, reading.counts.good) == (2, 2)


def test_several_sheets_are_read_and_others_named():
    data = xlsx(
        ("说明", [["请按要求填写"]]), ("西大", [HEADINGS, good_row(901)]),
        ("东大", [["标题"], HEADINGS, good_row(903)]), ("空", []),
    )  # fmt: skip
    items, reading = read(data)
    assert [(item.sheet, item.row) for item in items] == [("西大", 2), ("东大", 3)]
    assert reading.skipped == ("说明", "空")


def test_a_repeat_in_another_sheet_names_that_sheet():
    items, _ = read(xlsx(("甲", [HEADINGS, good_row(901)]), ("乙", [HEADINGS, good_row(901)])))
    assert items[1].params == {"other_sheet": "甲", "other_row": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_every_usual_encoding(encoding):
    rows = [HEADINGS, good_row(901, 详细住址="1号\n后院"), [], good_row(903, 姓名="")]
    items, reading = read(csv_bytes(rows, encoding))
    assert [item.row for item in items] == [2, 4]
    assert items[0].name == "王秀英"
    assert reading.counts.blank == 1


def test_the_other_dialect_is_read_too():
    headings = ["序号", "老人姓名", "公民身份号码", "性 别", "出生年月日", "家庭住址（含乡镇村）", "本人电话",
                "特殊困难类型", "监护人/联系人", "联系人电话", "坐标"]  # fmt: skip
    row = [1, "王秀英", id_number().lower(), "男", "1948年3月5日", "魏都区西大街道金地社区居委会12号楼",
           "138 0000 0000", "独居/失能", "王芳", "13900000000", "34.02,113.82"]  # fmt: skip
    [read_row], _ = read(xlsx(("花名册", [["魏都区花名册"], headings, row])))
    assert (read_row.row, read_row.address, read_row.phone) == (3, "12号楼", "13800000000")
    assert (read_row.categories, read_row.position) == (("living_alone", "disabled"), (34.02, 113.82))


def test_several_phones_make_several_contacts():
    [row], _ = read(register(good_row(联系电话="13800000000/13811111111", 紧急联系人="王芳、王强",
                                      紧急联系人电话="13900000000、13911111111")))  # fmt: skip
    assert row.phone == "13800000000"
    assert row.contacts == (
        ContactPerson("王芳", "13900000000"), ContactPerson("王强", "13911111111"),
        ContactPerson("王秀英", "13811111111", "本人"),
    )  # fmt: skip


def zipped(*names):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


NO_REGISTER = [
    (b"", "empty_file"), (b"\n \n", "empty_file"), (b"\x89PNG\r\n\x1a\n\x00\x00", "wrong_type"),
    (b"%PDF-1.7\nabc", "wrong_type"), (b"<html><table></table></html>", "wrong_type"), (b'{"a": 1}', "wrong_type"),
    (zipped("word/document.xml"), "wrong_type"), (zipped("xl/workbook.xml"), "damaged"),
    (b"PK\x03\x04broken", "damaged"), (register(good_row())[:3000], "damaged"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_excel"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    ("日期,金额\n2026-01-01,5\n".encode(), "no_headings"), (b"hello world", "no_headings"),
    (b"\xff\xff\xff\xfe\x81", "wrong_type"), (xlsx(("空", [])), "no_headings"),
    (xlsx(("表", [["姓名", "身份证号"], ["王", "1"]])), "no_place_column"),
]  # fmt: skip


# Ids of their own: pytest would name a workbook by its length, which changes with the second it is made in.
@pytest.mark.parametrize(("data", "code"), NO_REGISTER, ids=[f"{n}-{code}" for n, (_, code) in enumerate(NO_REGISTER)])
def test_what_is_no_register_is_refused_with_one_sentence(data, code):
    with pytest.raises(RegisterUnreadable) as wrong:
        read_register(data, BOOK, Rules(TODAY))
    assert wrong.value.code == code
    for language in ("zh", "en"):
        assert "{" not in wrong.value.message(language)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RegisterUnreadable) as wrong:
        read_register(tmp_path / "none.xlsx", BOOK, Rules(TODAY))
    assert "none.xlsx" in wrong.value.message("en")


def test_the_report_is_a_sheet_with_the_agreed_columns(tmp_path):
    from python_calamine import load_workbook

    items, _ = read(register(good_row(901, 姓名="", 联系电话="=1+1"), good_row(903)))
    problems = [item for item in items if isinstance(item, RowProblem)]
    write_report(tmp_path / "report.xlsx", problems, [("有误", 1)])
    made = load_workbook(str(tmp_path / "report.xlsx"))
    assert made.sheet_names == ["导入报告", "汇总"]
    rows = made.get_sheet_by_name("导入报告").to_python()
    assert tuple(rows[0]) == COLUMNS["zh"] == ("工作表", "行号", "列", "问题", "怎么改")
    assert rows[1][:4] == ["台账", 2.0, "姓名", "没有填写姓名"]
    assert rows[2][3] == "电话「=1+1」不是有效号码"


def test_every_fault_has_words_in_both_languages_and_none_shows_an_id_number():
    params = {"value": "x", "length": 3, "limit": 5, "birth": "b", "id_birth": "i", "age": 1, "other_row": 2,
              "other_sheet": "s", "where": "w", "candidates": "c", "known": "k", "hint_zh": "",
              "hint_en": ""}  # fmt: skip
    for code, words in PROBLEMS.items():
        assert all(words), code
        problem = RowProblem("s", 1, "c", code, params)
        for language in ("zh", "en"):
            assert "{" not in problem.what(language) + problem.how_to_mend(language)
    assert all(all(pair) for pair in UNREADABLE.values())
    items, _ = read(register(good_row(901), good_row(901), good_row(903, 身份证号="411002194803059011")))
    for line in terminal_lines([item for item in items if isinstance(item, RowProblem)]):
        assert "19480305901" not in line


def test_a_place_written_once_for_several_rows_counts_for_each():
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as made:
        sheet = made.add_worksheet("台账")
        sheet.write_row(0, 0, HEADINGS)
        for i, sequence in enumerate((901, 903, 905, 907), start=1):
            row = good_row(sequence, 所属街道="" if i < 4 else "同上", 出生日期="1948-03-05")
            sheet.write_row(i, 0, row)
        sheet.merge_range(1, 4, 3, 4, "西大街道")
    items, _ = read(target.getvalue())
    assert [type(item) for item in items] == [RegisterRow] * 4
    assert len({item.region_id for item in items}) == 1


CELLS = st.one_of(
    st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(),
    st.timedeltas(), st.sampled_from(["同上", "无", "1948-02-30", "4.11E+17", "独居、", "()", "1,2", "·", "\x00"]),
)  # fmt: skip


@given(st.lists(st.lists(CELLS, max_size=16), max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_cell_whatever_stops_the_reading(rows):
    sheet = Sheet("s", len(rows) + 1, lambda: iter(enumerate([list(HEADINGS), *[list(row) for row in rows]], start=1)))
    reading = Reading([(sheet, find_headings([(1, HEADINGS)]))], (), BOOK, Rules(TODAY))
    for item in reading:
        if isinstance(item, RowProblem):
            assert item.what("zh")
            assert item.how_to_mend("en")
    counts = reading.counts
    assert counts.good + counts.refused == counts.rows


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_bytes_whatever_do_worse_than_be_refused(data):
    with pytest.raises(RegisterUnreadable):
        read_register(data, BOOK, Rules(TODAY))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_workbook_is_read_or_refused(data):
    whole = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    with contextlib.suppress(RegisterUnreadable):
        list(read_register(bytes(whole[: cut or None]), BOOK, Rules(TODAY)))
