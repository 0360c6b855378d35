"""What the time bank does: credits visits, frees them when their month closes, lets members give minutes away.

`settle` and `release` are composed into other transactions and never commit. `settle` never adds on a guess: it works
the credits of a member's month out from scratch and posts the differences, so the order of arrivals, reviews and
closings does not matter, and doing it twice, or twenty times at once, does nothing more.

Locks: a member's account row, in order of id. Who opens an account shares the county's service account with others who
do, and a closing takes it alone: no minutes slip in as pending behind a month's release.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Set
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.clock import zone
from server.prepared import Later, Trip, trip
from server.timebank import credits, ledger
from server.timebank.credits import Pair, VisitCredit, Volunteers, released_key
from server.timebank.ledger import Entry, Line, member_account, service_account
from server.timebank.model import Account, Posting, TimeTransaction
from shared.rules.months import Month


def settle(session: Session, county_id: int, pairs: set[Pair], *, now: dt.datetime) -> None:
    """Bring the credits of these (member, local month) pairs in line with `visits.counts`. Never commits.

    Who was no volunteer at a visit's start, or is kin of the elder, earns nothing by it. A constant number of queries,
    two of them where nobody here is a volunteer.
    """
    session.flush()
    begun = settlement(session, county_id, pairs, now=now)
    with trip(session) as out:
        begun.ask(out)
    begun.post(session)


def settlement(
    session: Session, county_id: int, pairs: set[Pair], *, known: Volunteers | None = None, now: dt.datetime
) -> Settlement:
    """The same in steps, for those who have more to say to the database in the same trip: `ask`, then `post`.
    `known`: what was asked already about some of these people."""
    users = {user_id for user_id, _ in pairs}
    if not users:
        return Settlement(county_id, now, frozenset(), None)
    who = known if known is not None and users <= known.about else None
    if who is None:
        with trip(session) as out:
            asked = credits.asked_volunteers(out, county_id, users)
        who = asked()
    # whoever once had the role keeps an account, and what was wrongly credited is still put right
    ours = frozenset(pair for pair in pairs if pair[0] in who.held)
    ledger.open_members(session, county_id, who.without_account & {user_id for user_id, _ in ours}, now)
    return Settlement(county_id, now, ours, who)


@dataclass(slots=True)
class Settlement:
    """Credits on their way. Members' accounts are open; those who hold other locks hold them before `ask`."""

    county_id: int
    now: dt.datetime
    pairs: frozenset[Pair]
    who: Volunteers | None
    _visits: Later[credits.Found] | None = None

    def ask(self, out: Trip) -> None:
        """Lock the members' accounts and ask for their visits."""
        if self.pairs and self.who is not None:
            ledger.lock(out, self.county_id, {member_account(self.county_id, user) for user, _ in self.pairs})
            self._visits = credits.asked_visits(out, self.county_id, self.pairs, self.who, zone())

    def post(self, session: Session) -> None:
        """Post the differences."""
        if self._visits is not None and self.who is not None:
            _post(session, self.county_id, self.pairs, self._visits(), self.who, now=self.now)


def _post(
    session: Session, county_id: int, ours: frozenset[Pair], visits: credits.Found, who: Volunteers, *,
    now: dt.datetime,
) -> None:  # fmt: skip
    wanted = credits.earned(session, county_id, visits.by_pair, who.rules)
    changed = [
        (pair, credit)
        for pair, found in sorted(visits.by_pair.items(), key=lambda item: item[0])
        for credit in sorted(found, key=lambda c: (c.visit.start, c.visit.id))
        if credit.posted.get(pair[1], 0) != wanted[credit.visit.id] or set(credit.posted) - {pair[1]}
    ]
    if not changed:
        return
    # posted under another month: its start was found to lie elsewhere since
    strays = {m for pair, credit in changed for m in credit.posted} - {pair[1] for pair in ours}
    released = visits.released | (_released(session, county_id, strays) if strays else set())
    book = _Book(county_id, released)
    if released:
        book.debts = ledger.debts(session, county_id, {member_account(county_id, pair[0]) for pair, _ in changed})
    # what is taken back goes first: what is earned beside it then repays it at once
    for pair, credit in changed:
        for month, minutes in credit.posted.items():
            keep = wanted[credit.visit.id] if month == pair[1] else 0
            if minutes > keep:
                book.take_back(credit, month, minutes - keep)
    for pair, credit in changed:
        more = wanted[credit.visit.id] - credit.posted.get(pair[1], 0)
        if more > 0:
            book.earn(credit, pair[1], more)
    ledger.post(session, county_id, book.entries, now=now)


