"""My hours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HourEntry:
    """One entry; `minutes_text` is signed."""

    when_text: str
    text: str
    minutes_text: str


@dataclass(frozen=True, slots=True)
class HoursView:
    """The balance; `held_text` and `debt_text` are empty where there is nothing of the kind."""

    free_text: str
    pending_text: str
    held_text: str
    debt_text: str
    as_of_text: str
    entries: tuple[HourEntry, ...]
