"""What stands beside the elders in a phone's copy: their tags, alerts, policies, forms, people to call, the account.

Each reader gives the whole section as it should be now, by key and version, in a fixed number of queries; comparing
with what the phone holds is done in one place (server/sync/changes.py).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts.model import Alert
from server.alerts.queries import OWN_ONLY
from server.auth.reach import Actor
from server.courses import queries as course_queries
from server.elders.model import Elder
from server.pairings.model import Pairing
from server.people.model import RoleGrant, User
from server.regions.model import Region
from server.roster import queries as roster
from server.sync.cards import region_item
from server.sync.scope import Held, visiting_now
from server.tags.model import Tag
from server.timebank.model import BUCKETS, Account, Balance, Posting, TimeTransaction
from server.visits.model import Visit
from shared.rules.forms import FORMS
from shared.rules.policy import VisitPolicy

# How long an alert of one's own visit to an elder who is not (or no longer) one's own is followed.
OWN_DAYS = 62
# as the partial indexes say it: with a parameter in its place SQLite would not use them
OPEN = Alert.state != sa.literal_column("'resolved'")
ENTRIES_FIRST = 20
ENTRIES_WINDOW = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it should be: the phone has it if it holds this version. `item`: on the wire."""

    version: Any
    item: Any


Section = dict[str, Entry]


def digested(item: dict[str, Any]) -> Entry:
    """An item whose version is what it says."""
    return Entry(zlib.crc32(json.dumps(item, sort_keys=True).encode()), item)


def tags(session: Session, held: Held) -> Section:
    """By the first 16 characters of the hash (enough to tell one phone's tags apart); items: (hash, elder or None)."""
    rows = session.execute(
        sa.select(Tag.token_hash, Tag.elder_id, Tag.revoked_at.is_not(None)).where(
            held.has(Tag.county_id, Tag.elder_id)
        )
    )
    return {
        token_hash[:16]: Entry(0 if revoked else elder_id.int % 65535 + 1, (token_hash, None if revoked else elder_id))
        for token_hash, elder_id, revoked in rows
    }


def alerts(session: Session, who: Actor, held: Held, known: Iterable[str], now: dt.datetime) -> Section:
    """Alerts that are not resolved: of these elders, and of the person's own visits. One that the phone knows
    (`known`) and that was resolved since comes once more, as resolved; version None: it need not be held."""
    columns = (
        Alert.id, Alert.kind, Alert.elder_id, Elder.name, Region.code, Region.name, Region.level, Alert.period,
        Alert.state, Alert.step, Alert.opened_at, Alert.due_at, Alert.acknowledged_by, Alert.resolved_by,
        Alert.resolved_at, Alert.result,
    )  # fmt: skip
    shown = (
        sa.select(*columns)
        .outerjoin(Elder, sa.and_(Elder.county_id == Alert.county_id, Elder.id == Alert.elder_id))
        .outerjoin(Region, Region.id == Elder.region_id)
    )
    of_elders = shown.where(OPEN, held.has(Alert.county_id, Alert.elder_id), Alert.kind.not_in(OWN_ONLY))
    counties = sorted(counties_of(who, held))
    own = [
        sa.and_(
            Alert.county_id == county_id,
            Alert.visit_id.in_(
                sa.select(Visit.id).where(
                    Visit.county_id == county_id, Visit.visitor_id == who.user_id,
                    Visit.start >= now - dt.timedelta(days=OWN_DAYS),
                )
            ),
        )
        for county_id in counties
    ]  # fmt: skip
    of_visits = shown.where(OPEN, sa.or_(sa.false(), *own))
    section: Section = {}
    for statement in (of_elders, of_visits):
        for row in session.execute(statement):
            section[str(row.id)] = _alert(row, row.elder_id in held)
    if gone := [uuid.UUID(key) for key in known if key not in section]:
        ended = shown.where(Alert.county_id.in_(counties), Alert.id.in_(gone), Alert.state == "resolved")
        for row in session.execute(ended):
            section[str(row.id)] = Entry(None, _alert(row, row.elder_id in held).item)
    return section


def counties_of(who: Actor, held: Held) -> set[int]:
    """The counties whose data this person's phone may hold."""
    if who.county_id is not None:
        return {who.county_id}
    return {g.county_id for g in who.grants if g.county_id is not None} | set(held.by_county)


def _alert(row: Any, with_elder: bool) -> Entry:
    elder = None
    if with_elder:
        region = region_item(row.code, row[5], row.level)
        elder = {"id": str(row.elder_id), "name": row.name, "region": region}
    resolved = None
    if row.state == "resolved":
        resolved = {"by": _text(row.resolved_by), "at": _at(row.resolved_at), "result": row.result}
    item = {
        "id": str(row.id),
        "kind": row.kind,
        "elder": elder,
        "period": row.period,
        "state": row.state,
        "step": row.step,
        "opened_at": _at(row.opened_at),
        "due_at": _at(row.due_at),
        "acknowledged_by": _text(row.acknowledged_by),
        "resolved": resolved,
    }
    # not the row's own version: the elder's name changes, or comes to be shown, without a change of the alert
    return digested(item)


