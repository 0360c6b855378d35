"""/pairings: who is tied to which elder."""

from __future__ import annotations

import uuid
from typing import Any

from server import clock
from server.database import session
from server.http import Page, PageArgs, Router, reach
from server.pairings import queries, service
from server.pairings.schemas import PairingEndIn, PairingIn, PairingOut, PairingsQuery
from server.problems import problem
from shared.rules.months import local_date

api = Router("pairings")


@api.get("/pairings", right="pairings.read", query=PairingsQuery, answer=PairingOut, paged=True)
def list_pairings(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Ties of the elders in my regions, and my own; newest first."""
    return queries.listed(
        session(), reach(), page, now=clock.now(), elder_id=query.get("elder"), user_id=query.get("user"),
        ended=query["ended"],
    )  # fmt: skip


@api.get("/pairings/<uuid:pairing_id>", right="pairings.read", answer=PairingOut)
def read_pairing(pairing_id: uuid.UUID) -> dict[str, Any]:
    """One of them."""
    return _shown(pairing_id)


@api.post("/pairings", right="pairings.write", body=PairingIn, answer=PairingOut, status=201, creates=True)
def create_pairing(body: dict[str, Any]) -> dict[str, Any]:
    """Tie a visitor, or kin, to an elder."""
    now = clock.now()
    made = service.create_pairing(
        session(), reach(), body["elder_id"], body["user_id"], body["role"], now=now,
        today=local_date(now, clock.zone()), starts_at=body["starts_at"], pairing_id=body["id"],
    )  # fmt: skip
    return _shown(made.id)


@api.post("/pairings/<uuid:pairing_id>/end", right="pairings.write", body=PairingEndIn, answer=PairingOut)
def end_pairing(pairing_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """End a tie; it stays on record."""
    service.end_pairing(session(), reach(), pairing_id, now=clock.now(), ends_at=body["ends_at"])
    return _shown(pairing_id)


def _shown(pairing_id: uuid.UUID) -> dict[str, Any]:
    found = queries.one(session(), reach(), pairing_id)
    if found is None:
        raise problem("not_found")
    return found
