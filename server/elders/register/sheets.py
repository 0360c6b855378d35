"""Opening what a clerk sends: XLSX or CSV, told apart by content and never by the file's ending.

Every file that is not a spreadsheet ends in one `RegisterUnreadable` that says what was expected. Row numbers are the
spreadsheet's own, counted from 1, also over empty rows and over line breaks inside quoted CSV fields.
"""

from __future__ import annotations

import csv
import functools
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import python_calamine as calamine

from server.elders.register.rows import RegisterUnreadable

MAX_FILE_BYTES = 64 * 2**20
MAX_UNZIPPED_BYTES = 768 * 2**20
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

T = TypeVar("T")

Cell = object
"""str, float, int, bool, date, datetime, time, timedelta; '' where empty."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: `rows()` yields (row number, cells) from the first row on. `merged`: (column, first row, last row) of
    cells joined downwards, whose text stands in the first only."""

    name: str
    total: int
    rows: Callable[[], Iterator[tuple[int, list[Cell]]]]
    merged: tuple[tuple[int, int, int], ...] = ()


def open_sheets(source: Path | str | bytes) -> list[Sheet]:
    """All visible sheets of a register, in order. Raises RegisterUnreadable."""
    data = source if isinstance(source, bytes) else _load(Path(source))
    if len(data) > MAX_FILE_BYTES:
        raise RegisterUnreadable("too_large", limit_mb=MAX_FILE_BYTES // 2**20)
    if not data.strip():
        raise RegisterUnreadable("empty_file")
    if data.startswith(b"PK\x03\x04"):
        return _open_xlsx(data)
    if data.startswith(_OLE_MAGIC):
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise RegisterUnreadable("encrypted" if encrypted else "old_excel")
    return [_open_csv(data)]


def _load(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise RegisterUnreadable("too_large", limit_mb=MAX_FILE_BYTES // 2**20)
        return path.read_bytes()
    except FileNotFoundError:
        raise RegisterUnreadable("missing_file", name=path.name) from None
    except IsADirectoryError:
        raise RegisterUnreadable("wrong_type") from None


def _open_xlsx(data: bytes) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            unzipped = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise RegisterUnreadable("damaged") from None
    if "xl/workbook.xml" not in names:
        raise RegisterUnreadable("wrong_type")
    if unzipped > MAX_UNZIPPED_BYTES:  # a zip bomb, or several counties in one file
        raise RegisterUnreadable("too_large", limit_mb=MAX_FILE_BYTES // 2**20)
    book = _guarded(lambda: calamine.load_workbook(io.BytesIO(data)))
    sheets = []
    for meta in book.sheets_metadata:
        if meta.typ != calamine.SheetTypeEnum.WorkSheet or meta.visible != calamine.SheetVisibleEnum.Visible:
            continue
        sheet = _guarded(functools.partial(book.get_sheet_by_name, meta.name))
        total = sheet.end[0] + 1 if sheet.end else 0
        sheets.append(Sheet(meta.name, total, _xlsx_rows(sheet), _merged(sheet)))
    if not sheets:
        raise RegisterUnreadable("no_headings")
    return sheets


def _merged(sheet: calamine.CalamineSheet) -> tuple[tuple[int, int, int], ...]:
    ranges = sheet.merged_cell_ranges or ()
    return tuple(
        (left, top + 1, bottom + 1) for (top, left), (bottom, right) in ranges if bottom > top and left == right
    )


def _xlsx_rows(sheet: calamine.CalamineSheet) -> Callable[[], Iterator[tuple[int, list[Cell]]]]:
    def rows() -> Iterator[tuple[int, list[Cell]]]:
        if sheet.end is None:
            return
        # calamine's rows begin at the sheet's first row and column, whatever is empty there
        yield from enumerate(sheet.iter_rows(), start=1)

    return rows


def _guarded(read: Callable[[], T]) -> T:
    """Run a read of foreign bytes; whatever the parser makes of a damaged file becomes one plain sentence."""
    try:
        return read()
    except calamine.PasswordError:
        raise RegisterUnreadable("encrypted") from None
    except Exception:
        raise RegisterUnreadable("damaged") from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the parser is Rust: its panics are no Exception
            raise RegisterUnreadable("damaged") from None
        raise


def _open_csv(data: bytes) -> Sheet:
    text = _decode(data)
    if text.lstrip()[:1] in ("<", "{") or text.startswith("%PDF"):
        raise RegisterUnreadable("wrong_type")
    head = text[:8192]
    delimiter = max(",\t;", key=head.count)
    try:
        total = sum(1 for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise RegisterUnreadable("damaged") from None

    def rows() -> Iterator[tuple[int, list[Cell]]]:
        yield from enumerate((list(r) for r in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), 1)

    return Sheet("CSV", total, rows)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # "Unicode text" of spreadsheet programs
        encodings = ["utf-16"]
    elif _CONTROL.search(data):
        raise RegisterUnreadable("wrong_type")
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RegisterUnreadable("wrong_type")
