"""Giving minutes away: to another member, or to the community's pool. Nobody can give what they do not have."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.language import Text
from server.prepared import trip
from server.problems import problem
from server.timebank import ledger, queries
from server.timebank.ledger import Entry, Line
from server.timebank.model import Posting, TimeTransaction
from server.timebank.queries import Member


def transfer(
    session: Session, sender: Member, transfer_id: uuid.UUID, to: str, minutes: int, memo: str, *,
    now: dt.datetime, today: dt.date,
) -> TimeTransaction:  # fmt: skip
    """Move free minutes of `sender` to a member (id or user name) or to `pool`, once for each id. Commits.

    What can be given is free less what is owed back: 409 `balance_short`. 404 `account_unknown` for a receiver who is
    no member of the county; 409 `id_reused` where the id was another transfer's.
    """
    county_id = sender.county_id
    try:
        receiver = queries.transfer_target(session, county_id, to, today)
    except LookupError:
        raise problem("account_unknown") from None
    if receiver == sender.user_id:
        raise problem("validation", errors={"to": [Text("不能转给自己", "You cannot give to yourself.")]})
    target = ledger.pool_account(county_id) if receiver is None else ledger.member_account(county_id, receiver)
    ledger.open_members(session, county_id, {u for u in (sender.user_id, receiver) if u is not None}, now)
    with trip(session) as out:
        ledger.lock(out, county_id, {sender.account_id, target})
    if (known := _known(session, sender, transfer_id, target, minutes, memo)) is not None:
        session.commit()
        return known
    there = ledger.balances(session, county_id, sender.account_id)
    if there["free"] - there["debt"] < minutes:
        raise problem("balance_short", free_minutes=there["free"], debt_minutes=there["debt"])
    lines = (Line(sender.account_id, "free", -minutes), Line(target, "free", minutes))
    entry = Entry(
        "transfer", f"transfer:{transfer_id}", lines, memo=memo, created_by=sender.user_id, id=transfer_id
    )  # fmt: skip
    ledger.post(session, county_id, [entry], now=now)
    audit.record(
        session, "timebank.transfer", "transfer", transfer_id, now=now, actor_id=sender.user_id, county_id=county_id,
        details={"to": str(receiver) if receiver else "pool", "minutes": minutes},
    )  # fmt: skip
    made = session.get_one(TimeTransaction, (county_id, transfer_id))
    session.commit()
    return made


def _known(
    session: Session, sender: Member, transfer_id: uuid.UUID, target: uuid.UUID, minutes: int, memo: str
) -> TimeTransaction | None:
    """The transfer of this id, if it was made and is this very one."""
    found = session.get(TimeTransaction, (sender.county_id, transfer_id))
    if found is None:
        return None
    lines = session.execute(
        select(Posting.account_id, Posting.minutes).where(
            Posting.county_id == sender.county_id, Posting.transaction_id == transfer_id
        )
    )
    moved = {line.account_id: line.minutes for line in lines}
    if found.kind != "transfer" or moved != {sender.account_id: -minutes, target: minutes} or found.memo != memo:
        raise problem("id_reused")
    return found
