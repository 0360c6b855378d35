"""Elders who died or moved away, with the days since the last contact; every death is looked at by a director.

DOMAIN: who died or moved before being visited that month leaves the denominator, is listed with the days since the
last contact, and a death is reviewed every time. A death that was recorded by mistake and undone leaves the list; one
that is recorded anew, of another day, is looked at anew.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.reach import Reach
from server.elders.model import Elder
from server.elders.vault import Vault
from server.language import Text
from server.paging import Page, PageArgs
from server.people.queries import names_of
from server.problems import problem
from server.regions.codes import code_text
from server.regions.model import Region
from server.reviews.model import DeathReview
from server.visits.model import Visit
from server.visits.sealing import Words
from shared.ids import uuid7
from shared.rules.months import Month, local_date, midnight

KINDS = ("died", "moved")
STATES = ("open", "done")


def listed(
    session: Session, reach: Reach, page: PageArgs, *, kind: str = "died", state: str | None = None,
    codes: tuple[int, int] | None = None, vault: Vault, tz: dt.tzinfo,
) -> Page[dict[str, Any]]:  # fmt: skip
    """Who died (or moved), the latest first. Three queries a page. `state` (deaths): open, or looked at."""
    query = _base().where(Elder.status == kind, reach.within(Region.code, Elder.county_id))
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    if state is not None:
        query = query.where(DeathReview.id.is_(None) if state == "open" else DeathReview.id.is_not(None))
    if (after := page.after(dt.date, uuid.UUID)) is not None:
        query = query.where(sa.tuple_(Elder.left_on, Elder.id) < sa.tuple_(*map(sa.literal, after)))
    rows = session.execute(query.order_by(Elder.left_on.desc(), Elder.id.desc()).limit(page.limit + 1)).all()
    cut = page.cut(rows, lambda r: (r.Elder.left_on, r.Elder.id))
    return Page(_shown(session, cut.items, vault, tz), cut.next_cursor)


def waiting(session: Session, reach: Reach, codes: tuple[int, int] | None = None) -> int:
    """How many deaths nobody looked at yet."""
    query = _base().where(
        Elder.status == "died", DeathReview.id.is_(None), reach.within(Region.code, Elder.county_id)
    )
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def shown(session: Session, reach: Reach, elder_id: uuid.UUID, *, vault: Vault, tz: dt.tzinfo) -> dict[str, Any] | None:
    rows = session.execute(
        _base().where(
            Elder.id == elder_id, Elder.status.in_(KINDS), reach.within(Region.code, Elder.county_id)
        )
    ).all()  # fmt: skip
    return _shown(session, rows, vault, tz)[0] if rows else None


def review(
    session: Session, reach: Reach, elder_id: uuid.UUID, finding: str, note: str, *, vault: Vault,
    now: dt.datetime, tz: dt.tzinfo,
) -> None:  # fmt: skip
    """Say what was found out about a death. The same by the same person again changes nothing; else 409
    `already_reviewed`. 404 out of reach or for whoever did not die; 422 for `other` without words."""
    elder = session.scalar(
        sa.select(Elder)
        .join(Region, Region.id == Elder.region_id)
        .where(Elder.id == elder_id, Elder.status == "died", reach.within(Region.code, Elder.county_id))
        .with_for_update(of=Elder, key_share=True)
    )
    if elder is None or elder.left_on is None:
        raise problem("not_found")
    if finding == "other" and not note:
        raise problem("validation", errors={"note": [Text("请写明情况", "Say it in words.")]})
    known = session.scalar(
        sa.select(DeathReview).where(
            DeathReview.county_id == elder.county_id, DeathReview.elder_id == elder_id,
            DeathReview.died_on == elder.left_on,
        )
    )  # fmt: skip
    if known is not None:
        if (known.finding, known.by) != (finding, reach.user_id):
            raise problem("already_reviewed")
        session.commit()
        return
    last = _last_contacts(session, [elder], tz).get(elder_id)
    made_id, words = uuid7(now), Words(vault, {elder_id: elder.data_key})
    session.add(
        DeathReview(
            county_id=elder.county_id, id=made_id, elder_id=elder_id, died_on=elder.left_on, finding=finding,
            note=words.seal(elder.county_id, elder_id, "death_reviews", "note", made_id, note),
            days_since=_days(last, elder.left_on, tz), by=reach.user_id, at=now,
        )
    )  # fmt: skip
    audit.record(
        session, "death.review", "elder", elder_id, now=now, actor_id=reach.user_id, county_id=elder.county_id,
        details={"finding": finding},
    )  # fmt: skip
    session.commit()


def _base() -> Any:
    return (
        sa.select(Elder, Region, DeathReview)
        .join(Region, Region.id == Elder.region_id)
        .outerjoin(
            DeathReview,
            sa.and_(
                DeathReview.county_id == Elder.county_id, DeathReview.elder_id == Elder.id,
                DeathReview.died_on == Elder.left_on,
            ),
        )
        .where(Elder.left_on.is_not(None))
    )  # fmt: skip


def _shown(session: Session, rows: Sequence[sa.Row[Any]], vault: Vault, tz: dt.tzinfo) -> list[dict[str, Any]]:
    last = _last_contacts(session, [row.Elder for row in rows], tz)
    names = names_of(session, [row.DeathReview.by for row in rows if row.DeathReview is not None])
    words = Words(vault, {row.Elder.id: row.Elder.data_key for row in rows})
    found = []
    for elder, region, looked in rows:
        contact = last.get(elder.id)
        there = {"code": code_text(region.code or 0), "name": region.name, "level": region.level}
        visited = contact is not None and local_date(contact, tz) >= Month.of(elder.left_on).first
        found.append({
            "elder": {"id": elder.id, "name": elder.name, "short_no": elder.short_no, "region": there},
            "kind": elder.status, "left_on": elder.left_on, "last_contact_at": contact,
            "days_since": _days(contact, elder.left_on, tz), "visited_that_month": visited,
            "review": None if looked is None else {
                "note": words.open(looked.county_id, elder.id, "death_reviews", "note", looked.id, looked.note),
                "finding": looked.finding, "at": looked.at,
                "by": {"id": looked.by, "name": names.get(looked.by, "—")},
            },
        })  # fmt: skip
    return found


def _last_contacts(session: Session, elders: Sequence[Elder], tz: dt.tzinfo) -> dict[uuid.UUID, dt.datetime]:
    """When each was last met or spoken to, up to the end of the day on which they left: one query."""
    if not elders:
        return {}
    ends = {elder.id: midnight((elder.left_on or dt.date.max) + dt.timedelta(days=1), tz) for elder in elders}
    rows = session.execute(
        sa.select(Visit.elder_id, Visit.start).where(
            Visit.county_id.in_({elder.county_id for elder in elders}), Visit.elder_id.in_(list(ends)),
            Visit.outcome == "met", sa.or_(Visit.decision.is_(None), Visit.decision != "reject"),
            Visit.start < max(ends.values()),
        )
    )  # fmt: skip
    last: dict[uuid.UUID, dt.datetime] = {}
    for elder_id, start in rows:
        if elder_id is not None and start < ends[elder_id]:
            last[elder_id] = max(start, last.get(elder_id, start))
    return last


def _days(contact: dt.datetime | None, left_on: dt.date, tz: dt.tzinfo) -> int | None:
    return None if contact is None else (left_on - local_date(contact, tz)).days
