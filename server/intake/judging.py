"""Judging a batch: what the register and the visitor's other visits add to each, and the rule's word on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from server.clock import zone
from server.intake.items import Item, Sender
from server.standing import Standing
from server.visits.evidence import Surroundings, Timeline
from shared.clock import TrustedTimes
from shared.rules.evidence import Evidence, Home, OtherVisit, evidence_of
from shared.rules.months import arrived_on_time, local_date
from shared.rules.policy import UNIVERSAL, VisitPolicy
from shared.rules.presence import Judgement, judge


@dataclass(slots=True)
class Row:
    """A visit that goes in, with all that was found out about it."""

    item: Item
    elder: Standing | None
    times: TrustedTimes
    late: bool
    policy: VisitPolicy
    evidence: Evidence
    judged: Judgement


def judge_all(
    sender: Sender, timed: Sequence[tuple[Item, TrustedTimes]], others: Sequence[OtherVisit],
    around: Surroundings[Standing], now: dt.datetime,
) -> list[Row]:  # fmt: skip
    """No query: everything was looked up for the batch at once."""
    tz = zone()
    elders = [around.elder_of(item.visit.elder_id, item.visit.tag) for item, _ in timed]
    new = [
        _as_other(item, elder, times)
        for (item, times), elder in zip(timed, elders, strict=True)
        if item.visit.channel == "home"
    ]
    timeline = Timeline([*others, *new])
    rows = []
    for (item, times), elder in zip(timed, elders, strict=True):
        visit = item.visit
        policy = elder.policy if elder is not None else UNIVERSAL
        day = local_date(times.start, tz)
        late = not arrived_on_time(day, now, tz)
        place = None
        if elder is not None and elder.lat is not None and elder.lon is not None:
            place = Home(elder.lat, elder.lon)
        evidence = evidence_of(
            visit, times, around.verdict(elder, visit.tag), place,
            faults=item.read.faults,
            elder_id=elder.id if elder is not None else None,
            elder_known=elder is not None,
            paired=elder is not None and around.allowed(elder, times.start, day),
            device_lost=sender.device_lost,
            device_revoked=sender.revoked_at is not None and times.start > sender.revoked_at,
            late=late,
            others=timeline.around(visit.id, times.start) if visit.channel == "home" else (),
            stay_min_s=policy.stay_min_s,
            received_at=now,
            tag_home_m=around.tag_home_m(elder, visit.tag),
        )  # fmt: skip
        rows.append(Row(item, elder, times, late, policy, evidence, judge(evidence)))
    return rows


def _as_other(item: Item, elder: Standing | None, times: TrustedTimes) -> OtherVisit:
    point = None
    if elder is not None and elder.lat is not None and elder.lon is not None:
        point = (elder.lat, elder.lon)
    end = times.end or times.start + dt.timedelta(seconds=times.stay_s or 0)
    return OtherVisit(item.visit.id, elder.id if elder else None, times.start, end, point, proved=times.proved)
