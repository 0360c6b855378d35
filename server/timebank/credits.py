"""Which visits earn, and what was posted for them so far: the two sides that `service.settle` brings together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.duties.model import Duty
from server.pairings.model import Pairing
from server.people.model import RoleGrant
from server.policies.model import Policy
from server.prepared import Later, Prepared, Trip, among
from server.regions.model import County
from server.timebank.ledger import service_account
from server.timebank.model import Account, Posting, TimeTransaction
from server.visits.model import Visit
from shared.rules.credit import Creditable, CreditRules, credit_month
from shared.rules.months import Month, local_date

Pair = tuple[uuid.UUID, Month]


@dataclass(frozen=True, slots=True)
class Volunteers:
    """Of the people asked about: who held the role when (local dates, the second exclusive), who of them has no account
    yet; and the county's numbers."""

    about: frozenset[uuid.UUID]
    held: Mapping[uuid.UUID, Sequence[tuple[dt.date, dt.date | None]]]
    without_account: frozenset[uuid.UUID]
    rules: CreditRules

    def on(self, user_id: uuid.UUID, day: dt.date) -> bool:
        return any(since <= day and (until is None or day < until) for since, until in self.held.get(user_id, ()))


@dataclass(slots=True)
class VisitCredit:
    """A visit of a volunteer: what it may earn by, and what stands for it. `posted`: minutes by the month under which
    they were posted; `changes`: transactions so far; `earned_by`: the newest that gave minutes."""

    visit: Creditable
    user_id: uuid.UUID
    earns: bool
    posted: dict[Month, int] = field(default_factory=dict)
    changes: int = 0
    earned_by: uuid.UUID | None = None


def credit_rules(settings: Mapping[str, Any]) -> CreditRules:
    """A county's numbers: `settings["timebank"]` has any of the fields of CreditRules."""
    given = settings.get("timebank") or {}
    return CreditRules(**{name: int(given[name]) for name in CreditRules.__slots__ if name in given})


# Every visit's way in runs these. They are on tables, not classes, so the caller flushes first.
_G, _C, _A = (cast(sa.Table, c.__table__) for c in (RoleGrant, County, Account))
_V, _K, _T, _P = (cast(sa.Table, c.__table__) for c in (Visit, Pairing, TimeTransaction, Posting))
_COUNTY = sa.bindparam("county", type_=sa.Integer())

_VOLUNTEERS = Prepared(
    sa.select(_G.c.user_id, _G.c.valid_from, _G.c.valid_to, _A.c.id.label("account_id"), _C.c.settings)
    .select_from(
        _G.join(_C, _C.c.id == _G.c.county_id).outerjoin(
            _A, sa.and_(_A.c.county_id == _COUNTY, _A.c.kind == "member", _A.c.user_id == _G.c.user_id)
        )
    )
    .where(_G.c.county_id == _COUNTY, _G.c.role == "volunteer", among(_G.c.user_id, "users"))
)

_KIN = (
    sa.exists()
    .where(
        _K.c.county_id == _COUNTY, _K.c.elder_id == _V.c.elder_id, _K.c.user_id == _V.c.visitor_id,
        _K.c.role == "family", _K.c.starts_at <= _V.c.start,
        sa.or_(_K.c.ends_at.is_(None), _K.c.ends_at > _V.c.start),
    )
    .correlate(_V)
)  # fmt: skip
_MARKER = _T.alias("marker")
_RELEASED = sa.exists().where(_MARKER.c.county_id == _COUNTY, _MARKER.c.key == sa.bindparam("marker"))
_VISITS = Prepared(
    sa.select(
        _V.c.id, _V.c.elder_id, _V.c.visitor_id, _V.c.start, _V.c.stay_s, _V.c.counts, _KIN.label("kin"),
        _RELEASED.label("released"), _T.c.id.label("transaction_id"), _T.c.month, _P.c.bucket, _P.c.minutes,
    )
    .select_from(
        _V.outerjoin(_T, sa.and_(_T.c.county_id == _COUNTY, _T.c.visit_id == _V.c.id)).outerjoin(
            _P,
            sa.and_(
                _P.c.county_id == _COUNTY, _P.c.transaction_id == _T.c.id,
                _P.c.account_id != sa.bindparam("service", type_=sa.Uuid()),
            ),
        )
    )
    .where(
        _V.c.county_id == _COUNTY, among(_V.c.visitor_id, "users"), _V.c.start >= sa.bindparam("first"),
        _V.c.start < sa.bindparam("end"), sa.or_(_V.c.counts, _T.c.id.is_not(None)),
    )
)  # fmt: skip


_D, _W = cast(sa.Table, Duty.__table__), cast(sa.Table, Policy.__table__)
_ASKED = Prepared(
    sa.select(_D.c.elder_id, _D.c.month, _W.c.per_month, _W.c.per_week)
    .select_from(
        _D.join(
            _W,
            sa.and_(
                _W.c.county_id == _D.c.county_id, _W.c.id == _D.c.policy_id, _W.c.version == _D.c.policy_version
            ),
        )
    )
    .where(
        _D.c.county_id == _COUNTY, _D.c.kind == "month", among(_D.c.elder_id, "elders"), among(_D.c.month, "months")
    )
)  # fmt: skip


