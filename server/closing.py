"""A month's end: freezing its figures, revising closed ones, freeing the minutes earned in it.

A month closes five days after its end (00:00 on the 6th). Its figures per village are then frozen as version 1 with a
digest. Visits that come later still, and decisions taken later, never change a closed figure: at the next closing they
make a numbered version beside it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.callbacks import service as callbacks
from server.clock import zone
from server.duties import service as duties
from server.duties.model import Closing, ClosingFigures, VillageCount
from server.duties.service import FIGURES, DutyRow, contribution
from server.elders.vault import Vault
from server.outcomes import REVISED_MONTHS
from server.policies import queries as policies
from server.timebank import service as timebank
from server.visits.model import Visit
from shared.rules.duty import VisitFact, judge_duty
from shared.rules.months import Month, local_date, month_of
from shared.rules.policy import UNIVERSAL


def close_months(session: Session, county_id: int, *, now: dt.datetime) -> list[tuple[Month, int]]:
    """Close every month of the county whose time has come, and revise closed ones that would read otherwise now.

    → (month, version) of what was written. Twice changes nothing: a version that would say the same is not written.
    """
    tz = zone()
    current = month_of(now, tz)
    written: list[tuple[Month, int]] = []
    for month in _months_with_figures(session, county_id):
        if month >= current or now < month.deadline(tz):
            continue
        rows = _figures(session, county_id, month)
        version = duties.latest_version(session, county_id, month)
        if version == 0:
            written.append((month, duties.freeze(session, county_id, month, rows, reason="", now=now)))
            timebank.release(session, county_id, month, now=now)
    if written:
        # "At the next closing": late visits wait for it, so that a figure is revised once a month at most.
        for month in _closed_before(session, county_id, min(m for m, _ in written)):
            rows = _with_late(session, county_id, month, _figures(session, county_id, month), tz)
            if _differs(session, county_id, month, rows):
                reason = "late visits or decisions"
                written.append((month, duties.freeze(session, county_id, month, rows, reason=reason, now=now)))
    return written


def _months_with_figures(session: Session, county_id: int) -> list[Month]:
    found = session.scalars(
        sa.select(VillageCount.month).where(VillageCount.county_id == county_id).distinct().order_by(VillageCount.month)
    )
    return [Month.of(first) for first in found]


def _closed_before(session: Session, county_id: int, month: Month) -> list[Month]:
    found = session.scalars(
        sa.select(Closing.month)
        .where(Closing.county_id == county_id, Closing.month < month.first)
        .distinct()
        .order_by(Closing.month.desc())
        .limit(REVISED_MONTHS)
    )
    return [Month.of(first) for first in found]


def _figures(session: Session, county_id: int, month: Month) -> list[dict[str, int]]:
    found = session.execute(
        sa.select(VillageCount.region_id, *(getattr(VillageCount, f) for f in FIGURES)).where(
            VillageCount.county_id == county_id, VillageCount.month == month.first
        )
    )
    return [dict(zip(("region_id", *FIGURES), row, strict=True)) for row in found]


def _with_late(
    session: Session, county_id: int, month: Month, rows: Sequence[dict[str, int]], tz: dt.tzinfo
) -> list[dict[str, int]]:
    """The figures as they stand now, with the visits counted that came after the deadline."""
    late = _late_elders(session, county_id, month, tz)
    if not late:
        return list(rows)
    known = policies.current(session, county_id)
    before = duties.existing(session, county_id, late, [month])
    facts = _facts(session, county_id, late, month, tz)
    by_village: dict[int, dict[str, Any]] = {r["region_id"]: dict(r) for r in rows}
    for row in before.values():
        if row.state == "left":
            continue
        policy = known.get(row.policy_id, UNIVERSAL)
        state = judge_duty(row.period, facts.get(row.elder_id, ()), policy, row.state == "away", False)
        counted = DutyRow.judged(row.elder_id, row.period, row.region_id, policy, state)
        village = by_village.setdefault(row.region_id, {"region_id": row.region_id, **dict.fromkeys(FIGURES, 0)})
        for side, sign in ((row, -1), (counted, 1)):
            for figure, n in contribution(side).items():
                village[figure] += sign * n
    return list(by_village.values())


def _late_elders(session: Session, county_id: int, month: Month, tz: dt.tzinfo) -> list[uuid.UUID]:
    found = session.scalars(
        sa.select(Visit.elder_id)
        .where(
            Visit.county_id == county_id, Visit.late.is_(True), Visit.elder_id.is_not(None),
            Visit.start >= month.starts(tz) - dt.timedelta(days=7), Visit.start < month.ends(tz) + dt.timedelta(days=7),
        )
        .distinct()
    )  # fmt: skip
    return [elder_id for elder_id in found if elder_id is not None]


def _facts(
    session: Session, county_id: int, elder_ids: Sequence[uuid.UUID], month: Month, tz: dt.tzinfo
) -> dict[uuid.UUID, list[VisitFact]]:
    found = session.execute(
        sa.select(
            Visit.elder_id, Visit.id, Visit.start, Visit.channel, Visit.outcome, Visit.assurance, Visit.decision,
            Visit.spoken_to,
        ).where(
            Visit.county_id == county_id, Visit.elder_id.in_(list(elder_ids)),
            Visit.start >= month.starts(tz) - dt.timedelta(days=7), Visit.start < month.ends(tz) + dt.timedelta(days=7),
        )
    )  # fmt: skip
    facts: dict[uuid.UUID, list[VisitFact]] = defaultdict(list)
    for row in found:
        elder_id, visit_id, start, channel, outcome, assurance, decision, spoken_to = cast("tuple[Any, ...]", row)
        fact = VisitFact(visit_id, start, local_date(start, tz), channel, outcome, assurance, decision, True, spoken_to)
        facts[elder_id].append(fact)
    return facts


def _differs(session: Session, county_id: int, month: Month, rows: Sequence[dict[str, int]]) -> bool:
    version = duties.latest_version(session, county_id, month)
    found = session.execute(
        sa.select(ClosingFigures.region_id, *(getattr(ClosingFigures, f) for f in FIGURES)).where(
            ClosingFigures.county_id == county_id, ClosingFigures.month == month.first,
            ClosingFigures.version == version,
        )
    )  # fmt: skip
    frozen = {row[0]: tuple(row[1:]) for row in found}
    fresh = {r["region_id"]: tuple(r[f] for f in FIGURES) for r in rows}
    # a village without anybody due may have a row or none
    return {k: v for k, v in frozen.items() if any(v)} != {k: v for k, v in fresh.items() if any(v)}


def verify(session: Session, county_id: int, month: Month) -> list[dict[str, Any]]:
    """Every version of a closed month: do its stored figures still give its digest? And do they, for the newest, equal
    what its duties and visits add up to now (late ones too), or would the next closing revise it?

    → `[{version, closed_at, digest, digest_ok, as_facts, due, visited}]`, oldest first; `as_facts` None for versions
    that a later one stands beside."""
    checked: list[dict[str, Any]] = []
    tz = zone()
    anew = duties.counted_anew(session, county_id, month)
    facts = [{"region_id": region, **figures} for region, figures in anew.items()]
    for version in session.scalars(
        sa.select(Closing)
        .where(Closing.county_id == county_id, Closing.month == month.first)
        .order_by(Closing.version)
    ):
        rows = [
            dict(zip(("region_id", *FIGURES), row, strict=True))
            for row in session.execute(
                sa.select(ClosingFigures.region_id, *(getattr(ClosingFigures, f) for f in FIGURES))
                .where(
                    ClosingFigures.county_id == county_id, ClosingFigures.month == month.first,
                    ClosingFigures.version == version.version,
                )
                .order_by(ClosingFigures.region_id)
            )
        ]  # fmt: skip
        digest = duties.figures_digest(month, version.version, rows)
        checked.append({
            "version": version.version, "closed_at": version.closed_at.isoformat(), "digest": version.digest.hex(),
            "digest_ok": digest == version.digest, "as_facts": None, "due": sum(r["due"] for r in rows),
            "visited": sum(r["visited"] for r in rows),
        })  # fmt: skip
    if checked:
        now = _with_late(session, county_id, month, facts, tz)
        checked[-1]["as_facts"] = not _differs(session, county_id, month, now)
    return checked


CALLED_WITHIN = dt.timedelta(days=40)  # a month that was closed longer ago is not called about any more


def draw_callbacks(
    session: Session, county_id: int, *, vault: Vault, now: dt.datetime, only: Month | None = None
) -> list[tuple[Month, int]]:
    """Promise the running month's draw and the next one's, and draw the call-backs of what was closed of late (`only`:
    of that month, whenever it was closed).

    → (month, visits drawn). Again on the same day changes nothing: a further round waits for the calls of the last."""
    tz = zone()
    current = month_of(now, tz)
    for month in (current, current.next()):
        callbacks.announce(session, county_id, month, vault=vault, now=now)
    drawn = []
    for month, digest, closed_at in _first_closings(session, county_id):
        if month != only if only is not None else closed_at < now - CALLED_WITHIN:
            continue
        n = callbacks.draw(
            session, county_id, month, closing_digest=digest, closed_at=closed_at, vault=vault, now=now, tz=tz
        )
        if n:
            drawn.append((month, n))
    return drawn


def _first_closings(session: Session, county_id: int) -> list[tuple[Month, bytes, dt.datetime]]:
    """Closed months: the digest and the time of their first version."""
    found = session.execute(
        sa.select(Closing.month, Closing.digest, Closing.closed_at)
        .where(Closing.county_id == county_id, Closing.version == 1)
        .order_by(Closing.month)
    )
    return [(Month.of(row.month), row.digest, row.closed_at) for row in found]
