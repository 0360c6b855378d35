"""Sheets of tags on A4, to be cut apart: the community, the elder's short number, the code; no name, no address.

A tag hangs inside a home and is read by old phones in dim light, so the code is 46 mm wide with its full quiet zone
and a quarter of it may be spoiled (error correction Q). Where a camera fails, the code can be typed: it stands below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import qrcode
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, WrapMode
from PIL import Image
from pylopdf_fonts_zh_cn import sans_path

from server.tags.label import Label

# A4 in millimetres: two columns of four, each card 95 x 68.
COLUMNS, ROWS = 2, 4
CARD_W, CARD_H = 95.0, 68.0
LEFT, TOP = (210 - COLUMNS * CARD_W) / 2, (297 - ROWS * CARD_H) / 2
CODE = 46.0
PER_SHEET = COLUMNS * ROWS
_PIXELS = 8  # of a module, so that no renderer blurs it
_FONT = "sans"


def code_image(text: str) -> Image.Image:
    """The QR code of `text`, black on white, without its quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=0, box_size=1)
    code.add_data(text)
    code.make(fit=True)
    modules = code.get_matrix()
    image = Image.new("L", (len(modules), len(modules)))
    image.putdata([0 if dark else 255 for row in modules for dark in row])
    return image.resize((image.width * _PIXELS, image.height * _PIXELS), Image.Resampling.NEAREST).convert("1")


def sheet(
    labels: Sequence[Label], *, made_at: dt.datetime, progress: Callable[[int, int], None] = lambda done, total: None
) -> bytes:
    """The PDF. `progress(done, total)` is called as labels are drawn. The same labels give the same drawing."""
    pdf = FPDF(orientation="portrait", unit="mm", format="A4")
    pdf.set_creation_date(made_at)
    pdf.set_title("月探 · 二维码牌")
    pdf.set_auto_page_break(False)
    pdf.add_font(_FONT, fname=sans_path())
    for number, label in enumerate(labels):
        place = number % PER_SHEET
        if place == 0:
            pdf.add_page()
            _cut_marks(pdf)
        x, y = LEFT + place % COLUMNS * CARD_W, TOP + place // COLUMNS * CARD_H
        _card(pdf, x, y, label)
        progress(number + 1, len(labels))
    return bytes(pdf.output())


def _card(pdf: FPDF, x: float, y: float, label: Label) -> None:
    pdf.image(code_image(label.address), x=x + 6, y=y + 7, w=CODE, h=CODE)
    pdf.set_text_color(0)
    side, width = x + 58, CARD_W - 62
    pdf.set_xy(side, y + 7)
    pdf.set_font(_FONT, size=10)
    pdf.cell(width, 5, "月探 · 探访码")
    pdf.set_xy(side, y + 15)
    _fitted(pdf, label.community, width, lines=3)
    pdf.set_xy(side, y + 37)
    pdf.set_font(_FONT, size=9)
    pdf.cell(width, 4, "编号")
    pdf.set_xy(side, y + 41)
    pdf.set_font(_FONT, size=26)
    pdf.cell(width, 12, str(label.short_no))
    pdf.set_xy(x + 6, y + 57)
    pdf.set_font(_FONT, size=9)
    typed = " ".join(label.token[i : i + 4] for i in range(0, len(label.token), 4))
    pdf.cell(CARD_W - 12, 4, f"扫不出时请输入  {typed}")


def _fitted(pdf: FPDF, text: str, width: float, *, lines: int) -> None:
    """`text` in the largest type with which it takes at most that many lines; cut off where even the smallest is
    too large."""
    parts: list[str] = []
    for size in (15, 13, 11, 9, 8):
        pdf.set_font(_FONT, size=size)
        parts = pdf.multi_cell(  # type: ignore[assignment]
            width, size * 0.45, text, align="L", dry_run=True, output=MethodReturnValue.LINES, wrapmode=WrapMode.CHAR
        )
        if len(parts) <= lines:
            break
    pdf.multi_cell(width, size * 0.45, "".join(parts[:lines]), align="L", wrapmode=WrapMode.CHAR)


def _cut_marks(pdf: FPDF) -> None:
    pdf.set_draw_color(120)
    pdf.set_line_width(0.2)
    right, bottom = LEFT + COLUMNS * CARD_W, TOP + ROWS * CARD_H
    for column in range(COLUMNS + 1):
        x = LEFT + column * CARD_W
        pdf.line(x, TOP - 6, x, TOP - 1)
        pdf.line(x, bottom + 1, x, bottom + 6)
        for row in range(1, ROWS):
            y = TOP + row * CARD_H
            pdf.line(x, y - 1.5, x, y + 1.5)
            pdf.line(max(x - 1.5, LEFT), y, min(x + 1.5, right), y)
    for row in range(ROWS + 1):
        y = TOP + row * CARD_H
        pdf.line(LEFT - 6, y, LEFT - 1, y)
        pdf.line(right + 1, y, right + 6, y)
