"""Every sentence that a register's report can hold, in Chinese and English.

One table, so that a clerk reads the same words in the console, in the terminal and in the report's sheet, and so that
a test can see that no fault lacks its words. `{…}` are filled from the problem's params. ID numbers are never among
them: a report is mailed around.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


class Words(NamedTuple):
    zh: str
    en: str
    mend_zh: str
    mend_en: str


PROBLEMS: dict[str, Words] = {
    "missing_name": Words("没有填写姓名", "The name is missing", "请填写老人姓名", "Fill in the elder's name"),
    "bad_name": Words(
        "姓名「{value}」含有数字或符号", "The name “{value}” holds digits or symbols",
        "请只填写姓名，其他内容移到备注列", "Write the name only; move the rest to the notes column"),
    "missing_id": Words(
        "没有填写身份证号", "The ID number is missing", "请填写 18 位公民身份号码", "Fill in the 18-digit ID number"),
    "bad_id_length": Words(
        "身份证号是 {length} 位，应为 18 位", "The ID number has {length} characters instead of 18",
        "请对照身份证核对，15 位旧号码请换成 18 位", "Check it against the card; replace an old 15-digit number"),
    "bad_id_characters": Words(
        "身份证号含有不该有的字符", "The ID number holds characters that do not belong there",
        "前 17 位应为数字，末位为数字或 X", "The first 17 are digits, the last a digit or X"),
    "bad_id_checksum": Words(
        "身份证号校验码不对，至少有一位写错", "The ID number's check digit is wrong: at least one digit is mistyped",
        "请对照身份证逐位核对", "Compare it with the card, digit by digit"),
    "bad_id_region": Words(
        "身份证号前两位不是省级代码", "The first two digits of the ID number name no province",
        "请对照身份证逐位核对", "Compare it with the card, digit by digit"),
    "bad_id_birth": Words(
        "身份证号第 7–14 位不是有效日期", "Digits 7–14 of the ID number are not a date",
        "请对照身份证逐位核对", "Compare it with the card, digit by digit"),
    "id_lost_digits": Words(
        "身份证号被表格当作数字保存，后几位已丢失",
        "The spreadsheet stored the ID number as a number and lost its last digits",
        "请先把该列设为“文本”格式，再重新录入号码", "Format the column as text, then type the number again"),
    "id_birth_mismatch": Words(
        "出生日期 {birth} 与身份证号中的 {id_birth} 不一致",
        "The birth date {birth} differs from the ID number's {id_birth}",
        "请核对身份证，改正出生日期或身份证号", "Check the card and correct the date or the number"),
    "id_sex_mismatch": Words(
        "性别与身份证号不一致", "The sex differs from the ID number's",
        "请核对身份证，改正性别或身份证号", "Check the card and correct one of the two"),
    "bad_sex": Words(
        "性别「{value}」看不懂", "The sex “{value}” is not understood", "请填写“男”或“女”", "Write 男 or 女"),
    "bad_birth_date": Words(
        "出生日期「{value}」看不懂", "The birth date “{value}” is not understood",
        "请写成 1948-03-05 或 1948年3月5日", "Write it as 1948-03-05"),
    "future_birth": Words(
        "出生日期 {birth} 在今天之后", "The birth date {birth} is in the future",
        "请核对身份证号和出生日期", "Check the ID number and the birth date"),
    "under_60": Words(
        "{age} 岁，不满 60 周岁", "Aged {age}, under 60",
        "特殊困难老年人应年满 60 周岁，请核对号码或删除此行",
        "The register is for people of 60 and over: check the number or delete the row"),
    "over_age": Words(
        "按出生日期 {birth} 已有 {age} 岁", "By the birth date {birth} this person is {age}",
        "请核对身份证号和出生日期", "Check the ID number and the birth date"),
    "duplicate_id": Words(
        "身份证号与工作表「{other_sheet}」第 {other_row} 行重复",
        "The same ID number stands in row {other_row} of sheet “{other_sheet}”",
        "同一位老人只保留一行；若是两个人，请改正号码",
        "Keep one row per elder; if they are two people, correct the number"),
    "missing_village": Words(
        "没有填写所属村（社区）", "The village or community is missing",
        "请填写所属街道（乡镇）和社区（村）", "Fill in the street or town and the community or village"),
    "unknown_county": Words(
        "「{value}」不是本次导入的县（区）", "“{value}” is not a county of this import",
        "请核对县（区）名称", "Check the county's name"),
    "unknown_town": Words(
        "没有叫「{value}」的乡镇（街道）", "There is no town or street “{value}”",
        "请按行政区划的名称填写乡镇（街道）", "Write the town's name as the list of divisions has it"),
    "unknown_village": Words(
        "「{where}」没有叫「{value}」的村（社区）", "There is no village or community “{value}” in “{where}”",
        "请按行政区划的名称填写{hint_zh}", "Write the village's name as the list of divisions has it{hint_en}"),
    "ambiguous_village": Words(
        "「{value}」可能是：{candidates}", "“{value}” may be any of: {candidates}",
        "请写全乡镇（街道）和村（社区）的名称", "Write the full names of the town and the village"),
    "bad_phone": Words(
        "电话「{value}」不是有效号码", "The phone number “{value}” is not valid",
        "请填写 11 位手机号或带区号的座机；没有电话请留空",
        "Write an 11-digit mobile or a landline with area code; leave it empty if there is none"),
    "unknown_category": Words(
        "没有「{value}」这一类别", "There is no category “{value}”",
        "请使用：{known}", "Use one of: {known}"),
    "bad_position": Words(
        "坐标「{value}」看不懂或不在中国境内", "The position “{value}” is not understood, or not in China",
        "请写成“纬度,经度”，如 34.029271,113.789565；没有请留空",
        "Write “latitude,longitude”, e.g. 34.029271,113.789565, or leave it empty"),
    "too_long": Words(
        "内容有 {length} 个字，最多 {limit} 个", "The text has {length} characters, at most {limit} fit",
        "请缩短内容", "Shorten the text"),
    "bad_registered_on": Words(
        "登记日期「{value}」看不懂或在今天之后",
        "The date of registration “{value}” is not understood or in the future",
        "请写成 2026-11-01，或留空（即导入当天）", "Write it as 2026-11-01, or leave it empty (the day of import)"),
    "outside_area": Words(
        "「{value}」不在您的管辖范围内", "“{value}” lies outside your area",
        "请由所属社区或上级导入此行", "Let that community's own director, or the town, import this row"),
}

UNREADABLE: dict[str, tuple[str, str]] = {
    "missing_file": ("找不到文件 {name}", "There is no file {name}"),
    "empty_file": (
        "文件是空的；需要含姓名、身份证号等列的 XLSX 或 CSV 台账",
        "The file is empty; expected is a register with names and ID numbers as XLSX or CSV"),
    "wrong_type": (
        "这不是表格文件；需要 XLSX 或 CSV（UTF-8 或 GB18030）格式的台账",
        "This is no spreadsheet; expected is a register as XLSX or CSV (UTF-8 or GB18030)"),
    "old_excel": (
        "这是旧版 XLS 或其他旧格式；请在表格软件中“另存为”XLSX 后再导入",
        "This is an old XLS or a similar file; save it as XLSX and import that"),
    "encrypted": (
        "文件有打开密码；请去掉密码后再导入（需要未加密的 XLSX 或 CSV）",
        "The file is protected by a password; remove it and import an open XLSX or CSV"),
    "damaged": (
        "文件已损坏，无法读取；需要完好的 XLSX 或 CSV 台账",
        "The file is damaged and cannot be read; expected is a sound XLSX or CSV"),
    "too_large": (
        "文件超过 {limit_mb} MB；请分成几个文件导入",
        "The file is larger than {limit_mb} MB; split it into several"),
    "no_headings": (
        "没有找到表头；需要一行表头，至少含姓名和身份证号（如“姓名、身份证号、所属街道、所属社区…”）",
        "No heading row was found; expected is a row with at least a name and an ID number (姓名, 身份证号, …)"),
    "no_place_column": (
        "工作表「{sheet}」没有社区（村）或家庭住址一列，不知道老人住在哪里",
        "Sheet “{sheet}” has neither a village nor an address column, so nobody's place is known"),
}


class _Loose(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""


def fill(code: str, lang: Lang, params: Mapping[str, object], unreadable: bool = False) -> str:
    """The sentence that says what is wrong."""
    pair = UNREADABLE[code] if unreadable else PROBLEMS[code][:2]
    return pair[0 if lang == "zh" else 1].format_map(_Loose(params))


def mend(code: str, lang: Lang, params: Mapping[str, object]) -> str:
    """The sentence that says how to mend it."""
    words = PROBLEMS[code]
    return (words.mend_zh if lang == "zh" else words.mend_en).format_map(_Loose(params))
