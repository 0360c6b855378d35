"""What a director would ask about this visit, said kindly before it is saved.

The server's own presence rule looks at what the phone knows: no history, no other visits. It never stops anybody:
saving stays one touch, and most of what it sees has a good reason.
"""

from __future__ import annotations

from typing import Any

from caregiver_app.presenters.common import Common
from shared.clock import trusted_times
from shared.protocol.tags import token_hash, token_of
from shared.protocol.visit import read_visit
from shared.rules.presence import Flag, Home, TagVerdict, evidence_of, judge

#: What has words of its own, the weightiest first; at most two are said.
SAID = ("tag_other", "short_stay", "far", "mocked", "tag_revoked", "no_evidence", "clock_moved")
MOST = 2


def kind_words(common: Common, visit: dict[str, Any], elder: dict[str, Any] | None) -> tuple[str, ...]:
    """Sentences for what the rule would doubt in this visit (wire shape, as it would be saved now); mostly none."""
    told = read_visit(visit).visit
    if told is None or elder is None:
        return ()
    now = common.platform.clock.now()
    times = trusted_times(told.started_at, told.ended_at, told.clock, max(now, common.now()))
    policy = common.store.cache.one("policies", str(elder.get("policy_id"))) or {}
    judgement = judge(
        evidence_of(
            told, times, _verdict(common, told.tag, str(elder["id"])), _home(elder),
            stay_min_s=int(policy.get("stay_min_s") or 180),
        )
    )  # fmt: skip
    if judgement.assurance != "doubtful":
        return ()
    found = {flag.code: flag for flag in judgement.flags if flag.weight > 0}
    return tuple(_sentence(common, found[code]) for code in SAID if code in found)[:MOST]


def _verdict(common: Common, tag: str | None, elder_id: str) -> TagVerdict:
    token = token_of(tag) if tag else None
    if token is None:
        return "missing" if not tag else "unknown"
    known, owner = common.store.cache.tag_owner(token_hash(token))
    if owner == elder_id:
        return "right"
    if owner is not None:
        return "other"
    return "revoked" if known else "unknown"


def _home(elder: dict[str, Any]) -> Home | None:
    lat, lon = elder.get("lat"), elder.get("lon")
    return Home(lat, lon) if isinstance(lat, int | float) and isinstance(lon, int | float) else None


def _sentence(common: Common, flag: Flag) -> str:
    figures = flag.figures
    if flag.code == "short_stay":
        stay = figures.get("stay_s")
        minutes = int(stay) // 60 if isinstance(stay, int) else 0
        return common.text("doubt.short_stay" if minutes else "doubt.very_short_stay", minutes=minutes)
    if flag.code == "far":
        away = figures.get("distance_m")
        metres = int(away) if isinstance(away, int | float) else 0
        return common.text("doubt.far", away=common.distance(metres))
    return common.text(f"doubt.{flag.code}")
