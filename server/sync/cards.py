"""The card of an elder as phones get it (CONTRACT, Items): the one place where the feed opens what is sealed.

Called for elders whose card changed and nobody else, so a pull without news decrypts nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.duties.model import Duty
from server.elders.model import Elder, ElderCard
from server.elders.vault import Vault
from server.language import Language
from server.regions.model import Region
from server.sync.summary import summaries
from shared.rules.policy import UNIVERSAL, VisitPolicy

SEALED = ("address", "phone", "contacts", "notes")
Policies = Mapping[int, Mapping[str, VisitPolicy]]  # by county


def region_item(code: int | None, name: str, level: str) -> dict[str, Any]:
    return {"code": f"{code:012d}" if code is not None else None, "name": name, "level": level}


def cards(
    session: Session,
    county_id: int,
    elder_ids: Collection[uuid.UUID],
    *,
    policies: Policies,
    vault: Vault,
    today: dt.date,
    language: Language = "zh",
) -> list[dict[str, Any]]:
    """`elders[]` items of these elders of one county, in order of id. A constant number of queries."""
    if not elder_ids:
        return []
    wanted = list(elder_ids)
    rows = session.execute(
        sa.select(Elder, ElderCard, Region.code, Region.name, Region.level)
        .join(Region, Region.id == Elder.region_id)
        .outerjoin(ElderCard, sa.and_(ElderCard.county_id == Elder.county_id, ElderCard.elder_id == Elder.id))
        .where(Elder.county_id == county_id, Elder.id.in_(wanted))
        .order_by(Elder.id)
        .execution_options(populate_existing=True)
    ).all()
    owed = _owed(session, county_id, wanted, today)
    words = summaries(session, [(e, c) for e, c, *_ in rows if c is not None], vault=vault, language=language)
    known = policies.get(county_id, {})
    items = []
    for elder, card, code, name, level in rows:
        opened = _opened(vault, elder)
        policy = known.get(elder.policy_id, UNIVERSAL)
        items.append(
            {
                "id": str(elder.id),
                "short_no": elder.short_no,
                "name": elder.name,
                "sex": elder.sex,
                "birth_year": elder.birth_date.year if elder.birth_date else None,
                "region": region_item(code, name, level),
                "address": opened["address"],
                "lat": elder.lat,
                "lon": elder.lon,
                "categories": elder.categories,
                "status": elder.status,
                "policy_id": elder.policy_id,
                "focused": policy.focused,
                "phone": opened["phone"],
                "contacts": json.loads(opened["contacts"]) if opened["contacts"] else [],
                "last_visit": _last_visit(card, words),
                "due": owed.get(elder.id, []),
                "notes": opened["notes"] or "",
                "version": card.version if card is not None else 0,
            }
        )
    return items


def _opened(vault: Vault, elder: Elder) -> dict[str, str | None]:
    """The sealed columns in clear; all None once the elder's key was destroyed."""
    if elder.data_key is None:
        return dict.fromkeys(SEALED)
    key = vault.elder_key(elder.county_id, elder.id, elder.data_key)
    return {column: key.open("elders", column, elder.id, getattr(elder, column)) for column in SEALED}


def _owed(
    session: Session, county_id: int, elder_ids: list[uuid.UUID], today: dt.date
) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What is owed in periods that are not over; a phone shows each from its first day to its last."""
    rows = session.execute(
        sa.select(Duty.elder_id, Duty.kind, Duty.starts_on, Duty.ends_on, Duty.needed, Duty.done, Duty.state)
        .where(
            Duty.county_id == county_id, Duty.elder_id.in_(elder_ids), Duty.ends_on >= today, Duty.state != "left"
        )
        .order_by(Duty.elder_id, Duty.starts_on, Duty.kind)
    )  # fmt: skip
    owed: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for elder_id, kind, starts, ends, needed, done, state in rows:
        owed[elder_id].append(
            {
                "period": kind,
                "start": starts.isoformat(),
                "end": ends.isoformat(),
                "needed": needed,
                "done": done,
                "state": state,
            }
        )
    return owed


def _last_visit(card: ElderCard | None, words: Mapping[uuid.UUID, str]) -> dict[str, Any] | None:
    if card is None or card.last_visit_at is None:
        return None
    return {
        "at": card.last_visit_at.isoformat(),
        "outcome": card.last_outcome,
        "summary": words.get(card.last_visit_id, "") if card.last_visit_id else "",
    }
