"""The month's figures and the missing as a file that a director hands on: XLSX or PDF."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
from fpdf import FPDF
from fpdf.fonts import FontFace
from pylopdf_fonts_zh_cn import sans_path

from server.duties.queries import MissingElder

HEADINGS = ("行政区划", "应访", "已访", "上门", "未访", "外出", "拒访", "月探访率", "上门率", "重点巡访率")
MISSING_HEADINGS = ("社区（村）", "编号", "姓名", "探访员", "上次探访", "应访", "已访", "期间")
INK, QUIET = (31, 41, 51), (238, 242, 245)


def rows(figures: Mapping[str, Any]) -> list[list[Any]]:
    """The region first, then its parts."""
    return [_row(part) for part in (figures, *figures["children"])]


def _row(part: Mapping[str, Any]) -> list[Any]:
    return [part["region"]["name"], part["due"], part["visited"], part["visited_home"], part["missing"], part["away"],
            part["refused"], part["rate"], part["home_rate"], part["focused_rate"]]  # fmt: skip


def missing_rows(missing: Sequence[MissingElder], tz: dt.tzinfo) -> list[list[Any]]:
    return [
        [m.region["name"], m.short_no, m.name, m.visitor["name"] if m.visitor else "",
         m.last_visit_at.astimezone(tz).strftime("%Y-%m-%d") if m.last_visit_at else "", m.needed, m.done,
         "本月" if m.kind == "month" else f"{m.starts_on:%m-%d} 至 {m.ends_on:%m-%d}"]
        for m in missing
    ]  # fmt: skip


def title(figures: Mapping[str, Any]) -> str:
    return f"{figures['region']['name']} {figures['month']} 月探访率"


def state(figures: Mapping[str, Any], tz: dt.tzinfo) -> str:
    as_of = figures["as_of"].astimezone(tz)
    return "已结账" if figures["closed"] else f"截至 {as_of:%Y-%m-%d %H:%M}，尚未结账"


def sampled(figures: Mapping[str, Any]) -> str:
    """What the newest call-backs say about the visits behind these rates, in a sentence."""
    found = figures["sample"]
    if found is None:
        return "回访抽查：还没有抽取"
    head = f"回访抽查（{found['month']}）：从 {found['population']} 次计入的探访中抽 {found['drawn']} 次，"
    if not found["answered"]:
        return head + "还没有回访结果"
    head += f"证实 {found['confirmed']} 次，未证实 {found['not_confirmed']} 次；"
    if found["below"] is not None:
        return head + f"未证实的比例不超过 {found['below']:.2%}（95 % 置信）"
    return head + f"未证实的比例估计 {found['share']:.2%}，95 % 置信区间 {found['low']:.2%} – {found['high']:.2%}"


def xlsx(figures: Mapping[str, Any], missing: Sequence[MissingElder], tz: dt.tzinfo) -> bytes:
    """Two sheets: 月探访率 and 未访名单."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        bold, head = book.add_format({"bold": True, "font_size": 14}), book.add_format({"bold": True, "bottom": 1})
        percent = book.add_format({"num_format": "0.00%"})
        sheet = book.add_worksheet("月探访率")
        sheet.write(0, 0, title(figures), bold)
        sheet.write(1, 0, state(figures, tz))
        sheet.write(2, 0, sampled(figures))
        sheet.write_row(3, 0, HEADINGS, head)
        for number, row in enumerate(rows(figures), 4):
            sheet.write_row(number, 0, row[:7])
            for column, value in enumerate(row[7:], 7):
                if value is None:
                    sheet.write(number, column, "—")
                else:
                    sheet.write_number(number, column, value, percent)
        sheet.set_column(0, 0, 28)
        sheet.freeze_panes(4, 1)
        names = book.add_worksheet("未访名单")
        names.write_row(0, 0, MISSING_HEADINGS, head)
        for number, row in enumerate(missing_rows(missing, tz), 1):
            names.write_row(number, 0, row)
        names.set_column(0, 0, 24)
        names.set_column(1, 7, 12)
        names.freeze_panes(1, 0)
    return out.getvalue()


def pdf(figures: Mapping[str, Any], missing: Sequence[MissingElder], tz: dt.tzinfo) -> bytes:
    """A4, the figures first, then the names."""
    page = FPDF(format="A4")
    page.add_font("sans", "", str(sans_path()))
    page.set_auto_page_break(True, 15)
    page.add_page()
    page.set_text_color(*INK)
    page.set_font("sans", size=16)
    page.cell(0, 10, title(figures), new_x="LMARGIN", new_y="NEXT")
    page.set_font("sans", size=9)
    page.cell(0, 6, state(figures, tz), new_x="LMARGIN", new_y="NEXT")
    page.multi_cell(0, 6, sampled(figures), new_x="LMARGIN", new_y="NEXT")
    page.ln(3)
    body = [[*r[:7], *(_percent(v) for v in r[7:])] for r in rows(figures)]
    _table(page, HEADINGS, body, (30, *[11] * 6, 15, 13, 18))
    page.ln(6)
    page.set_font("sans", size=12)
    page.cell(0, 8, f"未访名单（{len(missing)}）", new_x="LMARGIN", new_y="NEXT")
    page.set_font("sans", size=9)
    if missing:
        _table(page, MISSING_HEADINGS, missing_rows(missing, tz), (30, 11, 16, 16, 20, 10, 10, 28))
    return bytes(page.output())


def _table(page: FPDF, headings: Sequence[str], body: Sequence[Sequence[Any]], widths: Sequence[int]) -> None:
    heading = FontFace(fill_color=QUIET, emphasis="")
    with page.table(
        col_widths=tuple(widths), headings_style=heading, line_height=6, borders_layout="HORIZONTAL_LINES"
    ) as t:
        for line in (headings, *body):
            row = t.row()
            for value in line:
                row.cell(str(value))


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.2%}"
