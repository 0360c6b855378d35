"""Judging a visit with what is remembered: the order in which histories are asked, told and asked again.

`remember` takes new visits in: their traces go into the histories of visitors and phones, each is judged, and, if
nothing speaks against it, its home learns from its reading. `judge_outing` judges visits of one visitor's day anew with
all that has arrived since: first each by itself, then each in its company. The server at ingest, its hourly revision,
and `yuetan presence evaluate` all go this way.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta, tzinfo
from hashlib import blake2b
from uuid import UUID

from shared.geo import Point, flat_m, plausible
from shared.protocol.record import Visit
from shared.rules.evidence import Evidence, Home, OtherVisit, Past
from shared.rules.history import TELLS_FROM, DeviceHistory, Trace, VisitorHistory
from shared.rules.homes import AGREES_M, TEACHES_BELOW_M, HomeHistory, Seen, proposal
from shared.rules.likeness import telling
from shared.rules.place import best_reading, stale
from shared.rules.presence import REGISTER_FLAGS, Judgement, judge
from shared.rules.weights import SAME_HOME_M

EVENING_HOUR = 17
USES_KEPT = 20
"""Visits remembered of one photo."""
TEACHING_DOUBT = 0.5
"""A visit more doubtful than this by itself (its distance aside) teaches no home."""
_NEVER_TEACHES = frozenset(("mocked", "same_as_register", "one_spot", "position_repeats", "short_stay"))


_MARK = (1 << 63) - 1


def mark(text: str) -> int:
    """A short mark of a name, to compare by: of 63 bits, never 0."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") & _MARK or 1


def id_mark(value: UUID) -> int:
    """A short mark of an id: its random end."""
    return value.int & _MARK or 1


@dataclass(frozen=True, slots=True)
class PhotoUse:
    """A visit that showed a certain photo; `alike`: one that looks like it."""

    visit: bytes
    home: bytes
    home_at: Point | None
    day: int
    alike: bool = False


@dataclass(slots=True)
class Remembered:
    """A visit whose judgement may be revised: its first-hand evidence, its trace, and how it stands. `beside`: visits
    near in time that are older than its visitor's history."""

    evidence: Evidence
    registered: Point | None
    trace: Trace
    photos: Sequence[str] = ()
    beside: Sequence[OtherVisit] = ()
    judged: Judgement | None = None
    learns: bool = True  # False: the elder refused that positions are kept


@dataclass(slots=True)
class Memory:
    """The histories that visits are judged with, by key; what is missing is made when it is first told something."""

    visitors: MutableMapping[int, VisitorHistory] = field(default_factory=dict)
    devices: MutableMapping[int, DeviceHistory] = field(default_factory=dict)
    homes: MutableMapping[bytes, HomeHistory] = field(default_factory=dict)
    photos: MutableMapping[str, list[PhotoUse]] = field(default_factory=dict)


def home_of(registered: Point | None, history: HomeHistory | None, unsure: bool = False) -> Home | None:
    """Where a visit is judged to have had to be: the register's word, and what has been learnt since.

    A register that says 0,0 or another country says nothing.
    """
    if registered is not None and not plausible(*registered):
        registered = None
    place = history.place if history is not None else None
    if place is not None:
        near = registered is not None and flat_m(place.point, registered) <= AGREES_M
        if place.moves:
            return Home(place.lat, place.lon, place.spread_m, sure=True, registered=registered)
        if near and place.days >= 2:
            return Home(place.lat, place.lon, place.spread_m, sure=True, registered=registered)
        if registered is not None and proposal(history, registered) is not None:  # type: ignore[arg-type]
            return Home(*registered, unsure=True, proposed=place.point)
    return None if registered is None else Home(*registered, unsure=unsure)


def trace_of(visit: Visit, evidence: Evidence, visitor: int, tz: tzinfo) -> Trace:
    """What a home visit leaves behind, before it was judged. `visitor`: a mark."""
    times = evidence.times
    local = times.start.astimezone(tz)
    digest, bits = telling(visit.answers)
    clock = visit.clock
    device = 0 if visit.device_id is None else id_mark(visit.device_id)
    uptime_ms = clock.start_uptime_ms if clock is not None else None
    stay = times.stay_s or 0
    received = evidence.received_at or times.end or times.start
    return Trace(
        id=visit.id.bytes, visitor=visitor, device=device,
        home=b"" if evidence.elder_id is None else evidence.elder_id.bytes,
        home_at=None,
        start=times.start.timestamp(),
        end=times.start.timestamp() + stay,
        day=local.toordinal(),
        arrived=received.timestamp(),
        claimed=visit.started_at.timestamp(),
        proved=times.proved,
        boot=mark(f"{device}/{clock.boot}") if clock is not None and clock.boot else 0,
        uptime_s=None if uptime_ms is None or uptime_ms < 0 else uptime_ms / 1000,
        answers=digest, bits=bits,
        last_evening=local.hour >= EVENING_HOUR and (local + timedelta(days=1)).day == 1,
    )  # fmt: skip


