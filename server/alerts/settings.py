"""A county's own times for the ladders of its alerts: each step's minutes, counted from what the alert is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts.ladder import LADDERS, ladder
from server.audit import service as audit
from server.auth.reach import Reach
from server.language import Text
from server.problems import problem
from server.regions.model import County

LONGEST = 60 * 24 * 60  # minutes


def times(settings: Mapping[str, object]) -> dict[str, list[int]]:
    """Minutes of every step of every kind, as they are in force."""
    return {
        kind: [round(step.after.total_seconds() / 60) for step in ladder(kind, settings)] for kind in LADDERS
    }  # fmt: skip


def set_times(
    session: Session, reach: Reach, county_id: int, wanted: Mapping[str, Sequence[int]], *, now: dt.datetime
) -> dict[str, list[int]]:
    """Put these times in force for alerts whose next step is still to come; kinds that are not named keep theirs. What
    equals the usual times is forgotten again. 404 where the county is not held whole."""
    county = session.scalar(
        sa.select(County).where(County.id == county_id, County.id.in_(sorted(reach.whole_counties))).with_for_update()
    )
    if county is None:
        raise problem("not_found")
    errors = {kind: [found] for kind, minutes in wanted.items() if (found := _fault(kind, minutes)) is not None}
    if errors:
        raise problem("validation", errors=errors)
    ladders = dict(county.settings.get("ladders") or {})
    usual = times({})
    for kind, minutes in wanted.items():
        if list(minutes) == usual[kind]:
            ladders.pop(kind, None)
        else:
            ladders[kind] = list(minutes)
    if ladders != (county.settings.get("ladders") or {}):
        county.settings = {**county.settings, "ladders": ladders}
        audit.record(
            session, "county.ladders", "county", None, now=now, actor_id=reach.user_id, county_id=county_id,
            details={"ladders": ladders},
        )  # fmt: skip
    session.commit()
    return times(county.settings)


def _fault(kind: str, minutes: Sequence[int]) -> Text | None:
    if kind not in LADDERS:
        return Text("没有这种预警", "There is no such kind of alert.")
    if len(minutes) != len(LADDERS[kind]):
        return Text(f"应有 {len(LADDERS[kind])} 级", f"It has {len(LADDERS[kind])} steps.")
    if any(not 0 <= m <= LONGEST for m in minutes) or list(minutes) != sorted(minutes):
        return Text("每级的分钟数不能小于上一级", "Each step's minutes must not be fewer than the one's before.")
    return None
