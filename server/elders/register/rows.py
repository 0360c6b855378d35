"""What reading a register yields: a clean row, or everything that is wrong with it.

A register is read without a database, so that the command, the console and the tests share one reading, and so that
nothing can be half imported because a file turned out to be something else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from server.elders.register.texts import Lang, fill, mend


class RegisterUnreadable(Exception):
    """The file as a whole is not a register. `code` is a key of texts.UNREADABLE; nothing of it was read."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def message(self, lang: Lang = "zh") -> str:
        """One sentence: what was expected, and what to do."""
        return fill(self.code, lang, self.params, unreadable=True)


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Whom to call about an elder; `phone` is digits or None."""

    name: str
    phone: str | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One elder as a good row states them. None or empty: the sheet says nothing about it (and erases nothing)."""

    sheet: str
    row: int
    region_id: int
    region_code: int | None
    county_region_id: int | None
    id_number: str
    name: str
    sex: str
    birth_date: dt.date
    address: str | None = None
    phone: str | None = None
    categories: tuple[str, ...] = ()
    contacts: tuple[ContactPerson, ...] = ()
    position: tuple[float, float] | None = None
    notes: str | None = None
    registered_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One fault of one row; `row` is the spreadsheet's own row number, `column` the heading as the sheet has it."""

    sheet: str
    row: int
    column: str
    code: str
    params: dict[str, object] = field(default_factory=dict)

    def what(self, lang: Lang = "zh") -> str:
        return fill(self.code, lang, self.params)

    def how_to_mend(self, lang: Lang = "zh") -> str:
        return mend(self.code, lang, self.params)


@dataclass(slots=True)
class Counts:
    """How a reading went, in rows (a row with three faults is one refused row)."""

    rows: int = 0
    good: int = 0
    refused: int = 0
    blank: int = 0
    problems: int = 0