def remember(memory: Memory, new: Sequence[Remembered]) -> None:
    """Judge visits that have just arrived together, and let the histories know of them."""
    for each in new:
        trace = each.trace
        _place(memory, each)
        memory.visitors.setdefault(trace.visitor, VisitorHistory()).add(trace)
        if trace.device:
            memory.devices.setdefault(trace.device, DeviceHistory()).add(trace)
        for photo in each.photos:
            uses = memory.photos.setdefault(photo, [])
            if len(uses) < USES_KEPT and all(use.visit != trace.id for use in uses):
                uses.append(PhotoUse(trace.id, trace.home, trace.home_at, trace.day))
    for each in new:
        _weigh(memory, each)
    if len(new) > 1 and any(each.trace.doubt >= TELLS_FROM for each in new):
        for each in new:
            in_company(memory, each)


def judge_outing(memory: Memory, visits: Sequence[Remembered]) -> None:
    """Judge visits of one visitor's day anew with what is known now: each by itself, then each in its company."""
    for each in visits:
        _place(memory, each)
        memory.visitors.setdefault(each.trace.visitor, VisitorHistory()).add(each.trace)
    for each in visits:
        _weigh(memory, each)
    for each in visits:
        in_company(memory, each)


def in_company(memory: Memory, visit: Remembered) -> Judgement:
    """The judgement as it stands, with what the rest of the outing says."""
    past = memory.visitors[visit.trace.visitor].past(visit.trace)
    visit.evidence.past = _with_photos(past, memory.photos, visit)
    visit.judged = judge(visit.evidence)
    return visit.judged


def _place(memory: Memory, visit: Remembered) -> None:
    """Bring the evidence and the trace up to what is known of the home."""
    trace, evidence = visit.trace, visit.evidence
    home = evidence.home = home_of(visit.registered, memory.homes.get(trace.home))
    reading = best_reading(evidence)
    trace.home_at = None if home is None else home.point
    if reading is None:
        trace.at, trace.accuracy_m, trace.off_m = None, 0.0, 0.0
    else:
        trace.at, trace.accuracy_m, trace.off_m = reading.point, reading.accuracy_m, reading.beyond_m or 0.0


def _weigh(memory: Memory, visit: Remembered) -> None:
    """Judge among the visits around it; note what it says of its company; let the home learn from it."""
    trace = visit.trace
    visitor = memory.visitors[trace.visitor]
    near = visitor.near(trace)
    if trace.device and (device := memory.devices.get(trace.device)) is not None:
        near += device.near(trace)
    near += [other for other in visit.beside if other.id.bytes not in visitor.traces]
    visit.evidence.others = near
    if any(stale(position, visit.evidence) for position in (visit.evidence.start_position, visit.evidence.position)):
        _place(memory, visit)  # what is told of another place than this is no reading of it
        visitor.add(trace)
    judged = in_company(memory, visit)
    trace.doubt, trace.present = judged.alone, judged.present
    _teach(memory, visit, judged)


def _teach(memory: Memory, visit: Remembered, judged: Judgement) -> None:
    """A reading of a visit with the right tag, doubtful for nothing but its distance, shows where the home is."""
    trace = visit.trace
    if not trace.home or not visit.learns:
        return
    history = memory.homes.get(trace.home)
    beside = judged.doubt - sum(f.weight for f in judged.flags if f.code in REGISTER_FLAGS)
    good = (
        visit.evidence.tag == "right"
        and visit.evidence.outcome == "met"
        and trace.at is not None
        and trace.accuracy_m <= TEACHES_BELOW_M
        and beside < TEACHING_DOUBT
        and not _NEVER_TEACHES.intersection(judged.codes)
    )
    if good and trace.at is not None:
        if history is None:
            history = memory.homes.setdefault(trace.home, HomeHistory())
        history.teach(Seen(trace.id, trace.visitor, trace.day, trace.at[0], trace.at[1], trace.accuracy_m))
    elif history is not None:
        history.unlearn(trace.id)


def _with_photos(past: Past, photos: Mapping[str, list[PhotoUse]], visit: Remembered) -> Past:
    """Who else showed one of this visit's photos: other homes, other days of this home."""
    if not visit.photos:
        return past
    homes: set[bytes] = set()
    days: set[int] = set()
    first = alike = True
    trace = visit.trace
    for photo in visit.photos:
        for use in photos.get(photo, ()):
            if use.visit == trace.id:
                continue
            there = use.home_at, trace.home_at
            same_place = None not in there and flat_m(*there) <= SAME_HOME_M  # type: ignore[arg-type]
            if use.home != trace.home and not (same_place and use.day == trace.day):
                homes.add(use.home)
            elif use.home == trace.home and use.day != trace.day:
                days.add(use.day)
            else:
                continue
            first = first and trace.day < use.day
            alike = alike and use.alike
    if not homes and not days:
        return past
    return replace(past, photo_homes=len(homes), photo_days=len(days), photo_first=first, photo_alike=alike)
