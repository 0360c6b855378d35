"""What waits for a director: doubtful visits, visits that a call-back did not confirm, and answers of visitors.

Few rows wait at a time (a partial index holds the doubtful ones), so they are read whole, without what is sealed, and
grouped here: by who visited, or by why they wait.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.auth.reach import Reach
from server.callbacks.model import Callback
from server.language import Language
from server.paging import Page, PageArgs
from server.people.queries import names_of
from server.regions.model import Region
from server.reviews.model import Review
from server.visits.grounds import NOT_CONFIRMED, REPLIED, title
from server.visits.model import Visit

MOST = 5000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A visit that waits; `reasons`: why, the weightiest first."""

    id: uuid.UUID
    visitor_id: uuid.UUID
    start: dt.datetime
    reasons: tuple[str, ...]


def waiting(session: Session, reach: Reach, codes: tuple[int, int] | None = None) -> list[Waiting]:
    """Everything that waits within the reach, the oldest first: three queries. At most `MOST` of each kind."""
    found: dict[uuid.UUID, Waiting] = {}
    doubted = (Visit.assurance == "doubtful", Visit.decision.is_(None))
    denied = sa.select(Callback.visit_id).where(Callback.outcome == "not_confirmed")
    later = aliased(Review)
    answered = sa.select(Review.visit_id).where(
        Review.decision == "reply",
        ~sa.exists().where(
            later.county_id == Review.county_id, later.visit_id == Review.visit_id, later.at > Review.at
        ),
    )
    for extra, where in (
        (None, doubted), (NOT_CONFIRMED, (Visit.id.in_(denied), Visit.decision.is_(None))),
        (REPLIED, (Visit.id.in_(answered),)),
    ):  # fmt: skip
        for row in _rows(session, reach, codes, where):
            known = found.get(row.id)
            reasons = known.reasons if known else why(row.flags)
            if extra is not None:
                reasons = (extra, *(r for r in reasons if r != extra))
            found[row.id] = Waiting(row.id, row.visitor_id, row.start, reasons)
    return sorted(found.values(), key=lambda w: (w.start, w.id))


def _rows(
    session: Session, reach: Reach, codes: tuple[int, int] | None, where: Iterable[sa.ColumnElement[bool]]
) -> Sequence[sa.Row[Any]]:
    query = (
        sa.select(Visit.id, Visit.visitor_id, Visit.start, Visit.flags)
        .outerjoin(Region, Region.id == Visit.region_id)
        .where(reach.within(Region.code, Visit.county_id), *where)
    )
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    return session.execute(query.order_by(Visit.start, Visit.id).limit(MOST)).all()


def why(flags: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """The flags that weigh something, the weightiest first; where none does, all of them."""
    ordered = sorted(flags, key=lambda flag: -(flag.get("weight") or 0))
    heavy = [flag["code"] for flag in ordered if (flag.get("weight") or 0) > 0]
    return tuple(heavy or [flag["code"] for flag in ordered])


def groups(
    session: Session, reach: Reach, page: PageArgs, *, by: str, codes: tuple[int, int] | None, lang: Language
) -> Page[dict[str, Any]]:
    """The queue by `visitor` or by `reason` (a visit stands under each of its reasons); the oldest first."""
    gathered: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting(session, reach, codes):
        for key in [str(one.visitor_id)] if by == "visitor" else one.reasons:
            gathered[key].append(one)
    ordered = sorted(gathered.items(), key=lambda group: (group[1][0].start, group[0]))
    if (after := page.after(dt.datetime, str)) is not None:
        ordered = [group for group in ordered if (group[1][0].start, group[0]) > after]
    cut = page.cut(ordered[: page.limit + 1], lambda group: (group[1][0].start, group[0]))
    names = names_of(session, [uuid.UUID(key) for key, _ in cut.items]) if by == "visitor" else {}

    def shown(group: tuple[str, list[Waiting]]) -> dict[str, Any]:
        key, some = group
        reasons = Counter(code for one in some for code in one.reasons)
        return {
            "visitor": {"id": key, "name": names.get(uuid.UUID(key), "—")} if by == "visitor" else None,
            "reason": {"code": key, "title": title(key, lang), "count": len(some)} if by == "reason" else None,
            "count": len(some), "oldest": some[0].start, "visit_ids": [one.id for one in some],
            "reasons": [{"code": c, "title": title(c, lang), "count": n} for c, n in reasons.most_common()],
        }  # fmt: skip

    return cut.map(shown)


def reviewers(
    session: Session, reach: Reach, page: PageArgs, *, codes: tuple[int, int] | None = None,
    since: dt.datetime | None = None, until: dt.datetime | None = None,
) -> Page[dict[str, Any]]:  # fmt: skip
    """Who decided how often, and how often they accepted: who accepts everything stands first. One query, one of
    names. `reopened`: decisions after which something else was said about the visit."""
    later = aliased(Review)
    taken_back = (
        sa.exists()
        .where(
            later.county_id == Review.county_id, later.visit_id == Review.visit_id, later.at > Review.at,
            later.decision.in_(("reopen", "reply")),
        )
        .correlate(Review)
    )  # fmt: skip

    def number(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.cast(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), sa.Integer)

    query = (
        sa.select(
            Review.by, sa.func.count().label("decided"), number(Review.decision == "accept").label("accepted"),
            number(Visit.assurance == "doubtful").label("doubtful"), number(taken_back).label("reopened"),
            sa.func.max(Review.at).label("newest"),
        )
        .join(Visit, sa.and_(Visit.county_id == Review.county_id, Visit.id == Review.visit_id))
        .outerjoin(Region, Region.id == Visit.region_id)
        .where(Review.decision.in_(("accept", "reject")), reach.within(Region.code, Visit.county_id))
        .group_by(Review.by)
    )  # fmt: skip
    if codes is not None:
        query = query.where(Region.code.between(*codes))
    if since is not None:
        query = query.where(Review.at >= since)
    if until is not None:
        query = query.where(Review.at < until)
    rows = [
        {"id": row.by, "decided": row.decided, "accepted": row.accepted, "rejected": row.decided - row.accepted,
         "share": round(row.accepted / row.decided, 4), "doubtful": row.doubtful, "reopened": row.reopened,
         "newest": row.newest}
        for row in session.execute(query)
    ]  # fmt: skip
    rows.sort(key=lambda r: (-r["share"], -r["decided"], str(r["id"])))
    start = page.after(int)
    begin = start[0] if start is not None else 0
    numbered = list(enumerate(rows, 1))[begin : begin + page.limit + 1]
    cut = page.cut(numbered, lambda one: (one[0],))
    names = names_of(session, [row["id"] for _, row in cut.items])
    return cut.map(lambda one: {**one[1], "reviewer": {"id": one[1]["id"], "name": names.get(one[1]["id"], "—")}})
