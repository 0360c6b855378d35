"""Invented registers for the tests: divisions of a small county, and spreadsheets as clerks make them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from server.demo import __file__ as demo_file
from server.elders.register import RegionBook
from shared.identity import check_digit

WEIDU_CSV = Path(demo_file).parent / "weidu.csv"
TODAY = dt.date(2026, 11, 14)
HEADINGS = ("姓名", "性别", "身份证号", "出生日期", "所属街道", "所属社区", "详细住址", "联系电话", "老人类别",
            "紧急联系人", "紧急联系人电话", "经度", "纬度", "备注")  # fmt: skip


def weidu_rows() -> list[dict[str, str]]:
    with WEIDU_CSV.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def book(rows: Sequence[dict[str, str]] | None = None) -> RegionBook:
    """A book of the divisions in rows of a region list (ids are line numbers)."""
    listed = rows if rows is not None else weidu_rows()
    return RegionBook((i, r["code"], r["name"], r["level"], r["parent_code"]) for i, r in enumerate(listed, start=1))


def id_number(born: str = "19480305", sequence: int = 901, region: str = "411002") -> str:
    """A valid, invented ID number; odd sequences are men's."""
    body = f"{region}{born}{sequence:03d}"
    return body + check_digit(body)


def good_row(sequence: int = 901, born: str = "19480305", **cells: object) -> list[object]:
    """A row without fault under HEADINGS; `cells` by heading replace some of it."""
    row: dict[str, object] = {
        "姓名": "王秀英", "性别": "男" if sequence % 2 else "女", "身份证号": id_number(born, sequence),
        "出生日期": f"{born[:4]}-{born[4:6]}-{born[6:]}", "所属街道": "西大街道", "所属社区": "金地社区居委会",
        "详细住址": "12号楼3单元501室", "联系电话": "13800000000", "老人类别": "独居", "紧急联系人": "王芳",
        "紧急联系人电话": "13900000000", "经度": 113.82, "纬度": 34.02, "备注": "",
    }  # fmt: skip
    assert not set(cells) - set(row)
    return list((row | cells).values())


_OPTIONS = {"in_memory": True, "default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}


def xlsx(*sheets: tuple[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook of the sheets' rows; dates become date cells."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as made:
        for name, rows in sheets:
            sheet = made.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if cell not in ("", None):
                        sheet.write(i, j, cell)
    return target.getvalue()


def csv_bytes(rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue().encode(encoding)


def register(*rows: Sequence[object]) -> bytes:
    """A register of one sheet with the usual headings."""
    return xlsx(("台账", [HEADINGS, *rows]))
