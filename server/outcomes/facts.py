"""What duties are worked out from: the duty rows as they are, the elders' visits, their absences."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.absences.model import Absence
from server.clock import zone
from server.database import UtcDateTime
from server.duties import service as duties
from server.duties.service import DutyRow, Key
from server.prepared import Later, Prepared, Trip, among
from server.visits.model import Visit
from shared.rules.duty import VisitFact
from shared.rules.months import Month, Period, Week, local_date

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Away:
    starts_on: dt.date
    ends_on: dt.date | None

    def touches(self, period: Period) -> bool:
        return self.starts_on <= period.end and (self.ends_on is None or self.ends_on >= period.start)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as the consequences need it. `counts`: as its row says."""

    fact: VisitFact
    elder_id: uuid.UUID
    visitor_id: uuid.UUID
    counts: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Of some elders and months: the duty rows, and every visit that can count in them."""

    duties: Mapping[Key, DutyRow]
    visits: dict[uuid.UUID, list[VisitRow]]

    def add(self, row: VisitRow) -> None:
        """A visit that is being stored just now."""
        self.visits.setdefault(row.elder_id, []).append(row)


def months_touched(day: dt.date) -> set[Month]:
    """The months whose duties a visit of `day` may meet: the day's own, and that of its week's Thursday."""
    return {Month.of(day), Week.of(day).month}


# Every visit's way in runs these.
_V, _B = (cast(sa.Table, c.__table__) for c in (Visit, Absence))
_COUNTY = sa.bindparam("county", type_=sa.Integer())
_VISITS = Prepared(sa.select(
    _V.c.id, _V.c.start, _V.c.channel, _V.c.outcome, _V.c.assurance, _V.c.decision, _V.c.late, _V.c.spoken_to,
    _V.c.elder_id, _V.c.visitor_id, _V.c.counts,
).where(
    _V.c.county_id == _COUNTY, among(_V.c.elder_id, "ids"), _V.c.start >= sa.bindparam("first", type_=UtcDateTime()),
    _V.c.start < sa.bindparam("end", type_=UtcDateTime()),
))  # fmt: skip
_ABSENCES = Prepared(sa.select(_B.c.elder_id, _B.c.starts_on, _B.c.ends_on).where(
    _B.c.county_id == _COUNTY, among(_B.c.elder_id, "ids"), _B.c.approved_at.is_not(None),
    _B.c.withdrawn_at.is_(None),
))  # fmt: skip


def asked_facts(
    out: Trip, county_id: int, elder_ids: Collection[uuid.UUID], months: Collection[Month]
) -> Later[Facts]:
    """Ask for the facts of these elders in these months (a week reaches over a month's edge). Two statements."""
    if not elder_ids or not months:
        return lambda: Facts({}, {})
    tz = zone()
    before = duties.asked(out, county_id, elder_ids, months)
    window = {"first": min(months).starts(tz) - WEEK, "end": max(months).ends(tz) + WEEK}
    visits = out.ask(_VISITS, {"county": county_id, "ids": list(elder_ids), **window})

    def take() -> Facts:
        rows: dict[uuid.UUID, list[VisitRow]] = defaultdict(list)
        for v in visits.rows():
            fact = VisitFact(
                v.id, v.start, local_date(v.start, tz), v.channel, v.outcome, v.assurance, v.decision, not v.late,
                v.spoken_to,
            )  # fmt: skip
            rows[v.elder_id].append(VisitRow(fact, v.elder_id, v.visitor_id, v.counts))
        return Facts(before(), dict(rows))

    return take


def absences(session: Session, county_id: int, elder_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[Away]]:
    """Approved absences: only a director's word makes an elder `away`."""
    ids = list(elder_ids)
    if not ids:
        return {}
    rows: dict[uuid.UUID, list[Away]] = defaultdict(list)
    for elder_id, starts_on, ends_on in _ABSENCES.rows(session, {"county": county_id, "ids": ids}):
        rows[elder_id].append(Away(starts_on, ends_on))
    return rows
