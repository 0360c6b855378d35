"""What somebody who called for help said, and where their phone was: kept with the alert for whoever goes there.

It tells where an elder lives and how they are, so it lies under the elder's key, or the county's where nobody in
particular is meant, and ends with it. The position of a call for an elder who refused that positions are kept is not.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts.model import Alert, AlertEvent
from server.elders.model import Elder
from server.elders.vault import Vault
from server.people.model import User
from server.visits.sealing import key_for, words_about
from shared.geo import distance_m
from shared.protocol.reading import read_position
from shared.protocol.record import Position
from shared.protocol.visit import write_position

TABLE, COLUMN = "alerts", "said"
WORDS_MAX = 500


@dataclass(frozen=True, slots=True)
class Said:
    """`by`: who called; `from_home_m`: metres between the phone and the elder's registered home."""

    words: str = ""
    position: Position | None = None
    by: str = ""
    from_home_m: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Whom a call is for, as far as it decides how what was said is kept."""

    elder_id: uuid.UUID | None = None
    wrapped: bytes | None = None
    positions: bool = True  # not refused


def about(elder: Elder | None) -> About:
    """The elder, or nobody in particular."""
    return About() if elder is None else About(elder.id, elder.data_key, elder.consent_position is not False)


def seal(
    vault: Vault, county_id: int, whom: About, alert_id: uuid.UUID, words: str, position: Position | None
) -> bytes | None:
    """For `alerts.said`; None: nothing that may be kept was said."""
    told = {"words": words[:WORDS_MAX], "position": write_position(position if whom.positions else None)}
    if not any(told.values()):
        return None
    key = key_for(vault, county_id, whom.elder_id, whom.wrapped)
    return key.seal(TABLE, COLUMN, alert_id, json.dumps(told, ensure_ascii=False))


def said(session: Session, vault: Vault, alert_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Said]:
    """Of the calls for help among these, which the caller may read. Two queries."""
    rows = session.execute(
        sa.select(
            Alert.county_id, Alert.id, Alert.elder_id, Alert.said, User.name, Elder.lat, Elder.lon,
        )
        .outerjoin(
            AlertEvent,
            sa.and_(
                AlertEvent.county_id == Alert.county_id, AlertEvent.alert_id == Alert.id, AlertEvent.kind == "opened"
            ),
        )
        .outerjoin(User, User.id == AlertEvent.by)
        .outerjoin(Elder, sa.and_(Elder.county_id == Alert.county_id, Elder.id == Alert.elder_id))
        .where(Alert.id.in_(list(alert_ids)), Alert.kind == "sos")
    ).all()  # fmt: skip
    if not rows:
        return {}
    opener = words_about(session, vault, [row.elder_id for row in rows])
    found = {}
    for row in rows:
        text = opener.open(row.county_id, row.elder_id, TABLE, COLUMN, row.id, row.said)
        told: dict[str, Any] = json.loads(text) if text else {}
        position = read_position(told.get("position"))
        away = None
        if position is not None and row.lat is not None and row.lon is not None:
            away = round(distance_m(position.point, (row.lat, row.lon)))
        found[row.id] = Said(str(told.get("words") or ""), position, row.name or "", away)
    return found
