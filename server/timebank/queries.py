"""Reading accounts and entries. Only a member's own lines are shown: the other side of a transaction is the county's
or another member's."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.paging import Page, PageArgs
from server.people import queries as people
from server.people.model import VISITING_ROLES, RoleGrant, User
from server.regions.model import Region
from server.timebank import ledger
from server.timebank.model import Account, Posting, TimeTransaction

RECENT = 20


@dataclass(frozen=True, slots=True)
class Member:
    """Whose account, in which county. It may not be opened yet: then all its figures are zero."""

    county_id: int
    user_id: uuid.UUID

    @property
    def account_id(self) -> uuid.UUID:
        return ledger.member_account(self.county_id, self.user_id)


def own(session: Session, user_id: uuid.UUID, counties: Collection[int]) -> Member | None:
    """A person's own account: of the counties where they have a role, the first in which it was opened."""
    if not counties:
        return None
    opened = session.scalar(
        sa.select(sa.func.min(Account.county_id)).where(
            Account.county_id.in_(sorted(counties)), Account.kind == "member", Account.user_id == user_id
        )
    )
    return Member(opened if opened is not None else min(counties), user_id)


def of_reach(session: Session, reach: Reach, user_id: uuid.UUID, today: dt.date) -> Member | None:
    """A member of one of the reach's regions: somebody who visits there, today."""
    county_id = session.scalar(
        sa.select(RoleGrant.county_id)
        .join(Region, Region.id == RoleGrant.region_id)
        .where(
            RoleGrant.user_id == user_id, RoleGrant.role.in_(sorted(VISITING_ROLES)), people.holds(today),
            RoleGrant.county_id.is_not(None), reach.within(Region.code, RoleGrant.county_id),
        )
        .order_by(RoleGrant.county_id)
        .limit(1)
    )  # fmt: skip
    return Member(county_id, user_id) if county_id is not None else None


def figures(session: Session, member: Member) -> dict[str, int]:
    """The contract's account: minutes by bucket."""
    found = ledger.balances(session, member.county_id, member.account_id)
    return {f"{bucket}_minutes": minutes for bucket, minutes in found.items()}


def entries(session: Session, member: Member, page: PageArgs) -> Page[dict[str, Any]]:
    """The lines of a member's account, newest first; the sum of a bucket's lines is its figure."""
    query = _lines(member)
    if (after := page.after(uuid.UUID)) is not None:
        query = query.where(Posting.id < after[0])
    rows = session.execute(query.order_by(Posting.id.desc()).limit(page.limit + 1)).all()
    return page.cut(rows, lambda row: (row.id,)).map(_wire)


def card(session: Session, county_id: int, user_id: uuid.UUID, *, now: dt.datetime) -> dict[str, Any] | None:
    """`account` of a phone's feed: figures, `as_of` and recent entries; None where no account was opened."""
    member = Member(county_id, user_id)
    opened = session.scalar(
        sa.select(Account.id).where(Account.county_id == county_id, Account.id == member.account_id)
    )
    if opened is None:
        return None
    recent = entries(session, member, PageArgs(limit=RECENT))
    return {**figures(session, member), "as_of": now, "entries": list(recent.items)}


def transfer_target(session: Session, county_id: int, to: str, today: dt.date) -> uuid.UUID | None:
    """The account that `to` names: `pool`, or a member of the county by id or user name. → its owner (None: the pool).
    Raises LookupError where there is no such member."""
    if to == "pool":
        return None
    query = (
        sa.select(User.id)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.county_id == county_id, RoleGrant.role.in_(sorted(VISITING_ROLES)), people.holds(today),
            User.disabled_at.is_(None),
        )
        .limit(1)
    )  # fmt: skip
    try:
        named = uuid.UUID(to)
    except ValueError:
        found = session.scalar(query.where(User.username == to))
    else:
        found = session.scalar(query.where(User.id == named))
    if found is None:
        raise LookupError(to)
    return found


def _lines(member: Member) -> Any:
    T = TimeTransaction
    return (
        sa.select(
            Posting.id, T.at, Posting.minutes, Posting.bucket, T.kind, T.visit_id, T.order_id, T.reverses, T.memo,
        )
        .join(T, sa.and_(T.county_id == Posting.county_id, T.id == Posting.transaction_id))
        .where(Posting.county_id == member.county_id, Posting.account_id == member.account_id)
    )  # fmt: skip


def _wire(row: sa.Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)
