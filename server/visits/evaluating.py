"""`presence evaluate`: judging visits from a file of lines with the code that judges them at ingest.

The file (tools that simulate visits write it) has a line per visit in order of arrival: `{"visit", "received_at",
"visitor_id", "home": {"id", "lat", "lon"}, "tag_verdict"}`. Nothing but those lines is known; a visit's neighbours in
time may have arrived up to seven days after it, as DOMAIN lets a judgement be revised.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clock import TrustedTimes, trusted_times
from shared.geo import Point
from shared.protocol import visit as wire
from shared.rules.evidence import Home, OtherVisit, evidence_of
from shared.rules.presence import Judgement, judge

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

    def as_other(self) -> OtherVisit:
        end = self.times.end or self.times.start + dt.timedelta(seconds=self.times.stay_s or 0)
        return OtherVisit(self.visit.id, self.home_id, self.times.start, end, self.home, proved=self.times.proved)


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


def judged(lines: Sequence[Line]) -> Iterator[tuple[Line, Judgement]]:
    """Each line with its judgement as it stands seven days after the visit arrived, in the order given."""
    by_visitor: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.visit.channel == "home":
            by_visitor[line.visitor_id].append(line)
    keys: dict[str, list[tuple[dt.datetime, uuid.UUID]]] = {}
    for visitor, own in by_visitor.items():
        own.sort(key=lambda x: (x.times.start, x.visit.id))
        keys[visitor] = [(x.times.start, x.visit.id) for x in own]
    for line in lines:
        others: tuple[OtherVisit, ...] = ()
        if line.visit.channel == "home":
            at = bisect_left(keys[line.visitor_id], (line.times.start, line.visit.id))
            others = _around(by_visitor[line.visitor_id], at, line.received_at + REVISED_FOR)
        home = Home(*line.home) if line.home is not None else None
        evidence = evidence_of(
            line.visit, line.times, line.tag, home,  # type: ignore[arg-type]
            faults=line.faults, elder_id=line.home_id, others=others, received_at=line.received_at,
            tag_home_m=None,
        )  # fmt: skip
        yield line, judge(evidence)


def _around(own: Sequence[Line], at: int, known_by: dt.datetime) -> tuple[OtherVisit, ...]:
    """The nearest visit before and after that had arrived by then."""
    before = next((own[i] for i in range(at - 1, -1, -1) if own[i].received_at <= known_by), None)
    after = next((own[i] for i in range(at + 1, len(own)) if own[i].received_at <= known_by), None)
    return tuple(x.as_other() for x in (before, after) if x is not None)


