"""Headings vary; the register is found all the same."""

import pytest

from server.elders.register.headings import find_headings, meaning


@pytest.mark.parametrize(
    ("field", "titles"),
    [
        ("name", "姓名 老人姓名 姓　名 *姓名 姓名（必填） 老年人姓名 服务对象姓名"),
        ("id_number", "身份证号 公民身份号码 身份证号码 证件号码 居民身份证号 身份证"),
        ("birth_date", "出生日期 出生年月日 出生年月 生日"),
        ("sex", "性别 性_别"),
        ("town", "所属街道 乡镇（街道） 乡镇/街道 街道办事处 镇 所属乡镇"),
        ("village", "所属社区 村（社区） 社区/村 村居 行政村 所属村（社区） 居委会 社区名称"),
        ("county", "县（市、区） 所属县区 区县"),
        ("address", "详细住址 家庭住址（含乡镇村） 现居住地址 居住地 门牌号 地址"),
        ("phone", "联系电话 本人电话 手机号码 联系方式 老人电话"),
        ("contact_name", "紧急联系人 监护人/联系人 联系人姓名 家属姓名"),
        ("contact_phone", "联系人电话 紧急联系人电话 监护人联系方式 家属手机"),
        ("contact_relation", "与老人关系 联系人关系 关系"),
        ("categories", "老人类别 特殊困难类型 人员类别 困难类型"),
        ("lat", "纬度"), ("lon", "经度"), ("position", "坐标 经纬度 坐标（高德）"),
        ("notes", "备注 备注说明"), ("registered_on", "登记日期 纳入时间"),
    ],
)  # fmt: skip
def test_a_heading_means_what_clerks_mean_by_it(field, titles):
    for title in titles.split(" "):
        assert meaning(title.replace("_", " ")) == field, title


@pytest.mark.parametrize("title", ["序号", "年龄", "探访员", "联系人身份证号", "民族", "", "1", "社区工作者"])
def test_other_headings_are_left_alone(title):
    assert meaning(title) in (None, "ignored")


def test_headings_are_found_under_title_rows():
    rows = [["某县花名册", ""], ["填报单位：某镇", ""], [], ["序号", "姓 名", "身份证号", "所属社区"],
            [1.0, "王", "4", "x"]]  # fmt: skip
    found = find_headings(list(enumerate(rows, start=1)))
    assert (found.first_row, found.columns) == (5, {"name": 1, "id_number": 2, "village": 3})


def test_group_headings_over_two_rows_are_joined():
    rows = [
        ["姓名", "身份证号", "居住地", "", "", "联系人", ""],
        ["", "", "街道", "社区", "门牌号", "姓名", "电话"],
        ["王秀英", "411002194803059011", "西大街道", "金地社区", "1号", "王芳", "13900000000"],
    ]
    found = find_headings(list(enumerate(rows, start=1)))
    assert found.first_row == 3
    assert found.columns == {
        "name": 0, "id_number": 1, "town": 2, "village": 3, "address": 4, "contact_name": 5, "contact_phone": 6,
    }  # fmt: skip


def test_a_table_of_something_else_has_no_headings():
    assert find_headings([(1, ["日期", "金额"]), (2, ["2026-01-01", 5.0])]) is None


def test_the_datum_is_taken_from_the_heading():
    assert find_headings([(1, ["姓名", "身份证号", "坐标（高德）"])]).gcj02
    assert not find_headings([(1, ["姓名", "身份证号", "坐标"])]).gcj02