def release(session: Session, county_id: int, month: Month, *, now: dt.datetime) -> int:
    """The month closes: what is pending of it becomes free, after repaying debts. Never commits; twice does nothing.

    → minutes that left `pending`. Visits of this month that are credited from now on are free at once.
    """
    session.flush()
    ledger.open_county(session, county_id, now)
    ledger.lock_service(session, county_id, alone=True)
    session.execute(
        sa.select(Account.id)
        .where(Account.county_id == county_id, Account.kind == "member")
        .order_by(Account.id)
        .with_for_update(key_share=True)
    ).all()
    if not _released(session, county_id, {month}):
        ledger.post(session, county_id, [Entry("month", released_key(month), (), month)], now=now)
    of_month = sa.and_(TimeTransaction.county_id == Posting.county_id, TimeTransaction.id == Posting.transaction_id)
    found = session.execute(
        sa.select(Posting.account_id, sa.func.sum(Posting.minutes).label("minutes"))
        .join(TimeTransaction, of_month)
        .where(
            TimeTransaction.county_id == county_id, TimeTransaction.month == month.first, Posting.bucket == "pending"
        )
        .group_by(Posting.account_id)
        .having(sa.func.sum(Posting.minutes) > 0)
    )  # fmt: skip
    pending = {row.account_id: int(row.minutes) for row in found}
    if not pending:
        return 0
    owed = ledger.debts(session, county_id, pending.keys())
    service = service_account(county_id)
    entries = []
    for account, minutes in sorted(pending.items()):
        repaid = min(minutes, owed.get(account, 0))
        lines = (
            Line(account, "pending", -minutes),
            Line(account, "free", minutes - repaid),
            Line(account, "debt", -repaid),
            Line(service, "free", repaid),
            Line(service, "debt", repaid),
        )
        entries.append(Entry("release", f"free:{month}:{account}", lines, month))
    ledger.post(session, county_id, entries, now=now)
    return sum(pending.values())


def _released(session: Session, county_id: int, months: set[Month]) -> set[Month]:
    """Those of these months whose minutes are free already."""
    keys = {released_key(month): month for month in months}
    found = session.scalars(
        sa.select(TimeTransaction.key).where(
            TimeTransaction.county_id == county_id, TimeTransaction.key.in_(sorted(keys))
        )
    )
    return {keys[key] for key in found}


class _Book:
    """Entries in the making: which buckets a credit's change touches depends on whether its month was released."""

    def __init__(self, county_id: int, released: Set[Month]) -> None:
        self.county_id = county_id
        self.service = service_account(county_id)
        self.released = released
        self.debts: dict[uuid.UUID, int] = {}
        self.entries: list[Entry] = []

    def take_back(self, credit: VisitCredit, month: Month, minutes: int) -> None:
        account = member_account(self.county_id, credit.user_id)
        if month in self.released:
            self.debts[account] = self.debts.get(account, 0) + minutes
            lines = (Line(account, "debt", minutes), Line(self.service, "debt", -minutes))
        else:
            lines = (Line(account, "pending", -minutes), Line(self.service, "free", minutes))
        self._add("reverse", credit, month, lines, credit.earned_by)

    def earn(self, credit: VisitCredit, month: Month, minutes: int) -> None:
        account = member_account(self.county_id, credit.user_id)
        if month not in self.released:
            self._add("earn", credit, month, (Line(account, "pending", minutes), Line(self.service, "free", -minutes)))
            return
        repaid = min(minutes, self.debts.get(account, 0))
        self.debts[account] = self.debts.get(account, 0) - repaid
        lines = (
            Line(account, "free", minutes - repaid),
            Line(account, "debt", -repaid),
            Line(self.service, "free", repaid - minutes),
            Line(self.service, "debt", repaid),
        )
        self._add("earn", credit, month, lines)

    def _add(
        self,
        kind: str,
        credit: VisitCredit,
        month: Month,
        lines: tuple[Line, ...],
        reverses: uuid.UUID | None = None,
    ) -> None:
        key = f"visit:{credit.visit.id}:{credit.changes}"
        credit.changes += 1
        self.entries.append(Entry(kind, key, lines, month, credit.visit.id, reverses=reverses))
