"""`presence evaluate`: judging visits from a file of lines with the code that judges them at ingest.

The file (tools that simulate visits write it) has a line per visit in order of arrival: `{"visit", "received_at",
"visitor_id", "home": {"id", "lat", "lon"}, "tag_verdict"}`. Nothing but those lines is known; a visit's neighbours in
time may have arrived up to seven days after it, as DOMAIN lets a judgement be revised.

What a line lacks or says oddly is "not known", as on any visit; only where its visit cannot be read at all is nothing
judged, and a person has to look.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clock import TrustedTimes, trusted_times
from shared.geo import Point, plausible
from shared.protocol import visit as wire
from shared.rules.evidence import Home, TagVerdict, evidence_of
from shared.rules.policy import HOME
from shared.rules.presence import Judgement, judge
from shared.rules.remembering import Memory, Remembered, in_company, judge_outing, mark, remember, trace_of

REVISED_FOR = dt.timedelta(days=7)


VERDICTS = frozenset(("right", "missing", "revoked", "other", "unknown"))


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no readable visit: its number, why, and the id that it gives, if it gives one."""

    number: int
    why: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line, read."""

    visit: wire.Visit
    faults: tuple[str, ...]
    received_at: dt.datetime
    visitor_id: str
    home_id: uuid.UUID | None
    home: Point | None
    tag: TagVerdict | None
    times: TrustedTimes


def read_lines(lines: Iterable[str]) -> Iterator[Line | Unread]:
    """The visits of an NDJSON file, and what is none."""
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as wrong:
            yield Unread(number, str(wrong))
            continue
        yield _line(number, row if isinstance(row, dict) else {})


def _line(number: int, row: dict[str, Any]) -> Line | Unread:
    item = row.get("visit")
    read = wire.read_visit(item)
    visit = read.visit
    if visit is None:
        told = item.get("id") if isinstance(item, dict) else None
        return Unread(number, str(read.errors), told if isinstance(told, str) else None)
    received = wire.read_time(row.get("received_at")) or visit.ended_at or visit.started_at
    visitor = row.get("visitor_id")
    visitor_id = str(visit.device_id or visit.id) if visitor is None else str(visitor)
    home_id, point = _home(row.get("home"))
    verdict = row.get("tag_verdict")
    times = trusted_times(visit.started_at, visit.ended_at, visit.clock, received)
    return Line(
        visit, read.faults, received, visitor_id, home_id or visit.elder_id, point,
        verdict if isinstance(verdict, str) and verdict in VERDICTS else None,  # type: ignore[arg-type]
        times,
    )  # fmt: skip


def _home(told: object) -> tuple[uuid.UUID | None, Point | None]:
    """A home's id (any text is one) and its place, if that is in this country."""
    if not isinstance(told, dict):
        return None, None
    name, point = told.get("id"), None
    try:
        lat, lon = float(told.get("lat")), float(told.get("lon"))  # type: ignore[arg-type]
        point = (lat, lon) if plausible(lat, lon) else None
    except (TypeError, ValueError, OverflowError):
        pass
    if not name:
        return None, point
    try:
        return uuid.UUID(name), point
    except (ValueError, AttributeError):
        return uuid.uuid5(uuid.NAMESPACE_OID, repr(name)), point


def judged(lines: Sequence[Line], tz: dt.tzinfo | None = None) -> Iterator[tuple[Line, Judgement]]:
    """Each line with its judgement as it stands seven days after the visit arrived, in the order given."""
    memory = Memory()
    kept: dict[bytes, Remembered] = {}
    found: dict[uuid.UUID, Judgement] = {}
    waiting: deque[tuple[dt.datetime, Line]] = deque()
    settled: dict[tuple[int, int], int] = {}
    tz = tz or dt.timezone(dt.timedelta(hours=8))

    def settle(line: Line) -> None:
        mine = kept[line.visit.id.bytes]
        if line.visit.channel != HOME:
            found[line.visit.id] = judge(mine.evidence)
            return
        visitor = memory.visitors[mine.trace.visitor]
        key = mine.trace.visitor, mine.trace.day
        if settled.get(key) != visitor.changes:
            outing = [kept[t.id] for t in list(visitor.by_day.get(mine.trace.day, ())) if t.id in kept]
            judge_outing(memory, outing)
            settled[key] = visitor.changes
        found[line.visit.id] = in_company(memory, mine)
        visitor.forget(line.received_at.timestamp(), mine.trace.day)

    for line in sorted(lines, key=lambda x: x.received_at):
        while waiting and waiting[0][0] < line.received_at:
            settle(waiting.popleft()[1])
        evidence = evidence_of(
            line.visit, line.times, line.tag, None if line.home is None else Home(*line.home),
            faults=line.faults, elder_id=line.home_id, received_at=line.received_at,
        )  # fmt: skip
        trace = trace_of(line.visit, evidence, mark(line.visitor_id), tz)
        new = Remembered(evidence, line.home, trace, line.visit.photos)
        kept[line.visit.id.bytes] = new
        if line.visit.channel == HOME:
            remember(memory, [new])
        waiting.append((line.received_at + REVISED_FOR, line))
    for _, line in waiting:
        settle(line)
    for line in lines:
        yield line, found[line.visit.id]
