"""Reading a register from first sheet to last: clean rows and explained faults, one after the other.

Every fault of a row is reported, not only the first, so that a clerk mends a file once. A row with a fault is refused
whole; its neighbours are not touched by it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.elders.register import cells
from server.elders.register.addresses import Place, PlaceFault, RegionBook
from server.elders.register.headings import SEARCHED_ROWS, Headings, find_headings
from server.elders.register.rows import ContactPerson, Counts, RegisterRow, RegisterUnreadable, RowProblem
from server.elders.register.sheets import Sheet, open_sheets
from shared.identity import IdentityError, IdNumber, check_id_number
from shared.rules.categories import CATEGORIES

MIN_AGE = 60
MAX_AGE = 120
ADDRESS_MAX = 200
NOTES_MAX = 2000
_FOOTER = re.compile(r"^(?:合计|总计|共计|小计|填表|制表|审核|填报|经办|负责人|备注|注|说明|联系人|日期).*|^第?\d+页.*")
_DITTO = ("同上", "〃", "″", "“", "”", "同")
_ID_FAULTS = {
    "length": "bad_id_length", "characters": "bad_id_characters", "region": "bad_id_region",
    "birth_date": "bad_id_birth", "check_digit": "bad_id_checksum",
}  # fmt: skip
_FALLBACK_TITLES = {
    "name": "姓名", "id_number": "身份证号", "birth_date": "出生日期", "village": "所属社区", "town": "所属街道",
    "address": "住址", "county": "县（区）",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """What may differ between counties: the day it is, the age of entry, categories of the county's own."""

    today: dt.date
    min_age: int = MIN_AGE
    categories: Mapping[str, str] | None = None  # name -> code, beside the known ones


class Reading:
    """A register being read: iterate it once; `counts` grows on the way, `total` is known before.

    `skipped` names sheets that have no headings of a register (a cover, a note).
    """

    def __init__(
        self, sheets: Sequence[tuple[Sheet, Headings]], skipped: Sequence[str], book: RegionBook, rules: Rules
    ) -> None:
        self._sheets = sheets
        self._book = book
        self._rules = rules
        self._seen: dict[str, tuple[str, int]] = {}
        self.skipped = tuple(skipped)
        self.counts = Counts()
        self.total = sum(max(0, sheet.total - headings.first_row + 1) for sheet, headings in sheets)

    def __iter__(self) -> Iterator[RegisterRow | RowProblem]:
        for sheet, headings in self._sheets:
            above = _Above(sheet, headings)
            for number, row in sheet.rows():
                if number >= headings.first_row:
                    yield from self._read(sheet.name, number, above.filled(number, row), headings)

    def _read(
        self, sheet: str, number: int, row: Sequence[object], headings: Headings
    ) -> Iterator[RegisterRow | RowProblem]:
        kind = _kind(row, headings)
        if kind == "blank":
            self.counts.blank += 1
        if kind != "data":
            return
        self.counts.rows += 1
        reader = _Row(sheet, number, row, headings, self._book, self._rules, self._seen)
        clean = reader.read()
        if clean is not None:
            self.counts.good += 1
            yield clean
        else:
            self.counts.refused += 1
            self.counts.problems += len(reader.problems)
            yield from reader.problems


def read_register(source: Path | str | bytes, book: RegionBook, rules: Rules) -> Reading:
    """Open a register for reading. Raises RegisterUnreadable where the file as a whole is none."""
    sheets, skipped = [], []
    for sheet in open_sheets(source):
        headings = find_headings(list(itertools.islice(sheet.rows(), SEARCHED_ROWS)))
        if headings is None:
            skipped.append(sheet.name)
            continue
        if not headings.columns.keys() & {"village", "address", "region_code", "household_address"}:
            raise RegisterUnreadable("no_place_column", sheet=sheet.name)
        sheets.append((sheet, headings))
    if not sheets:
        raise RegisterUnreadable("no_headings")
    return Reading(sheets, skipped, book, rules)


def _kind(row: Sequence[object], headings: Headings) -> str:
    """data | blank | headings (printed again) | footer (合计, 填表人 …)."""
    name, number = headings.columns["name"], headings.columns["id_number"]
    if len(row) > max(name, number) and row[name] and row[number] and not headings.repeated_by(row):
        return "data"
    filled = [i for i, cell in enumerate(row) if cell is not None and cells.text(cell)]
    serial_only = filled == [0] and 0 not in headings.columns.values() and not isinstance(row[0], str)
    if not filled or serial_only:
        return "blank"
    if headings.repeated_by(row):
        return "headings"
    told = [i for i in filled if i in (name, number)]
    if len(filled) <= 4 and len(told) <= 1 and _FOOTER.match(cells.squeezed(row[filled[0]])):
        return "footer"
    return "data"


