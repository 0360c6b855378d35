"""The report of an import: what a clerk opens beside the register, and what an operator reads in the terminal.

The first sheet is 导入报告 with 工作表, 行号, 列, 问题, 怎么改; the second sums up. Cells are written as text and never
as formulas, because they quote what somebody else typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import xlsxwriter

from server.elders.register.rows import RowProblem
from server.elders.register.texts import Lang

SHEET = "导入报告"
COLUMNS: dict[Lang, tuple[str, ...]] = {
    "zh": ("工作表", "行号", "列", "问题", "怎么改"),
    "en": ("sheet", "row", "column", "problem", "how to mend"),
}
_WIDTHS = (22, 8, 18, 48, 52)


def write_report(
    target: Path | str | BinaryIO,
    problems: Iterable[RowProblem],
    summary: Sequence[tuple[str, object]] = (),
    lang: Lang = "zh",
) -> None:
    """Write the report as XLSX. `summary` are (label, figure) lines of the second sheet."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        for i, width in enumerate(_WIDTHS):
            sheet.set_column(i, i, width)
        sheet.write_row(0, 0, COLUMNS["zh"] if lang == "zh" else COLUMNS["en"], bold)
        for line, problem in enumerate(problems, start=1):
            sheet.write_string(line, 0, problem.sheet, wrapped)
            sheet.write_number(line, 1, problem.row, wrapped)
            sheet.write_string(line, 2, problem.column, wrapped)
            sheet.write_string(line, 3, problem.what(lang), wrapped)
            sheet.write_string(line, 4, problem.how_to_mend(lang), wrapped)
        if summary:
            totals = book.add_worksheet("汇总" if lang == "zh" else "summary")
            totals.set_column(0, 0, 30)
            totals.set_column(1, 1, 40)
            for line, (label, figure) in enumerate(summary):
                totals.write_string(line, 0, label)
                totals.write(line, 1, figure)


def terminal_lines(problems: Iterable[RowProblem], lang: Lang = "zh") -> Iterable[str]:
    """One line per problem, for the terminal."""
    for p in problems:
        if lang == "zh":
            yield f"{p.sheet} 第 {p.row} 行「{p.column}」：{p.what('zh')}。{p.how_to_mend('zh')}。"
        else:
            yield f"{p.sheet} row {p.row} [{p.column}]: {p.what('en')}. {p.how_to_mend('en')}."
