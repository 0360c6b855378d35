"""A batch of judged visits as rows: two statements, whatever its size."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from server.clock import zone
from server.elders.vault import Vault
from server.intake.judging import Row
from server.intake.known import content_digest
from server.outcomes.drawing import Settling
from server.outcomes.facts import VisitRow
from server.prepared import Prepared, Trip
from server.visits.evidence import Ways
from server.visits.model import Judgement, Visit
from server.visits.sealing import key_for, seal
from shared.ids import uuid7
from shared.protocol import visit as wire
from shared.rules.duty import VisitFact, qualifies
from shared.rules.inputs import write_evidence
from shared.rules.months import local_date

# Every visit's way in runs these.
_INSERT_VISITS = Prepared.insert(cast(sa.Table, Visit.__table__))
_INSERT_JUDGEMENTS = Prepared.insert(cast(sa.Table, Judgement.__table__))


def flag(code: str, weight: float, figures: Mapping[str, Any]) -> dict[str, Any]:
    """A flag as it is kept and sent."""
    return {"code": code, "weight": weight, "figures": dict(figures)}


@dataclass(slots=True)
class NewVisits:
    """Visits to insert with their raw items and first judgements, and what their consequences are drawn from."""

    visits: list[dict[str, Any]] = field(default_factory=list)
    judgements: list[dict[str, Any]] = field(default_factory=list)
    settling: list[Settling] = field(default_factory=list)
    facts: list[VisitRow] = field(default_factory=list)

    def store(self, out: Trip) -> None:
        out.run(_INSERT_VISITS, self.visits)
        out.run(_INSERT_JUDGEMENTS, self.judgements)


def new_visits(
    county_id: int, rows: Sequence[Row], ways: Mapping[uuid.UUID, Ways], vault: Vault, now: dt.datetime
) -> NewVisits:
    """Nothing is written yet."""
    tz = zone()
    new = NewVisits()
    for row in rows:
        sender = row.item.sender
        visit, elder, times, judged = row.item.visit, row.elder, row.times, row.judged
        elder_id = elder.id if elder is not None else None
        key = key_for(vault, county_id, elder_id, elder.data_key if elder else None)
        spoken_to = wire.spoken_to(visit)
        fact = VisitFact(
            visit.id, times.start, local_date(times.start, tz), visit.channel, visit.outcome, judged.assurance,
            None, not row.late, spoken_to,
        )  # fmt: skip
        flags = [flag(f.code, f.weight, f.figures) for f in judged.flags]
        counts = elder is not None and qualifies(fact, row.policy)
        if elder_id is not None:
            new.facts.append(VisitRow(fact, elder_id, sender.user_id, counts))
        new.visits.append({
            "county_id": county_id, "id": visit.id, "elder_id": elder_id,
            "region_id": elder.region_id if elder is not None else ways[sender.user_id].home_region,
            "visitor_id": sender.user_id, "device_id": sender.device_id, "channel": visit.channel,
            "outcome": visit.outcome, "reason": visit.reason, "spoken_to": spoken_to,
            "urgent": None if visit.urgent is None else visit.urgent.kind or "other",
            "started_at": visit.started_at, "ended_at": visit.ended_at, "start": times.start, "stay_s": times.stay_s,
            "proved": times.proved,
            "received_at": now, "late": row.late, "assurance": judged.assurance, "flags": flags, "decision": None,
            "counts": counts,
            "companion_ids": [str(c) for c in visit.companion_ids] or None,
            "photo_digests": list(visit.photos) or None,
            "content": content_digest(row.item),
            "raw": seal(key, "raw", visit.id, row.item.clear),
        })  # fmt: skip
        new.judgements.append({
            "county_id": county_id, "id": uuid7(now), "visit_id": visit.id, "at": now,
            "rule_version": judged.rule_version, "policy_id": row.policy.id, "policy_version": row.policy.version,
            "assurance": judged.assurance, "flags": flags,
            "inputs": seal(key, "inputs", visit.id, json.dumps(write_evidence(row.evidence)).encode()),
        })  # fmt: skip
        new.settling.append(Settling(**{name: new.visits[-1][name] for name in Settling.__slots__}))
    return new
