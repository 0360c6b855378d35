"""/timebank: one's minutes, where they came from and where they went."""

from __future__ import annotations

import uuid
from typing import Any

from server import clock
from server.database import session
from server.http import Page, PageArgs, Router, actor, reach
from server.problems import problem
from server.timebank import queries, transfers
from server.timebank.queries import Member
from server.timebank.schemas import AccountOut, MemberQuery, TimeEntryOut, TransferIn, TransferOut
from shared.rules.months import local_date

api = Router("timebank")


@api.get("/timebank/account", right="timebank.read", query=MemberQuery, answer=AccountOut)
def read_account(query: dict[str, Any]) -> dict[str, int]:
    """My account, or that of a member of my regions."""
    return queries.figures(session(), _member(query.get("user")))


@api.get("/timebank/entries", right="timebank.read", query=MemberQuery, answer=TimeEntryOut, paged=True)
def list_entries(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Its lines, newest first."""
    return queries.entries(session(), _member(query.get("user")), page)


@api.post(
    "/timebank/transfers", right="timebank.spend", body=TransferIn, answer=TransferOut, status=201, creates=True
)
def create_transfer(body: dict[str, Any]) -> dict[str, Any]:
    """Give free minutes to another member or to the community's pool."""
    now = clock.now()
    made = transfers.transfer(
        session(), _member(None), body["id"], body["to"], body["minutes"], body["memo"], now=now,
        today=local_date(now, clock.zone()),
    )  # fmt: skip
    return {"id": made.id, "at": made.at, "to": body["to"], "minutes": body["minutes"], "memo": made.memo}


def _member(user_id: uuid.UUID | None) -> Member:
    """Whose account the request may see: 404 for that of anybody else, and for one's own who has none."""
    who = actor()
    found = None
    if user_id is not None and user_id != who.user_id:
        found = queries.of_reach(session(), reach(), user_id, local_date(clock.now(), clock.zone()))
    elif reach().own:
        counties = frozenset({who.county_id}) if who.county_id is not None else who.counties
        found = queries.own(session(), who.user_id, counties)
    if found is None:
        raise problem("account_unknown")
    return found
