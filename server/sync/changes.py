"""GET /sync/changes: what a phone must learn to hold exactly what its person may hold now.

The server remembers under each cursor what the phone then has (server/sync/marks.py) and answers the difference to
what it may have now. Nothing is asked of the order in which transactions commit: whatever is seen late is simply not
held yet. Versions are read before contents, so a content may be newer than its version, never older; it is then sent
once more than needed.

Every list holds items to be added or replaced; `removed_elder_ids` and `removed` name what the phone drops. A page
has at most 500 elders; the mark of a page is what the phone holds after it, so the next pull goes on from there.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Actor
from server.devices import queries as devices
from server.devices.service import installation
from server.elders.vault import Vault
from server.language import Language
from server.policies import queries as policy_queries
from server.problems import problem
from server.sync import marks, scope, sections
from server.sync.cards import cards
from server.sync.marks import Holds
from server.sync.scope import Held
from server.sync.sections import Section
from shared.protocol.version import newest, older

PAGE = 500  # elders in one answer
SECTIONS = ("policies", "forms", "alerts", "people", "courses")


@dataclass(frozen=True, slots=True)
class Setting:
    """What the edge knows and a service does not: keys, zone and language of this answer, what phones are told."""

    vault: Vault
    zone: dt.tzinfo
    language: Language
    config: dict[str, Any]
    app: str | None = None  # the asking app's version, where it says so with the request


def changes(
    session: Session, who: Actor, cursor: str | None, setting: Setting, *, now: dt.datetime, limit: int = PAGE
) -> dict[str, Any]:
    """The answer to a pull (CONTRACT, /sync/changes). Unknown or somebody else's cursor: `cursor_unknown`; an app that
    is too old to be told anything: `app_too_old` (only here, for whatever it sends is taken).

    `limit`: elders in this page, for a phone on a line that breaks before a large one is through.

    Reads first; writes the new mark, and the line in the audit log where cards were read, in a transaction of its own
    at the end. Without news nothing is written and the cursor stays.
    """
    standing = devices.standing(session, who.device_id, who.county_id)
    oldest = newest(setting.config["min_app"], standing.min_app)
    if who.device_id is not None and older(setting.app or standing.app_version, oldest):
        raise problem("app_too_old", min_app=oldest)
    holds: Holds | None = None
    presented: uuid.UUID | None = None
    if cursor is not None:
        mark = marks.find(session, cursor, who.session_id)
        if mark is None:
            raise problem("cursor_unknown")
        holds, presented = marks.unpack(mark.holds), mark.id
    answer, after = _difference(session, who, holds, setting, now, min(limit, PAGE))
    sent = [item["id"] for item in answer["elders"]]
    answer["config"] = {**answer["config"], "min_app": oldest}
    news = holds is None or after != holds
    session.commit()  # ends the reading
    answer["epoch"] = str(installation(session, now).epoch)
    if news:
        if who.session_id is None:
            raise problem("token_invalid")
        answer["cursor"] = str(marks.remember(session, who.session_id, after, presented=presented, now=now))
        if sent:
            audit.record(
                session, "elders.sync", "session", who.session_id, now=now, actor_id=who.user_id,
                county_id=who.county_id, details={"elders": sent},
            )  # fmt: skip
        session.commit()
    else:
        answer["cursor"] = str(presented)
    return answer


def _difference(
    session: Session, who: Actor, holds: Holds | None, setting: Setting, now: dt.datetime, limit: int
) -> tuple[dict[str, Any], Holds]:
    today = now.astimezone(setting.zone).date()
    before = holds or {}
    seen = {str(s.id): s for s in scope.elders(session, scope.mine(who, now, today))}
    had = before.get("elders", {})
    changed = [key for key, s in seen.items() if had.get(key) != s.version]
    page = [seen[key] for key in changed[:limit]]
    after: Holds = {"elders": {key: version for key, version in had.items() if key in seen}}
    after["elders"] |= {str(s.id): s.version for s in page}
    held = Held.of(seen[key] for key in after["elders"])

    counties = {s.county_id for s in seen.values()} | ({who.county_id} if who.county_id is not None else set())
    policies = {county_id: policy_queries.current(session, county_id) for county_id in sorted(counties)}
    wanted: dict[str, Section] = {
        "policies": sections.policies(policies),
        "forms": sections.forms(),
        "alerts": sections.alerts(session, who, held, before.get("alerts", {}), now),
        "people": sections.people(session, who, held, today, now),
        "courses": sections.courses(
            session, sections.counties_of(who, held), who.user_id, before.get("courses", {})
        ),
    }
    tags = sections.tags(session, held)
    old_tags = before.get("tags", {})
    entries = before.get("entries", {}).get("ids") if holds is not None else None
    account, entry_ids = sections.account(session, who, entries, now)

    elders: list[dict[str, Any]] = []
    for county_id, group in groupby(sorted(page, key=lambda s: s.county_id), key=lambda s: s.county_id):
        elders += cards(
            session, county_id, [s.id for s in group], policies=policies, vault=setting.vault, today=today,
            language=setting.language,
        )  # fmt: skip
    answer: dict[str, Any] = {
        "cursor": None,
        "has_more": len(changed) > limit,
        "server_time": now.isoformat(),
        "epoch": None,
        "elders": elders,
        "removed_elder_ids": sorted(key for key in had if key not in seen),
        "tag_hashes": {
            e.item[0]: str(e.item[1]) if e.item[1] else None for k, e in tags.items() if old_tags.get(k) != e.version
        },
    }
    removed: dict[str, list[str]] = {}
    for name in SECTIONS:
        old, new = before.get(name, {}), wanted[name]
        answer[name] = [entry.item for key, entry in new.items() if old.get(key) != entry.version]
        after[name] = {key: entry.version for key, entry in new.items() if entry.version is not None}
        if gone := sorted(key for key in old if key not in new):
            removed[name] = gone
    answer |= {"account": account, "config": setting.config, "removed": removed}
    after["tags"] = {key: entry.version for key, entry in tags.items()}
    after["entries"] = {"ids": entry_ids}
    return answer, after