class _Above:
    """Places that a clerk wrote once for several rows: cells merged downwards, and 同上."""

    def __init__(self, sheet: Sheet, headings: Headings) -> None:
        self._columns = [c for field, c in headings.columns.items() if field in ("county", "town", "village")]
        joined = (
            (column, row)
            for column, first, last in sheet.merged
            if column in self._columns and first >= headings.first_row
            for row in range(first + 1, min(last, sheet.total) + 1)
        )
        # a sheet holds no more of them than rows in these columns, unless it was made to exhaust us
        self._merged = set(itertools.islice(joined, len(self._columns) * sheet.total))
        self._last: dict[int, object] = {}

    def filled(self, number: int, row: list[object]) -> list[object]:
        for column in self._columns:
            if column >= len(row):
                continue
            cell = row[column]
            if cell in _DITTO or ((column, number) in self._merged and cell in ("", None)):
                row[column] = self._last.get(column, cell)
            elif cell not in ("", None):
                self._last[column] = cell
        return row


class _Row:
    """One row on its way to a RegisterRow, collecting what is wrong."""

    def __init__(
        self, sheet: str, number: int, row: Sequence[object], headings: Headings, book: RegionBook, rules: Rules,
        seen: dict[str, tuple[str, int]],
    ) -> None:  # fmt: skip
        self.sheet, self.number, self.row, self.headings = sheet, number, row, headings
        self.book, self.rules, self.seen = book, rules, seen
        self.problems: list[RowProblem] = []

    def cell(self, field: str) -> object:
        index = self.headings.columns.get(field)
        return self.row[index] if index is not None and index < len(self.row) else ""

    def fault(self, field: str, code: str, **params: object) -> None:
        column = self.headings.title(field, _FALLBACK_TITLES.get(field, ""))
        self.problems.append(RowProblem(self.sheet, self.number, column, code, params))

    def read(self) -> RegisterRow | None:
        name = self._name()
        id_number = self._id_number()
        born = self._birth(id_number)
        sex = self._sex(id_number)
        found = self._place()
        numbers = self._phones("phone")
        categories = self._categories()
        contacts = self._contacts()
        position = self._position()
        registered_on = self._registered_on()
        notes = self._long("notes", cells.text(self.cell("notes")), NOTES_MAX)
        if self.problems or id_number is None or born is None or found is None:
            return None
        place, address = found
        contacts += [ContactPerson(name, number, "本人") for number in numbers[1:]]
        county = place.above("county")
        return RegisterRow(
            self.sheet, self.number, place.id, place.code, county.id if county else None, id_number.text, name,
            sex or ("m" if id_number.sex == "male" else "f"), born, address or None,
            numbers[0] if numbers else None, categories, tuple(contacts), position, notes or None, registered_on,
        )  # fmt: skip

    def _name(self) -> str:
        value, fault = cells.name(self.cell("name"))
        if fault:
            self.fault("name", fault, value=value[:30])
        return value

    def _id_number(self) -> IdNumber | None:
        value, fault = cells.id_text(self.cell("id_number"))
        if fault:
            self.fault("id_number", fault)
            return None
        try:
            number = check_id_number(value)
        except IdentityError as error:
            self.fault("id_number", _ID_FAULTS[error.code], length=len(value))
            return None
        earlier = self.seen.setdefault(number.text, (self.sheet, self.number))
        if earlier != (self.sheet, self.number):
            self.fault("id_number", "duplicate_id", other_sheet=earlier[0], other_row=earlier[1])
        return number

    def _birth(self, id_number: IdNumber | None) -> dt.date | None:
        """The birth date: the ID number's where that is valid, and the sheet's must agree with it."""
        written, fault = cells.birth(self.cell("birth_date"))
        if fault:
            self.fault("birth_date", fault, value=cells.text(self.cell("birth_date"))[:30])
        field = "birth_date" if written is not None else "id_number"
        if id_number is not None:
            born: dt.date | None = id_number.birth_date
            if written is not None and not written.agrees(id_number.birth_date):
                self.fault("birth_date", "id_birth_mismatch", birth=written, id_birth=id_number.birth_date)
                field = "id_number"
        else:
            born = written.full() if written is not None else None
        if born is None:
            return None
        age = _age(born, self.rules.today)
        if born > self.rules.today:
            self.fault(field, "future_birth", birth=born)
        elif age < self.rules.min_age:
            self.fault(field, "under_60", age=age)
        elif age > MAX_AGE:
            self.fault(field, "over_age", birth=born, age=age)
        return born

    def _sex(self, id_number: IdNumber | None) -> str | None:
        value, fault = cells.sex(self.cell("sex"))
        if fault:
            self.fault("sex", fault, value=cells.text(self.cell("sex"))[:30])
        elif value and id_number is not None and value != id_number.sex[0]:
            self.fault("sex", "id_sex_mismatch")
        return value

    def _place(self) -> tuple[Place, str] | None:
        county, town, village, code = (
            cells.squeezed(self.cell(f)) for f in ("county", "town", "village", "region_code")
        )
        column = "address" if cells.text(self.cell("address")) else "household_address"
        address = cells.text(self.cell(column))
        try:
            if village or re.fullmatch(r"\d{12}", code):
                place = self.book.find(county, town, village or code)
            elif address:
                place, address = self.book.split(address, county, town)
            else:
                raise PlaceFault("missing_village", "village")
        except PlaceFault as fault:
            self._place_fault(fault)
            return None
        address = self._long(column, address, ADDRESS_MAX)
        return place, address

    def _place_fault(self, fault: PlaceFault) -> None:
        columns = self.headings.columns
        field = next(f for f in (fault.part, "village", "address", "household_address", "region_code", "name")
                     if f in columns)  # fmt: skip
        params = {k: v[:60] if isinstance(v, str) and k == "value" else v for k, v in fault.params.items()}
        self.fault(field, fault.code, **params)

    def _phones(self, field: str) -> tuple[str, ...]:
        numbers, broken = cells.phones(self.cell(field))
        if broken is not None:
            self.fault(field, "bad_phone", value=broken[:30])
        return numbers

    def _categories(self) -> tuple[str, ...]:
        codes, unknown = cells.categories(self.cell("categories"), self.rules.categories)
        if unknown is not None:
            known = [category.zh for category in CATEGORIES] + list(self.rules.categories or ())
            self.fault("categories", "unknown_category", value=unknown[:30], known="、".join(known))
        return codes

    def _contacts(self) -> list[ContactPerson]:
        """Contacts of a name and a phone column that may each hold several, or of one cell with all of it."""
        written = re.split(r"[、/，,;；\n]", cells.text(self.cell("contact_name")))
        parts = [part for part in written if part.strip(" -—无")]
        people = [cells.contact_parts(part) for part in parts]
        numbers = self._phones("contact_phone")
        relation = cells.text(self.cell("contact_relation"))[:20] or None
        if len(people) == len(numbers):
            return [ContactPerson(n[:60], own or number, rel or relation)
                    for (n, rel, own), number in zip(people, numbers, strict=True)]  # fmt: skip
        contacts = [
            ContactPerson(n[:60], own or (numbers[0] if i == 0 and numbers else None), rel or relation)
            for i, (n, rel, own) in enumerate(people)
        ]
        first = contacts[0] if contacts else ContactPerson("", None, relation)
        used = {contact.phone for contact in contacts}
        return contacts + [
            ContactPerson(first.name, number, first.relation) for number in numbers if number not in used
        ]

    def _position(self) -> tuple[float, float] | None:
        pair: tuple[object, object]
        if cells.text(self.cell("position")):
            field, pair = "position", (self.cell("position"), "")
        else:
            field, pair = "lat", (self.cell("lat"), self.cell("lon"))
        value, fault = cells.position(*pair, gcj02=self.headings.gcj02)
        if fault:
            field = field if field in self.headings.columns else "lon"
            shown = " ".join(filter(None, map(cells.text, pair)))
            self.fault(field, fault, value=shown[:40])
        return value

    def _registered_on(self) -> dt.date | None:
        written, fault = cells.birth(self.cell("registered_on"))
        day = written.full() if written is not None else None
        if fault or (written is not None and (day is None or day > self.rules.today)):
            self.fault("registered_on", "bad_registered_on", value=cells.text(self.cell("registered_on"))[:30])
        return day

    def _long(self, field: str, value: str, limit: int) -> str:
        if len(value) > limit:
            self.fault(field, "too_long", length=len(value), limit=limit)
        return value


def _age(born: dt.date, today: dt.date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
