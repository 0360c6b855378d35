"""Reading the codes on a printed sheet, with both readers that phones use."""

from __future__ import annotations

import pypdfium2
import zxingcpp
from PIL import Image
from pyzbar import pyzbar


def pages(pdf: bytes, dpi: int = 150) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [document[i].render(scale=dpi / 72).to_pil() for i in range(len(document))]
    finally:
        document.close()


def text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(document[i].get_textpage().get_text_range() for i in range(len(document)))
    finally:
        document.close()


def by_zxing(image: Image.Image) -> list[str]:
    return sorted(code.text for code in zxingcpp.read_barcodes(image))


def by_zbar(image: Image.Image) -> list[str]:
    return sorted(code.data.decode() for code in pyzbar.decode(image))
