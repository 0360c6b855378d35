"""`presence evaluate`: judging visits from a file of lines with the code that judges them at ingest.

The file (tools that simulate visits write it) has a line per visit in order of arrival: `{"visit", "received_at",
"visitor_id", "home": {"id", "lat", "lon"}, "tag_verdict"}`. Nothing but those lines is known; a visit's neighbours in
time may have arrived up to seven days after it, as DOMAIN lets a judgement be revised.
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
from shared.geo import Point
from shared.protocol import visit as wire
from shared.rules.evidence import Home, evidence_of
from shared.rules.policy import HOME
from shared.rules.presence import Judgement, judge
from shared.rules.remembering import Memory, Remembered, in_company, judge_outing, mark, remember, trace_of

REVISED_FOR = dt.timedelta(days=7)


class LineUnreadable(ValueError):
    """A line that is no visit; says which and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, read."""

    visit: wire.Visit
    faults: tuple[str, ...]
    received_at: dt.datetime
    visitor_id: str
    home_id: uuid.UUID | None
    home: Point | None
    tag: str
    times: TrustedTimes


def read_lines(lines: Iterable[str]) -> Iterator[Line]:
    """The visits of an NDJSON file. Raises LineUnreadable with the number of the line."""
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            yield _line(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise LineUnreadable(f"line {number}: {wrong!r}") from None


def _line(row: dict[str, Any]) -> Line:
    read = wire.read_visit(row["visit"])
    received = wire.read_time(row["received_at"])
    if read.visit is None or received is None:
        raise ValueError(f"no readable visit: {read.errors or 'received_at'}")
    home = row.get("home") or {}
    point = (float(home["lat"]), float(home["lon"])) if home.get("lat") is not None else None
    home_id = uuid.UUID(home["id"]) if home.get("id") else read.visit.elder_id
    times = trusted_times(read.visit.started_at, read.visit.ended_at, read.visit.clock, received)
    return Line(read.visit, read.faults, received, str(row["visitor_id"]), home_id, point, row["tag_verdict"], times)


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
            line.visit, line.times, line.tag, None if line.home is None else Home(*line.home),  # type: ignore[arg-type]
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
