"""What a judgement of presence looks at: the visit, the register's idea of the home, and the history beside it.

Kept apart from the rule, because it is what a visit keeps: with these inputs and the rule's version a judgement can
be explained and repeated years later (`write_evidence`, `read_evidence`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import UUID

from shared.clock import TrustedTimes
from shared.geo import Point
from shared.protocol.record import Position, Visit

TagVerdict = Literal["right", "missing", "revoked", "other", "unknown"]


@dataclass(frozen=True, slots=True)
class Home:
    """The elder's home as the register (or what was learnt since) has it.

    `spread_m`: how far off the position may be, beyond an ordinary registration. `unsure`: readings of right-tag
    visits disagree with it steadily, and nobody has settled it yet.
    """

    lat: float
    lon: float
    spread_m: float = 0.0
    unsure: bool = False

    @property
    def point(self) -> Point:
        return self.lat, self.lon


@dataclass(frozen=True, slots=True)
class OtherVisit:
    """The same visitor's home visit before or after this one. `point`: its reading, else its home's position."""

    id: UUID
    elder_id: UUID | None
    start: datetime
    end: datetime
    point: Point | None = None
    accuracy_m: float = 0.0
    proved: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a judgement looks at; whatever is not known keeps its default and weighs nothing.

    `tag` None: no tag is expected (calls; nobody opened). `others`: the visitor's nearest known home visits in time,
    before and after. `paired` False: neither paired at the trusted start nor staff of the region. `device_revoked`: it
    began after its phone had been revoked (a lost one's visits all are `device_lost`). `faults`: paths of
    values that could not be read. `explained`: something in it explains a short stay. `tag_home_m`: metres from this
    home to the one whose tag was scanned, for tags of other elders.
    """

    channel: str
    outcome: str
    times: TrustedTimes
    tag: TagVerdict | None = "missing"
    home: Home | None = None
    start_position: Position | None = None
    position: Position | None = None
    reason: str | None = None
    elder_id: UUID | None = None
    elder_known: bool = True
    paired: bool = True
    device_lost: bool = False
    device_revoked: bool = False
    late: bool = False
    faults: tuple[str, ...] = ()
    explained: bool = False
    others: Sequence[OtherVisit] = ()
    stay_min_s: int = 180
    received_at: datetime | None = None
    tag_home_m: float | None = None


def evidence_of(
    visit: Visit,
    times: TrustedTimes,
    tag: TagVerdict,
    home: Home | None,
    *,
    faults: tuple[str, ...] = (),
    elder_id: UUID | None = None,
    elder_known: bool = True,
    paired: bool = True,
    device_lost: bool = False,
    device_revoked: bool = False,
    late: bool = False,
    others: Sequence[OtherVisit] = (),
    stay_min_s: int = 180,
    received_at: datetime | None = None,
    tag_home_m: float | None = None,
) -> Evidence:
    """The evidence of a visit, from the visit and what the register and the history add to it."""
    return Evidence(
        channel=visit.channel,
        outcome=visit.outcome,
        times=times,
        tag=tag,
        home=home,
        start_position=visit.start_position,
        position=visit.position,
        reason=visit.reason,
        elder_id=elder_id or visit.elder_id,
        elder_known=elder_known,
        paired=paired,
        device_lost=device_lost,
        device_revoked=device_revoked,
        late=late,
        faults=faults,
        explained=visit.urgent is not None,
        others=tuple(others),
        stay_min_s=stay_min_s,
        received_at=received_at,
        tag_home_m=tag_home_m,
    )


# Keeping the inputs: JSON in, JSON out.


def write_evidence(evidence: Evidence) -> dict[str, Any]:
    """The inputs of a judgement as JSON values; what has its default is left out."""
    out: dict[str, Any] = {
        "channel": evidence.channel,
        "outcome": evidence.outcome,
        "times": _write_times(evidence.times),
        "tag": evidence.tag,
    }
    for name in _PLAIN:
        if (value := getattr(evidence, name)) != getattr(_NOTHING, name):
            out[name] = list(value) if isinstance(value, tuple) else value
    if evidence.home is not None:
        home = evidence.home
        out["home"] = {"lat": home.lat, "lon": home.lon, "spread_m": home.spread_m, "unsure": home.unsure}
    for name in ("start_position", "position"):
        if (at := getattr(evidence, name)) is not None:
            out[name] = {"lat": at.lat, "lon": at.lon, "accuracy_m": at.accuracy_m, "mocked": at.mocked}
    if evidence.elder_id is not None:
        out["elder_id"] = str(evidence.elder_id)
    if evidence.received_at is not None:
        out["received_at"] = evidence.received_at.isoformat()
    if evidence.others:
        out["others"] = [
            {
                "id": str(other.id),
                "elder_id": None if other.elder_id is None else str(other.elder_id),
                "start": other.start.isoformat(),
                "end": other.end.isoformat(),
                "point": None if other.point is None else list(other.point),
                "accuracy_m": other.accuracy_m,
                "proved": other.proved,
            }
            for other in evidence.others
        ]
    return out


def read_evidence(kept: dict[str, Any]) -> Evidence:
    """The evidence that `write_evidence` wrote, of this or an earlier version of the project."""
    get = kept.get
    more = {name: get(name) for name in _PLAIN if name in kept}
    if "faults" in more:
        more["faults"] = tuple(cast("list[str]", more["faults"]))
    return Evidence(
        channel=kept["channel"],
        outcome=kept["outcome"],
        times=_read_times(kept["times"]),
        tag=get("tag"),
        home=None if get("home") is None else Home(**kept["home"]),
        start_position=None if get("start_position") is None else Position(**kept["start_position"]),
        position=None if get("position") is None else Position(**kept["position"]),
        elder_id=None if get("elder_id") is None else UUID(kept["elder_id"]),
        received_at=None if get("received_at") is None else datetime.fromisoformat(kept["received_at"]),
        others=tuple(
            OtherVisit(
                id=UUID(other["id"]),
                elder_id=None if other["elder_id"] is None else UUID(other["elder_id"]),
                start=datetime.fromisoformat(other["start"]),
                end=datetime.fromisoformat(other["end"]),
                point=None if other["point"] is None else (other["point"][0], other["point"][1]),
                accuracy_m=other["accuracy_m"],
                proved=other["proved"],
            )
            for other in get("others", ())
        ),
        **cast("dict[str, Any]", more),
    )


_PLAIN = (
    "reason",
    "elder_known",
    "paired",
    "device_lost",
    "device_revoked",
    "late",
    "faults",
    "explained",
    "stay_min_s",
    "tag_home_m",
)
_TIMES = ("stay_s", "proved", "stay_proved", "set_by_s", "phone_stay_s", "ahead_s")


def _write_times(times: TrustedTimes) -> dict[str, Any]:
    return {
        "start": times.start.isoformat(),
        "end": None if times.end is None else times.end.isoformat(),
        "notes": sorted(times.notes),
        **{name: getattr(times, name) for name in _TIMES},
    }


def _read_times(kept: dict[str, Any]) -> TrustedTimes:
    return TrustedTimes(
        start=datetime.fromisoformat(kept["start"]),
        end=None if kept["end"] is None else datetime.fromisoformat(kept["end"]),
        notes=frozenset(kept["notes"]),
        **{name: kept[name] for name in _TIMES},
    )


_NOTHING = Evidence("", "", TrustedTimes(datetime(2000, 1, 1, tzinfo=UTC), None, None, False, frozenset()))
