"""`yuetan timebank verify`: is the ledger sound? Everything is worked out again from postings and visits, and compared.

Four questions: does every transaction sum to zero; does every balance equal its postings, and none lie below zero; is
nothing pending of a month that was released; does every visit stand for what `shared.rules.credit` gives from scratch?
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.clock import zone
from server.people.model import RoleGrant
from server.prepared import trip
from server.timebank import credits
from server.timebank.ledger import service_account
from server.timebank.model import Balance, Posting, TimeTransaction
from server.visits.model import Visit
from shared.rules.months import Month, month_of

_MEMBERS = 500


@dataclass(slots=True)
class Findings:
    """What was looked at, and what is wrong: `faults` name what, where, and both figures."""

    counties: int = 0
    transactions: int = 0
    accounts: int = 0
    visits: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults


def verify(session: Session, county_ids: list[int]) -> Findings:
    """Look at the whole ledger of these counties. Only reads."""
    found = Findings(counties=len(county_ids))
    for county_id in county_ids:
        _sums(session, county_id, found)
        _balances(session, county_id, found)
        _released(session, county_id, found)
        _credits(session, county_id, found)
    return found


def _sums(session: Session, county_id: int, found: Findings) -> None:
    found.transactions += (
        session.scalar(
            sa.select(sa.func.count()).select_from(TimeTransaction).where(TimeTransaction.county_id == county_id)
        )
        or 0
    )
    total = sa.func.sum(Posting.minutes)
    for row in session.execute(
        sa.select(Posting.transaction_id, total.label("minutes"))
        .where(Posting.county_id == county_id)
        .group_by(Posting.transaction_id)
        .having(total != 0)
    ):
        found.faults.append({"fault": "not_zero", "transaction": str(row.transaction_id), "sum": int(row.minutes)})


def _balances(session: Session, county_id: int, found: Findings) -> None:
    posted = {
        (row.account_id, row.bucket): int(row.minutes)
        for row in session.execute(
            sa.select(Posting.account_id, Posting.bucket, sa.func.sum(Posting.minutes).label("minutes"))
            .where(Posting.county_id == county_id, Posting.account_id != service_account(county_id))
            .group_by(Posting.account_id, Posting.bucket)
        )
    }
    kept = {
        (row.account_id, row.bucket): row.minutes
        for row in session.execute(
            sa.select(Balance.account_id, Balance.bucket, Balance.minutes).where(Balance.county_id == county_id)
        )
    }
    found.accounts += len({account for account, _ in kept})
    for key in sorted(set(posted) | set(kept), key=str):
        figure, should = kept.get(key, 0), posted.get(key, 0)
        if figure != should or should < 0:
            account, bucket = key
            found.faults.append(
                {"fault": "balance", "account": str(account), "bucket": bucket, "is": figure, "should": should}
            )


def _released(session: Session, county_id: int, found: Findings) -> None:
    marker = TimeTransaction.__table__.alias()
    pending = sa.func.sum(Posting.minutes)
    for row in session.execute(
        sa.select(TimeTransaction.month, Posting.account_id, pending.label("minutes"))
        .join(
            Posting,
            sa.and_(Posting.county_id == TimeTransaction.county_id, Posting.transaction_id == TimeTransaction.id),
        )
        .join(
            marker,
            sa.and_(
                marker.c.county_id == TimeTransaction.county_id, marker.c.month == TimeTransaction.month,
                marker.c.kind == "month",
            ),
        )
        .where(TimeTransaction.county_id == county_id, Posting.bucket == "pending")
        .group_by(TimeTransaction.month, Posting.account_id)
        .having(pending != 0)
    ):  # fmt: skip
        found.faults.append(
            {
                "fault": "still_pending", "month": str(Month.of(row.month)), "account": str(row.account_id),
                "minutes": int(row.minutes),
            }
        )  # fmt: skip


def _credits(session: Session, county_id: int, found: Findings) -> None:
    first, last = session.execute(
        sa.select(sa.func.min(Visit.start), sa.func.max(Visit.start)).where(Visit.county_id == county_id)
    ).one()
    members = session.scalars(
        sa.select(RoleGrant.user_id)
        .where(RoleGrant.county_id == county_id, RoleGrant.role == "volunteer")
        .distinct()
        .order_by(RoleGrant.user_id)
    ).all()
    tz = zone()
    for month in _months(first, last, tz):
        for start in range(0, len(members), _MEMBERS):
            some = members[start : start + _MEMBERS]
            with trip(session) as out:
                volunteers = credits.asked_volunteers(out, county_id, some)
            who = volunteers()
            with trip(session) as out:
                visits = credits.asked_visits(out, county_id, {(user, month) for user in some}, who, tz)
            by_pair = visits().by_pair
            should = credits.earned(session, county_id, by_pair, who.rules)
            for pair, held in by_pair.items():
                found.visits += len(held)
                for credit in held:
                    stands, wanted = sum(credit.posted.values()), should[credit.visit.id]
                    if stands != wanted:
                        found.faults.append(
                            {
                                "fault": "credit", "visit": str(credit.visit.id), "member": str(pair[0]),
                                "is": stands, "should": wanted,
                            }
                        )  # fmt: skip


def _months(first: dt.datetime | None, last: dt.datetime | None, tz: dt.tzinfo) -> Iterator[Month]:
    if first is None or last is None:
        return
    month, end = month_of(first, tz), month_of(last, tz)
    while month <= end:
        yield month
        month = month.next()
