"""The ledger's own hand: opening and locking accounts, and posting transactions that sum to zero.

Everything that moves minutes goes through `post`, which writes transactions, their lines and the running balances in
the caller's database transaction. Ids of accounts follow from county and owner, so two that open one at once open the
same one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.database import insert_into
from server.prepared import Prepared, Trip, among, trip
from server.timebank.model import BUCKETS, Account, Balance, Posting, TimeTransaction
from shared.ids import uuid7
from shared.rules.months import Month

_ACCOUNTS = uuid.UUID("5b1f0f8e-7d2c-5c62-9a53-2f6d1b9d7a10")
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """Minutes into (+) or out of (-) one bucket of one account."""

    account_id: uuid.UUID
    bucket: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A transaction to be posted. Lines of zero minutes are left out; the rest sum to zero."""

    kind: str
    key: str
    lines: tuple[Line, ...]
    month: Month | None = None
    visit_id: uuid.UUID | None = None
    order_id: uuid.UUID | None = None
    reverses: uuid.UUID | None = None
    memo: str = ""
    created_by: uuid.UUID | None = None
    id: uuid.UUID | None = None


@lru_cache(maxsize=1024)
def service_account(county_id: int) -> uuid.UUID:
    """Where earned minutes come from."""
    return uuid.uuid5(_ACCOUNTS, f"{county_id}:service")


def pool_account(county_id: int) -> uuid.UUID:
    """The community's pool: gifts to it pay for special-difficulty elders."""
    return uuid.uuid5(_ACCOUNTS, f"{county_id}:pool")


