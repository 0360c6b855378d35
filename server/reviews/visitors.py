"""What is known of a visitor's visits, in plain words and figures: for directors, and the same for the visitor.

A record, not a score: nothing is weighed up, nobody is ranked, and nothing is decided by it. A director sees the visits
of their own region; the visitor sees all of them.
"""

from __future__ import annotations

import datetime as dt
import statistics
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.callbacks.model import OUTCOMES, Callback
from server.language import Language
from server.people.model import User
from server.people.queries import roles_of
from server.regions.codes import code_text
from server.regions.model import Region
from server.reviews.model import Review
from server.reviews.queue import why
from server.visits import queries as visits
from server.visits.grounds import title
from server.visits.model import Visit
from shared.rules.months import Month, local_date

MONTHS = 12
MOST = 20_000
_COLUMNS = (
    Visit.county_id, Visit.id, Visit.elder_id, Visit.channel, Visit.outcome, Visit.start, Visit.stay_s, Visit.assurance,
    Visit.decision, Visit.counts, Visit.flags,
)  # fmt: skip


def standing(
    session: Session, reach: Reach, user_id: uuid.UUID, *, now: dt.datetime, tz: dt.tzinfo, lang: Language
) -> dict[str, Any] | None:
    """The last `MONTHS` months of a visitor's visits within the reach; None where the reach holds neither them nor any
    visit of theirs. A constant number of queries."""
    person = session.get(User, user_id)
    today = local_date(now, tz)
    if person is None:
        return None
    roles = roles_of(session, [user_id], today).get(user_id, ())
    held = [r for r in roles if r.region.code is not None and reach.covers(r.county_id, r.region.code)]
    first = Month.of(today)
    for _ in range(MONTHS - 1):
        first = first.previous()
    rows = _visits(session, reach, user_id, first.starts(tz), now)
    own = reach.own and reach.user_id == user_id
    if not rows and not held and not own:
        return None
    ids = [row.id for row in rows]
    return {
        "visitor": {"id": user_id, "name": person.name},
        "roles": [{"role": r.role, "region": {"code": code_text(r.region.code or 0), "name": r.region.name,
                                              "level": r.region.level}} for r in (roles if own else held)],
        "since": first.first, **summary(rows, tz), "flags": flag_counts(rows, lang),
        "months": _months(rows, first, Month.of(today), tz), "callbacks": _callbacks(session, reach, user_id, ids),
        "reviews": _reviews(session, ids),
    }  # fmt: skip


def pattern(
    session: Session, reach: Reach, user_id: uuid.UUID, *, now: dt.datetime, tz: dt.tzinfo, days: int = 90
) -> dict[str, Any]:
    """How somebody usually visits: what a doubtful visit is laid beside. One query."""
    rows = _visits(session, reach, user_id, now - dt.timedelta(days=days), now)
    hours = Counter(row.start.astimezone(tz).hour for row in rows)
    stays = sorted(row.stay_s for row in rows if row.stay_s is not None and row.channel == "home")
    quarter = statistics.quantiles(stays, n=4) if len(stays) >= 4 else None
    by_day = Counter(local_date(row.start, tz) for row in rows)
    return {
        "days": days, **summary(rows, tz),
        "stay_from_s": round(quarter[0]) if quarter else None, "stay_to_s": round(quarter[2]) if quarter else None,
        "hours": [hours.get(hour, 0) for hour in range(24)],
        "per_day": round(len(rows) / len(by_day), 1) if by_day else None,
        "most_a_day": max(by_day.values(), default=0),
    }  # fmt: skip


def _visits(
    session: Session, reach: Reach, user_id: uuid.UUID, since: dt.datetime, until: dt.datetime
) -> Sequence[sa.Row[Any]]:
    return session.execute(
        sa.select(*_COLUMNS)
        .outerjoin(Region, Region.id == Visit.region_id)
        .where(Visit.visitor_id == user_id, Visit.start >= since, Visit.start <= until, visits.within(reach))
        .order_by(Visit.start.desc())
        .limit(MOST)
    ).all()  # fmt: skip


def summary(rows: Sequence[sa.Row[Any]], tz: dt.tzinfo) -> dict[str, Any]:
    assured = Counter(row.assurance for row in rows)
    stays = [row.stay_s for row in rows if row.stay_s is not None and row.channel == "home"]
    return {
        "visits": len(rows), "home_visits": sum(row.channel == "home" for row in rows),
        "met": sum(row.outcome == "met" for row in rows), "counting": sum(row.counts for row in rows),
        "elders": len({row.elder_id for row in rows if row.elder_id is not None}),
        **{name: assured.get(name, 0) for name in ("verified", "plausible", "doubtful")},
        "verified_share": round(assured["verified"] / len(rows), 4) if rows else None,
        "median_stay_s": round(statistics.median(stays)) if stays else None,
    }  # fmt: skip


def flag_counts(rows: Sequence[sa.Row[Any]], lang: Language) -> list[dict[str, Any]]:
    """On how many visits each flag that weighs something stands, the most frequent first."""
    found = Counter(code for row in rows if any(f.get("weight") for f in row.flags) for code in why(row.flags))
    return [{"code": code, "title": title(code, lang), "count": n} for code, n in found.most_common()]


def _months(rows: Sequence[sa.Row[Any]], first: Month, last: Month, tz: dt.tzinfo) -> list[dict[str, Any]]:
    by_month: dict[Month, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_month[Month.of(local_date(row.start, tz))][row.assurance] += 1
    found, month = [], last
    while month >= first:
        tally = by_month[month]
        names = ("verified", "plausible", "doubtful")
        found.append({"month": str(month), "visits": sum(tally.values()), **{n: tally.get(n, 0) for n in names}})
        month = month.previous()
    return found


def _callbacks(session: Session, reach: Reach, user_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> Mapping[str, int]:
    query = (
        sa.select(Callback.outcome, sa.func.count())
        .join(Region, Region.id == Callback.region_id)
        .where(Callback.visitor_id == user_id)
        .group_by(Callback.outcome)
    )
    if not (reach.own and reach.user_id == user_id):
        query = query.where(reach.within(Region.code, Callback.county_id))
    found = {outcome: n for outcome, n in session.execute(query)}  # noqa: C416 (rows are no pairs to mypy)
    return {"drawn": sum(found.values()), **{outcome: found.get(outcome, 0) for outcome in OUTCOMES}}


def _reviews(session: Session, ids: Sequence[uuid.UUID]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for start in range(0, len(ids), 5000):
        part = ids[start : start + 5000]
        found.update(session.scalars(sa.select(Review.decision).where(Review.visit_id.in_(part))))
    return {"accepted": found["accept"], "rejected": found["reject"], "replied": found["reply"],
            "reopened": found["reopen"]}  # fmt: skip
