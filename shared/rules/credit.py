"""Minutes that a volunteer earns by visits (DOMAIN, Time bank; S1, S2, S4).

Worked out for a whole month of one volunteer at a time, in the order of trusted starts, so that the result does not
depend on which visit arrived first; the ledger then posts the difference to what was credited before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Creditable:
    """A qualifying visit of a volunteer. `local_date` is the trusted start's date in the county."""

    id: UUID
    elder_id: UUID
    start: datetime
    local_date: date
    stay_s: int | None


@dataclass(frozen=True, slots=True)
class CreditRules:
    """A county's numbers: minutes a visit, minutes a day, credited visits per elder and month."""

    standard_min: int = 60
    day_max_min: int = 480
    per_elder_month: int = 4


def credit_month(
    visits: Iterable[Creditable], rules: CreditRules, asked: Mapping[UUID, int] | None = None
) -> dict[UUID, int]:
    """Minutes for each visit of ONE volunteer in ONE local month; every visit has an entry, 0 where none is earned.

    Stays are rounded down to whole minutes. `asked`: visits a month that an elder's policy asks for, where that is
    more than `per_elder_month`. A visit that earns nothing does not use up one of the elder's.
    """
    minutes: dict[UUID, int] = {}
    day_used: dict[date, int] = defaultdict(int)
    elder_used: dict[UUID, int] = defaultdict(int)
    for visit in sorted(visits, key=lambda v: (v.start, v.id)):
        if visit.id in minutes:
            continue
        most = max(rules.per_elder_month, (asked or {}).get(visit.elder_id, 0))
        earned = min(max(0, visit.stay_s or 0) // 60, rules.standard_min)
        earned = min(earned, rules.day_max_min - day_used[visit.local_date])
        if elder_used[visit.elder_id] >= most or earned <= 0:
            earned = 0
        else:
            elder_used[visit.elder_id] += 1
            day_used[visit.local_date] += earned
        minutes[visit.id] = earned
    return minutes