def people(session: Session, who: Actor, held: Held, today: dt.date, now: dt.datetime) -> Section:
    """Who to call: directors of the elders' villages, everybody else who visits the same elders, and who is on duty
    in the coming days."""
    found: dict[uuid.UUID, tuple[str, str, str | None]] = {}
    companions = session.execute(
        sa.select(User.id, User.name, User.phone, sa.func.min(Pairing.role))
        .join(Pairing, Pairing.user_id == User.id)
        .where(
            held.has(Pairing.county_id, Pairing.elder_id), User.id != who.user_id, User.disabled_at.is_(None),
            visiting_now(Pairing, now),
        )
        .group_by(User.id, User.name, User.phone)
    )  # fmt: skip
    directors = session.execute(
        sa.select(User.id, User.name, User.phone, RoleGrant.role)
        .distinct()
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.county_id.in_(sorted(held.by_county)), RoleGrant.region_id.in_(held.regions),
            RoleGrant.role == "director", RoleGrant.valid_from <= today,
            sa.or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > today), User.disabled_at.is_(None),
            User.id != who.user_id,
        )
    )  # fmt: skip
    for rows in (companions, directors):
        for user_id, name, phone, role in rows:
            found[user_id] = (name, role, phone)
    shifts: dict[uuid.UUID, list[dict[str, str]]] = defaultdict(list)
    for row in roster.ahead(session, sorted(held.by_county), held.regions, now):
        if row.id != who.user_id:
            found.setdefault(row.id, (row.name, "on_duty", row.phone))
            shifts[row.id].append({"from": row.starts_at.isoformat(), "to": row.ends_at.isoformat()})
    section = {}
    for user_id, (name, role, phone) in found.items():
        item: dict[str, Any] = {"id": str(user_id), "name": name, "role": role, "phone": phone}
        if user_id in shifts:
            item["on_duty"] = shifts[user_id]
        section[str(user_id)] = digested(item)
    return section


def policies(known: Mapping[int, Mapping[str, VisitPolicy]]) -> Section:
    """The policies in force where the elders live (one county, but for a login that serves several)."""
    section = {}
    for county_id in sorted(known, reverse=True):
        for policy in known[county_id].values():
            item = {
                "id": policy.id, "version": policy.version, "channels": sorted(policy.channels),
                "stay_min_s": policy.stay_min_s, "focused": policy.focused, "per_month": policy.per_month,
                "per_week": policy.per_week, "home_per_month": policy.home_per_month,
            }  # fmt: skip
            section[policy.id] = Entry(policy.version, item)
    return section


def courses(
    session: Session, counties: Collection[int], user_id: uuid.UUID, known: Mapping[str, Any]
) -> Section:
    """What there is to learn, by id and version, with what this person finished. The words of those that the phone
    holds (`known`) stay where they are: pictures make them large."""
    section: Section = {}
    changed = []
    for course, mine in course_queries.of_person(session, counties, user_id):
        seen = [course.required, course.position, mine and [mine.version, mine.at.isoformat()]]
        key, version = f"{course.id}/{course.version}", zlib.crc32(json.dumps(seen).encode())
        section[key] = Entry(version, None)
        if known.get(key) != version:
            changed.append((key, course, mine))
    words = course_queries.contents(session, [course for _, course, _ in changed])
    for key, course, mine in changed:
        content = words[course.county_id, course.id]
        section[key] = Entry(section[key].version, course_queries.wire(course, content, mine))
    return section


def forms() -> Section:
    """Every form in every version: a visit filled offline in an old one must still be shown."""
    return {f"{form['id']}/{form['version']}": Entry(1, form) for form in FORMS}


def account(
    session: Session, who: Actor, held: Collection[str] | None, now: dt.datetime
) -> tuple[dict[str, Any] | None, list[str]]:
    """(`account` with the figures in full and the entries that the phone lacks, ids of the newest entries).

    `held`: ids the phone was sent before, None: none ever. What commits late has an old id, so a window of the newest
    entries is compared and not only the last one.
    """
    statement = sa.select(Account.county_id, Account.id).where(Account.user_id == who.user_id, Account.kind == "member")
    if who.county_id is not None:
        statement = statement.where(Account.county_id == who.county_id)
    found = session.execute(statement.order_by(Account.county_id).limit(1)).first()
    if found is None:
        return None, []
    rows = session.execute(
        sa.select(
            Posting.id, Posting.minutes, Posting.bucket, TimeTransaction.at, TimeTransaction.kind,
            TimeTransaction.visit_id, TimeTransaction.order_id, TimeTransaction.reverses, TimeTransaction.memo,
        )
        .join(
            TimeTransaction,
            sa.and_(
                TimeTransaction.county_id == Posting.county_id, TimeTransaction.id == Posting.transaction_id
            ),
        )
        .where(Posting.county_id == found.county_id, Posting.account_id == found.id)
        .order_by(Posting.id.desc())
        .limit(ENTRIES_WINDOW)
    ).all()  # fmt: skip
    balances = session.execute(
        sa.select(Balance.bucket, Balance.minutes).where(
            Balance.county_id == found.county_id, Balance.account_id == found.id
        )
    )
    minutes = dict.fromkeys(BUCKETS, 0) | {row.bucket: row.minutes for row in balances}
    ids = [str(row.id) for row in rows]
    sent = set(held or ())
    fresh = rows[:ENTRIES_FIRST] if held is None else [row for row in rows if str(row.id) not in sent]
    return {
        **{f"{bucket}_minutes": minutes[bucket] for bucket in BUCKETS},
        "as_of": _at(now),
        "entries": [_entry(row) for row in fresh],
    }, ids


def _entry(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "at": _at(row.at),
        "minutes": row.minutes,
        "bucket": row.bucket,
        "kind": row.kind,
        "visit_id": _text(row.visit_id),
        "order_id": _text(row.order_id),
        "reverses": _text(row.reverses),
        "memo": row.memo,
    }


def _at(instant: dt.datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _text(id_: uuid.UUID | None) -> str | None:
    return None if id_ is None else str(id_)