def released_key(month: Month) -> str:
    """The key of the transaction that says: this month's minutes are free."""
    return f"released:{month}"


def asked_volunteers(out: Trip, county_id: int, user_ids: Collection[uuid.UUID]) -> Later[Volunteers]:
    """Who of these people is or was a volunteer of the county."""
    asked = out.ask(_VOLUNTEERS, {"county": county_id, "users": sorted(user_ids)})

    def take() -> Volunteers:
        found = asked.rows()
        held: dict[uuid.UUID, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
        for row in found:
            held[row.user_id].append((row.valid_from, row.valid_to))
        without = frozenset(row.user_id for row in found if row.account_id is None)
        return Volunteers(frozenset(user_ids), held, without, credit_rules(found[0].settings if found else {}))

    return take


@dataclass(frozen=True, slots=True)
class Found:
    """Visits by member and local month, and which of these months are released."""

    by_pair: Mapping[Pair, Sequence[VisitCredit]]
    released: frozenset[Month]


def asked_visits(
    out: Trip, county_id: int, pairs: Collection[Pair], who: Volunteers, tz: dt.tzinfo
) -> Later[Found]:
    """Every visit of these members in these local months that counts or has something posted. One query a month."""
    by_month: dict[Month, list[uuid.UUID]] = defaultdict(list)
    for user_id, month in sorted(pairs):
        by_month[month].append(user_id)
    asked = {
        month: out.ask(
            _VISITS,
            {
                "county": county_id, "users": users, "first": month.starts(tz), "end": month.ends(tz),
                "service": service_account(county_id), "marker": released_key(month),
            },
        )
        for month, users in by_month.items()
    }  # fmt: skip

    def take() -> Found:
        by_pair: dict[Pair, list[VisitCredit]] = {pair: [] for pair in pairs}
        released = set()
        for month, found in asked.items():
            rows = found.rows()
            if rows and rows[0].released:
                released.add(month)
            for credit in _read(rows, who, tz):
                by_pair[credit.user_id, month].append(credit)
        return Found(by_pair, frozenset(released))

    return take


def _read(rows: Sequence[Any], who: Volunteers, tz: dt.tzinfo) -> Iterable[VisitCredit]:
    credits: dict[uuid.UUID, VisitCredit] = {}
    moved: dict[uuid.UUID, dict[uuid.UUID, int]] = defaultdict(lambda: defaultdict(int))
    months: dict[uuid.UUID, Month] = {}
    for row in rows:
        if row.id not in credits:
            day = local_date(row.start, tz)
            earns = bool(row.counts) and row.elder_id is not None and not row.kin and who.on(row.visitor_id, day)
            visit = Creditable(row.id, row.elder_id or row.id, row.start, day, row.stay_s)
            credits[row.id] = VisitCredit(visit, row.visitor_id, earns)
        if row.transaction_id is not None:
            sign = -1 if row.bucket == "debt" else 1  # a growing debt takes minutes away
            moved[row.id][row.transaction_id] += sign * (row.minutes or 0)
            months[row.transaction_id] = Month.of(row.month)
    for visit_id, by_transaction in moved.items():
        credit = credits[visit_id]
        credit.changes = len(by_transaction)
        for transaction_id in sorted(by_transaction):
            minutes = by_transaction[transaction_id]
            month = months[transaction_id]
            credit.posted[month] = credit.posted.get(month, 0) + minutes
            if minutes > 0:
                credit.earned_by = transaction_id
    return credits.values()


def earned(
    session: Session, county_id: int, by_pair: Mapping[Pair, Sequence[VisitCredit]], rules: CreditRules
) -> dict[uuid.UUID, int]:
    """What each visit should have earned: `shared.rules.credit` over each member's month."""
    earning = {pair: [c.visit for c in credits if c.earns] for pair, credits in by_pair.items()}
    asked = _asked(session, county_id, earning, rules.per_elder_month)
    minutes: dict[uuid.UUID, int] = {c.visit.id: 0 for credits in by_pair.values() for c in credits}
    for pair, visits in earning.items():
        minutes |= credit_month(visits, rules, asked.get(pair[1]))
    return minutes


def _asked(
    session: Session, county_id: int, earning: Mapping[Pair, Sequence[Creditable]], usual: int
) -> dict[Month, dict[uuid.UUID, int]]:
    """Visits a month that elders' policies ask for, where a member made more than `usual` to one: by the policy under
    which the month's duty was made. Hardly ever asked for."""
    often: dict[Month, set[uuid.UUID]] = defaultdict(set)
    for (_, month), visits in earning.items():
        times: dict[uuid.UUID, int] = defaultdict(int)
        for visit in visits:
            times[visit.elder_id] += 1
        often[month] |= {elder for elder, n in times.items() if n > usual}
    elders = set().union(*often.values()) if often else set()
    if not elders:
        return {}
    found = _ASKED.rows(
        session, {"county": county_id, "elders": sorted(elders), "months": sorted(month.first for month in often)}
    )
    asked: dict[Month, dict[uuid.UUID, int]] = defaultdict(dict)
    for elder_id, first, per_month, per_week in found:
        month = Month.of(first)
        asked[month][elder_id] = max(per_month, per_week * len(month.weeks()))
    return asked
