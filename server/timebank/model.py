"""The time bank 时间银行: accounts and double-entry postings of minutes.

Every transaction sums to zero; transactions and postings are never changed or deleted (triggers refuse it); a slip is
reversed by a new transaction. `Balance` is the running sum that postings keep, checked by `yuetan timebank verify`.

How minutes move (S: the county's service account, M: a member):

| what | S free | S debt | M pending | M free | M debt |
|---|---|---|---|---|---|
| earn m, month open | -m | | +m | | |
| reverse m, month open | +m | | -m | | |
| release p, of it r repaying a debt | +r | +r | -p | +(p - r) | -r |
| earn m, month released, r repaying | -(m - r) | +r | | +(m - r) | -r |
| reverse m, month released | | -m | | | +m |

A debt stands beside what is free until the next earnings repay it; what a member can spend is free - debt.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference

BUCKETS = ("free", "pending", "held", "debt")


class Account(CountyRow, Base):
    """kind: member (of `user_id`), service (where earned minutes come from; its sum is what was ever earned),
    pool (the community's, pays for special-difficulty elders)."""

    __tablename__ = "accounts"
    __table_args__ = (sa.UniqueConstraint("county_id", "kind", "user_id"),)

    kind: Mapped[str] = mapped_column(sa.String(10))
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    opened_at: Mapped[dt.datetime]


class TimeTransaction(CountyRow, Base):
    """`key` makes it happen once: "visit:<visit>:<n>" (the n-th change of a visit's credit), "free:<month>:<account>",
    "transfer:<id>"; "released:<month>" moves nothing: it says that the month's minutes are free."""

    __tablename__ = "time_transactions"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "key"),
        sa.Index(None, "county_id", "visit_id"),
        sa.Index(None, "county_id", "month"),
    )

    kind: Mapped[str] = mapped_column(sa.String(20))  # earn, reverse, release, transfer, month
    key: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[dt.datetime]
    month: Mapped[dt.date | None]  # the month it was earned in
    visit_id: Mapped[uuid.UUID | None]
    order_id: Mapped[uuid.UUID | None]
    reverses: Mapped[uuid.UUID | None]
    memo: Mapped[str] = mapped_column(sa.String(200), default="")
    created_by: Mapped[uuid.UUID | None]


class Posting(CountyRow, Base):
    __tablename__ = "postings"
    __table_args__ = (
        county_reference("transaction_id", "time_transactions"),
        county_reference("account_id", "accounts"),
        sa.Index(None, "county_id", "account_id", "id"),
        sa.Index(None, "county_id", "transaction_id"),
        sa.CheckConstraint("minutes <> 0", name="minutes"),
    )

    transaction_id: Mapped[uuid.UUID]
    account_id: Mapped[uuid.UUID]
    bucket: Mapped[str] = mapped_column(sa.String(8))
    minutes: Mapped[int]  # signed


class Balance(Base):
    """The sum of a member's or the pool's postings in a bucket; never below zero, debt is positive. The service account
    has none: every earning would wait for its row; its sums are worked out when they are asked for."""

    __tablename__ = "balances"
    __table_args__ = (
        county_reference("account_id", "accounts"),
        sa.CheckConstraint("minutes >= 0", name="minutes"),
    )

    county_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    minutes: Mapped[int] = mapped_column(default=0)
