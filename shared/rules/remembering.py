"""Judging a visit with what is remembered: the order in which histories are asked, told and asked again.

`remember` takes a new visit in: it is judged by itself, its trace goes into the histories of its visitor and its phone,
and, if nothing speaks against it, its home learns from its reading. `judge_outing` judges visits of one visitor's day
anew with all that has arrived since: first each by itself, then each in its company. The server at ingest, its hourly
revision, and `yuetan presence evaluate` all go this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import timedelta, tzinfo
from hashlib import blake2b

from shared.geo import Point, flat_m
from shared.protocol.record import Visit
from shared.rules.evidence import Evidence, Home, Past
from shared.rules.history import DeviceHistory, Trace, VisitorHistory
from shared.rules.homes import AGREES_M, TEACHES_BELOW_M, HomeHistory, Seen, proposal
from shared.rules.likeness import telling
from shared.rules.place import best_reading
from shared.rules.presence import REGISTER_FLAGS, Judgement, judge
from shared.rules.weights import SAME_HOME_M

EVENING_HOUR = 17
TEACHING_DOUBT = 0.5
"""A visit more doubtful than this by itself (its distance aside) teaches no home."""
_NEVER_TEACHES = frozenset(("mocked", "same_as_register", "one_spot", "position_repeats", "short_stay"))


_MARK = (1 << 63) - 1


def mark(text: str) -> int:
    """A short mark of a name, to compare by: of 63 bits, never 0."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") & _MARK or 1


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
    """A visit whose judgement may be revised: its first-hand evidence, its trace, and how it stands."""

    evidence: Evidence
    registered: Point | None
    trace: Trace
    photos: tuple[str, ...] = ()
    judged: Judgement | None = None


@dataclass(slots=True)
class Memory:
    """The histories that visits are judged with, by key; what is missing is made when it is first told something."""

    visitors: MutableMapping[int, VisitorHistory] = field(default_factory=dict)
    devices: MutableMapping[int, DeviceHistory] = field(default_factory=dict)
    homes: MutableMapping[bytes, HomeHistory] = field(default_factory=dict)
    photos: MutableMapping[str, list[PhotoUse]] = field(default_factory=dict)


def home_of(registered: Point | None, history: HomeHistory | None, unsure: bool = False) -> Home | None:
    """Where a visit is judged to have had to be: the register's word, and what has been learnt since."""
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
    device = 0 if visit.device_id is None else visit.device_id.int & _MARK
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


def remember(memory: Memory, new: Remembered) -> Judgement:
    """Judge a visit that has just arrived, and let the histories know of it."""
    visitor = memory.visitors.setdefault(new.trace.visitor, VisitorHistory())
    _look(memory, visitor, new)
    for photo in new.photos:
        uses = memory.photos.setdefault(photo, [])
        if all(use.visit != new.trace.id for use in uses):
            uses.append(PhotoUse(new.trace.id, new.trace.home, new.trace.home_at, new.trace.day))
    return _alone(memory, visitor, new)


def judge_outing(memory: Memory, visits: Iterable[Remembered]) -> list[Judgement]:
    """Judge visits of one visitor's day with what is known now: each by itself, then each in its company."""
    visits = list(visits)
    for each in visits:
        visitor = memory.visitors.setdefault(each.trace.visitor, VisitorHistory())
        _look(memory, visitor, each)
        _alone(memory, visitor, each)
    return [in_company(memory, each) for each in visits]


def in_company(memory: Memory, visit: Remembered) -> Judgement:
    """The judgement as it stands, the rest of the outing included."""
    visitor = memory.visitors[visit.trace.visitor]
    past = visitor.past(visit.trace)
    visit.evidence.past = _with_photos(past, memory.photos, visit)
    visit.judged = judge(visit.evidence)
    return visit.judged


def _look(memory: Memory, visitor: VisitorHistory, visit: Remembered) -> None:
    """Bring the first-hand evidence and the trace up to what is known of the home and of the visits around."""
    trace, evidence = visit.trace, visit.evidence
    home = home_of(visit.registered, memory.homes.get(trace.home))
    near = visitor.near(trace)
    if trace.device and (device := memory.devices.get(trace.device)) is not None:
        near += device.near(trace)
    evidence.home, evidence.others = home, near
    reading = best_reading(evidence)
    trace.home_at = None if home is None else home.point
    if reading is not None:
        trace.at, trace.accuracy_m, trace.off_m = reading.point, reading.accuracy_m, reading.beyond_m or 0.0


def _alone(memory: Memory, visitor: VisitorHistory, visit: Remembered) -> Judgement:
    """Judge, and tell visitor, phone and home what came of it."""
    trace = visit.trace
    judged = in_company(memory, visit)
    trace.doubt = judged.alone
    trace.present = judged.present
    visitor.add(trace)
    if trace.device:
        memory.devices.setdefault(trace.device, DeviceHistory()).add(trace)
    _teach(memory, visit, judged)
    return judged


def _teach(memory: Memory, visit: Remembered, judged: Judgement) -> None:
    """A reading of a visit with the right tag, doubtful for nothing but its distance, shows where the home is."""
    trace = visit.trace
    if not trace.home:
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
