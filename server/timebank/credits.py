"""Which visits earn, and what was posted for them so far: the two sides that `service.settle` brings together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.duties.model import Duty
from server.pairings.model import Pairing
from server.people.model import RoleGrant
from server.policies.model import Policy
from server.regions.model import County
from server.timebank.ledger import service_account
from server.timebank.model import Account, Posting, TimeTransaction
from server.visits.model import Visit
from shared.rules.credit import Creditable, CreditRules, credit_month
from shared.rules.months import Month, local_date

Pair = tuple[uuid.UUID, Month]


@dataclass(frozen=True, slots=True)
class Volunteers:
    """Who held the role when (local dates, the second exclusive), who of them has no account yet, and the county's
    numbers."""

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


def volunteers(session: Session, county_id: int, user_ids: Collection[uuid.UUID]) -> Volunteers:
    found = session.execute(
        sa.select(RoleGrant.user_id, RoleGrant.valid_from, RoleGrant.valid_to, Account.id, County.settings)
        .join(County, County.id == RoleGrant.county_id)
        .outerjoin(
            Account,
            sa.and_(
                Account.county_id == county_id, Account.kind == "member", Account.user_id == RoleGrant.user_id
            ),
        )
        .where(
            RoleGrant.county_id == county_id, RoleGrant.role == "volunteer", RoleGrant.user_id.in_(sorted(user_ids))
        )
    ).all()  # fmt: skip
    held: dict[uuid.UUID, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
    for user_id, since, until, _, _ in found:
        held[user_id].append((since, until))
    without = frozenset(row.user_id for row in found if row.id is None)
    return Volunteers(held, without, credit_rules(found[0].settings if found else {}))


def visits_of(
    session: Session, county_id: int, pairs: Iterable[Pair], who: Volunteers, tz: dt.tzinfo
) -> dict[Pair, list[VisitCredit]]:
    """Every visit of these members in these local months that counts or has something posted. One query."""
    wanted = set(pairs)
    by_month: dict[Month, list[uuid.UUID]] = defaultdict(list)
    for user_id, month in sorted(wanted):
        by_month[month].append(user_id)
    relative = (
        sa.exists()
        .where(
            Pairing.county_id == county_id, Pairing.elder_id == Visit.elder_id, Pairing.user_id == Visit.visitor_id,
            Pairing.role == "family", Pairing.starts_at <= Visit.start,
            sa.or_(Pairing.ends_at.is_(None), Pairing.ends_at > Visit.start),
        )
        .correlate(Visit)
    )  # fmt: skip
    T, P = TimeTransaction, Posting
    found = session.execute(
        sa.select(
            Visit.id, Visit.elder_id, Visit.visitor_id, Visit.start, Visit.stay_s, Visit.counts,
            relative.label("relative"), T.id.label("transaction_id"), T.month, P.bucket, P.minutes,
        )
        .outerjoin(T, sa.and_(T.county_id == county_id, T.visit_id == Visit.id))
        .outerjoin(
            P,
            sa.and_(
                P.county_id == county_id, P.transaction_id == T.id, P.account_id != service_account(county_id)
            ),
        )
        .where(
            Visit.county_id == county_id, sa.or_(Visit.counts, T.id.is_not(None)),
            sa.or_(
                *(
                    sa.and_(
                        Visit.visitor_id.in_(users), Visit.start >= month.starts(tz), Visit.start < month.ends(tz)
                    )
                    for month, users in by_month.items()
                )
            ),
        )
    ).all()  # fmt: skip
    credits: dict[uuid.UUID, VisitCredit] = {}
    moved: dict[uuid.UUID, dict[uuid.UUID, int]] = defaultdict(lambda: defaultdict(int))
    months: dict[uuid.UUID, Month] = {}
    for row in found:
        if row.id not in credits:
            day = local_date(row.start, tz)
            earns = bool(row.counts) and row.elder_id is not None and not row.relative and who.on(row.visitor_id, day)
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
    out: dict[Pair, list[VisitCredit]] = {pair: [] for pair in wanted}
    for credit in credits.values():
        out[credit.user_id, Month.of(credit.visit.local_date)].append(credit)
    return out


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
    found = session.execute(
        sa.select(Duty.elder_id, Duty.month, Policy.per_month, Policy.per_week)
        .join(
            Policy,
            sa.and_(
                Policy.county_id == Duty.county_id, Policy.id == Duty.policy_id, Policy.version == Duty.policy_version
            ),
        )
        .where(
            Duty.county_id == county_id, Duty.kind == "month", Duty.elder_id.in_(sorted(elders)),
            Duty.month.in_(sorted(month.first for month in often)),
        )
    )  # fmt: skip
    asked: dict[Month, dict[uuid.UUID, int]] = defaultdict(dict)
    for elder_id, first, per_month, per_week in found:
        month = Month.of(first)
        asked[month][elder_id] = max(per_month, per_week * len(month.weeks()))
    return asked
