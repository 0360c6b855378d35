"""Judging a batch: what the register and the visitor's other visits add to each, and the rule's word on it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.clock import zone
from server.intake.items import Item
from server.standing import Standing
from server.visits.evidence import Surroundings, Timeline
from server.visits.histories import Histories, photo_id
from shared.clock import TrustedTimes
from shared.rules.evidence import Evidence, OtherVisit, evidence_of
from shared.rules.months import arrived_on_time, local_date
from shared.rules.policy import HOME, UNIVERSAL, VisitPolicy
from shared.rules.presence import Judgement, judge
from shared.rules.remembering import Remembered, id_mark, remember, trace_of


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
    timed: Sequence[tuple[Item, TrustedTimes]], others: Mapping[uuid.UUID, Sequence[OtherVisit]],
    around: Surroundings[Standing], histories: Histories, now: dt.datetime,
) -> tuple[list[Row], list[Remembered]]:  # fmt: skip
    """No query: everything was looked up for the batch at once. → rows to store, and what histories now remember."""
    tz = zone()
    timelines = {item.sender.user_id: Timeline(others.get(item.sender.user_id, ())) for item, _ in timed}
    made: list[tuple[Item, Standing | None, TrustedTimes, bool, VisitPolicy, Evidence]] = []
    news: dict[int, Remembered] = {}
    for item, times in timed:
        visit, sender = item.visit, item.sender
        elder = around.elder_of(visit.elder_id, visit.tag)
        policy = elder.policy if elder is not None else UNIVERSAL
        day = local_date(times.start, tz)
        late = not arrived_on_time(day, now, tz)
        evidence = evidence_of(
            visit, times, around.verdict(elder, visit.tag), None,
            faults=item.read.faults,
            elder_id=elder.id if elder is not None else None,
            elder_known=elder is not None,
            paired=elder is not None and around.allowed(sender.user_id, elder, times.start, day),
            device_lost=sender.device_lost,
            device_revoked=sender.revoked_at is not None and times.start > sender.revoked_at,
            late=late,
            stay_min_s=policy.stay_min_s,
            received_at=now,
            tag_home_m=around.tag_home_m(elder, visit.tag),
        )  # fmt: skip
        if visit.channel == HOME:
            place = None
            if elder is not None and elder.lat is not None and elder.lon is not None:
                place = elder.lat, elder.lon
            trace = trace_of(visit, evidence, id_mark(sender.user_id), tz)
            photos = [photo_id(digest).hex for digest in visit.photos]
            around_it = timelines[sender.user_id].around(visit.id, times.start)
            learns = elder is None or elder.consent_position is not False
            news[len(made)] = Remembered(evidence, place, trace, photos, around_it, learns=learns)
        made.append((item, elder, times, late, policy, evidence))
    remember(histories.memory, list(news.values()))
    rows = []
    for index, (item, elder, times, late, policy, evidence) in enumerate(made):
        judged = news[index].judged if index in news else None
        rows.append(Row(item, elder, times, late, policy, evidence, judged or judge(evidence)))
    return rows, list(news.values())