@lru_cache(maxsize=65536)
def member_account(county_id: int, user_id: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(_ACCOUNTS, f"{county_id}:member:{user_id}")


def lock_service(session: Session, county_id: int, *, alone: bool) -> None:
    """`alone`: keep others from opening accounts until this transaction ends; else: keep others from being alone.
    Neither keeps anybody from posting, whose foreign keys share the row's key only."""
    service = sa.select(Account.id).where(Account.county_id == county_id, Account.id == service_account(county_id))
    session.execute(service.with_for_update(key_share=True) if alone else service.with_for_update(read=True)).all()


def open_members(session: Session, county_id: int, user_ids: Collection[uuid.UUID], now: dt.datetime) -> None:
    """Open these members' accounts where there are none yet. Before any account is locked: a closing holds the service
    account and waits for members' accounts, so nobody may hold one of those and wait for it."""
    if not user_ids:
        return
    open_county(session, county_id, now)
    lock_service(session, county_id, alone=False)
    owners = {member_account(county_id, user_id): user_id for user_id in user_ids}
    session.execute(
        insert_into(session, Account).on_conflict_do_nothing(),
        [
            {"county_id": county_id, "id": account, "kind": "member", "user_id": owners[account], "opened_at": now}
            for account in sorted(owners)
        ],
    )
    _open_balances(session, county_id, sorted(owners))


_ACCOUNT = cast(sa.Table, Account.__table__)
_LOCK = Prepared(
    sa.select(_ACCOUNT.c.id)
    .where(
        _ACCOUNT.c.county_id == sa.bindparam("county"),
        among(_ACCOUNT.c.id, "accounts"),
    )
    .order_by(_ACCOUNT.c.id)
    .with_for_update(key_share=True)
)


def lock(out: Trip, county_id: int, account_ids: Collection[uuid.UUID]) -> None:
    """These accounts are this transaction's until it ends. They are taken in order of id, so that two transactions
    never wait for each other."""
    out.ask(_LOCK, {"county": county_id, "accounts": sorted(account_ids)})


def open_county(session: Session, county_id: int, now: dt.datetime) -> None:
    """The county's own accounts. Twice changes nothing."""
    session.execute(
        insert_into(session, Account).on_conflict_do_nothing(),
        [
            {"county_id": county_id, "id": service_account(county_id), "kind": "service", "opened_at": now},
            {"county_id": county_id, "id": pool_account(county_id), "kind": "pool", "opened_at": now},
        ],
    )
    _open_balances(session, county_id, [pool_account(county_id)])


def _open_balances(session: Session, county_id: int, account_ids: Iterable[uuid.UUID]) -> None:
    session.execute(
        insert_into(session, Balance).on_conflict_do_nothing(),
        [
            {"county_id": county_id, "account_id": account, "bucket": bucket, "minutes": 0}
            for account in account_ids
            for bucket in BUCKETS
        ],
    )


def balances(session: Session, county_id: int, account_id: uuid.UUID) -> dict[str, int]:
    """Minutes by bucket; all zero for an account that was not opened."""
    found = session.execute(
        sa.select(Balance.bucket, Balance.minutes).where(
            Balance.county_id == county_id, Balance.account_id == account_id
        )
    )
    return dict.fromkeys(BUCKETS, 0) | {row.bucket: row.minutes for row in found}


def debts(session: Session, county_id: int, account_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Outstanding debts of these accounts, those without one left out."""
    if not account_ids:
        return {}
    found = session.execute(
        sa.select(Balance.account_id, Balance.minutes).where(
            Balance.county_id == county_id, Balance.account_id.in_(sorted(account_ids)),
            Balance.bucket == "debt", Balance.minutes > 0,
        )
    )  # fmt: skip
    return {row.account_id: row.minutes for row in found}


_TRANSACTIONS = cast(sa.Table, TimeTransaction.__table__)
_POSTINGS = cast(sa.Table, Posting.__table__)
_NEW_TRANSACTION, _NEW_POSTING = Prepared.insert(_TRANSACTIONS), Prepared.insert(_POSTINGS)
_BALANCES = cast(sa.Table, Balance.__table__)
_MOVE = Prepared(
    sa.update(_BALANCES)
    .where(
        _BALANCES.c.county_id == sa.bindparam("b_county"),
        _BALANCES.c.account_id == sa.bindparam("b_account"),
        _BALANCES.c.bucket == sa.bindparam("b_bucket"),
    )
    .values(minutes=_BALANCES.c.minutes + sa.bindparam("b_minutes"))
)


def post(session: Session, county_id: int, entries: Sequence[Entry], *, now: dt.datetime) -> None:
    """Write these transactions and move the balances. Their accounts are open and locked.

    Raises ValueError for one that does not sum to zero, IntegrityError for a key that was used or a balance that would
    fall below zero: last lines of defence, both; callers look first.
    """
    service = service_account(county_id)
    moved: dict[tuple[uuid.UUID, str], int] = defaultdict(int)
    transactions, lines = [], []
    for entry in entries:
        transaction_id = entry.id or uuid7(now)
        if sum(line.minutes for line in entry.lines):
            raise ValueError(f"{entry.key}: minutes must sum to zero")
        transactions.append(
            {
                "county_id": county_id, "id": transaction_id, "kind": entry.kind, "key": entry.key, "at": now,
                "month": entry.month.first if entry.month else None, "visit_id": entry.visit_id,
                "order_id": entry.order_id, "reverses": entry.reverses, "memo": entry.memo,
                "created_by": entry.created_by,
            }
        )  # fmt: skip
        for line in entry.lines:
            if not line.minutes:
                continue
            lines.append(
                {
                    "county_id": county_id, "id": uuid7(now), "transaction_id": transaction_id,
                    "account_id": line.account_id, "bucket": line.bucket, "minutes": line.minutes,
                }
            )  # fmt: skip
            if line.account_id != service:
                moved[line.account_id, line.bucket] += line.minutes
    changes = [
        {"b_county": county_id, "b_account": account, "b_bucket": bucket, "b_minutes": minutes}
        for (account, bucket), minutes in sorted(moved.items())
        if minutes
    ]
    with trip(session) as out:
        for statement, rows in (
            (_NEW_TRANSACTION, transactions),
            (_NEW_POSTING, lines),
            (_MOVE, changes),
        ):
            for start in range(0, len(rows), _CHUNK):
                out.run(statement, rows[start : start + _CHUNK])
