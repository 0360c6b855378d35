"""/absences: asked for by whoever visits, decided by a director."""

from __future__ import annotations

import uuid
from typing import Any

from server import clock
from server.absences import queries, service
from server.absences.schemas import AbsenceEndIn, AbsenceIn, AbsenceOut, AbsencesQuery
from server.database import session
from server.elders.edge import settle_at
from server.http import Page, PageArgs, Router, reach
from server.problems import problem

api = Router("absences")


@api.get("/absences", right="absences.read", query=AbsencesQuery, answer=AbsenceOut, paged=True)
def list_absences(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Absences of the elders in reach, newest first."""
    return queries.listed(
        session(), reach(), page, now=clock.now(), elder_id=query.get("elder"), state=query.get("state")
    )


@api.post("/absences", right="absences.ask", body=AbsenceIn, answer=AbsenceOut, status=201, creates=True)
def ask_absence(body: dict[str, Any]) -> dict[str, Any]:
    """Say that an elder is away; it counts once a director approved it."""
    made = service.ask(
        session(), reach(), body["elder_id"], body["reason"], body["starts_on"], body["ends_on"],
        absence_id=body["id"], now=clock.now(),
    )  # fmt: skip
    return _shown(made.id)


@api.post("/absences/<uuid:absence_id>/approve", right="absences.decide", answer=AbsenceOut)
def approve_absence(absence_id: uuid.UUID) -> dict[str, Any]:
    """Approve it: the elder is `away`, and what is owed is a phone contact."""
    now = clock.now()
    service.approve(session(), reach(), absence_id, now=now, settle=settle_at(now))
    return _shown(absence_id)


@api.post("/absences/<uuid:absence_id>/end", right="absences.decide", body=AbsenceEndIn, answer=AbsenceOut)
def end_absence(absence_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """The elder is back."""
    now = clock.now()
    service.end(session(), reach(), absence_id, body["ends_on"], now=now, settle=settle_at(now))
    return _shown(absence_id)


@api.post("/absences/<uuid:absence_id>/withdraw", right="absences.decide", answer=AbsenceOut)
def withdraw_absence(absence_id: uuid.UUID) -> dict[str, Any]:
    """It does not count (any more)."""
    now = clock.now()
    service.withdraw(session(), reach(), absence_id, now=now, settle=settle_at(now))
    return _shown(absence_id)


def _shown(absence_id: uuid.UUID) -> dict[str, Any]:
    found = queries.one(session(), reach(), absence_id, now=clock.now())
    if found is None:
        raise problem("not_found")
    return found
