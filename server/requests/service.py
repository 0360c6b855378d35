"""Taking a request about an elder's data in, and answering it. Deleting destroys the elder's key: everything that it
sealed, in backups too, is gone for good, and only figures and dates stay."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Reach
from server.elders import queries as elders
from server.elders import service as register
from server.elders.model import Elder
from server.elders.vault import Vault
from server.language import Text
from server.problems import problem
from server.requests import queries
from server.requests.model import ASKERS, KINDS, DataRequest
from server.visits.sealing import Words

DUE_DAYS = 15


def receive(
    session: Session, reach: Reach, elder_id: uuid.UUID, kind: str, asked_by: str, received_on: dt.date, note: str, *,
    request_id: uuid.UUID, vault: Vault, now: dt.datetime, today: dt.date,
) -> DataRequest:  # fmt: skip
    """Record a request; it is due `DUE_DAYS` days after it was received. The same id again is the same request."""
    elder = elders.find(session, reach, elder_id, now)
    if elder is None:
        raise problem("not_found")
    errors: dict[str, list[Text | str]] = {}
    if kind not in KINDS:
        errors["kind"] = [Text("没有这种请求", "There is no such kind of request.")]
    if asked_by not in ASKERS:
        errors["asked_by"] = [Text("请选择", "Choose one.")]
    if received_on > today:
        errors["received_on"] = [Text("不能晚于今天", "May not lie in the future.")]
    if errors:
        raise problem("validation", errors=errors)
    known = session.get(DataRequest, (elder.county_id, request_id))
    if known is not None:
        if (known.elder_id, known.kind, known.received_on) != (elder_id, kind, received_on):
            raise problem("id_reused")
        session.commit()
        return known
    words = Words(vault, {elder.id: elder.data_key})
    made = DataRequest(
        county_id=elder.county_id, id=request_id, elder_id=elder_id, kind=kind, asked_by=asked_by,
        received_on=received_on, due_on=received_on + dt.timedelta(days=DUE_DAYS),
        note=words.seal(elder.county_id, elder_id, "data_requests", "note", request_id, note),
        recorded_by=reach.user_id, recorded_at=now,
    )  # fmt: skip
    session.add(made)
    audit.record(
        session, "request.receive", "elder", elder_id, now=now, actor_id=reach.user_id, county_id=elder.county_id,
        details={"kind": kind, "request_id": str(request_id)},
    )  # fmt: skip
    session.commit()
    return made


def finish(
    session: Session, reach: Reach, erasing: Reach, request_id: uuid.UUID, outcome: str, answer: str, *,
    vault: Vault, now: dt.datetime,
) -> DataRequest:  # fmt: skip
    """Say what became of it. A deletion that is granted erases the elder here and now, which takes `erasing` (the reach
    of the right to) and an elder who has left the register: 403 `forbidden`, 409 `still_registered`. A refusal says
    why. The same by the same person again changes nothing, else 409 `already_answered`."""
    request = queries.find(session, reach, request_id)
    if request is None:
        raise problem("not_found")
    session.refresh(request, with_for_update=True)
    if request.outcome is not None:
        if (request.outcome, request.outcome_by) != (outcome, reach.user_id):
            raise problem("already_answered")
        session.commit()
        return request
    if outcome == "refused" and not answer:
        raise problem("validation", errors={"answer": [Text("不予办理须说明理由", "A refusal says why.")]})
    elder = session.get_one(Elder, (request.county_id, request.elder_id))
    erases = request.kind == "deletion" and outcome == "done"
    if erases and elders.find(session, erasing, elder.id, now) is None:
        raise problem("forbidden")
    if erases and elder.left_on is None:
        raise problem("still_registered")
    # what is said to an erasure stays: it is sealed for the county then, and should name nobody
    words = Words(vault, {} if erases else {elder.id: elder.data_key})
    sealed = words.seal(request.county_id, elder.id, "data_requests", "answer", request_id, answer)
    request.outcome, request.answer, request.outcome_by, request.outcome_at = outcome, sealed, reach.user_id, now
    audit.record(
        session, f"request.{outcome}", "elder", request.elder_id, now=now, actor_id=reach.user_id,
        county_id=request.county_id, details={"kind": request.kind, "request_id": str(request_id)},
    )  # fmt: skip
    if erases:
        for one in session.scalars(
            sa.select(DataRequest).where(
                DataRequest.county_id == elder.county_id, DataRequest.elder_id == elder.id
            )
        ):  # what was asked may tell about the person; that it was, and when, stays
            one.note = None
        register.erase_elder(session, elder, now=now, actor_id=reach.user_id)
    session.commit()
    return request
