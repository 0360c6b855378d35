"""What a judgement looked at, as it is kept: JSON values out, the same evidence in.

Whatever has its default is left out, so that the evidence of an ordinary visit stays small, and so that what an earlier
version of the project kept is read as it was meant.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.clock import TrustedTimes
from shared.protocol.record import Position
from shared.rules.evidence import Evidence, Home, OtherVisit, Past

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
_NOTHING = Evidence("", "", TrustedTimes(datetime(2000, 1, 1, tzinfo=UTC), None, None, False, frozenset()))
_EMPTY_OTHER = OtherVisit(UUID(int=0), None, _NOTHING.times.start, _NOTHING.times.start)
_OTHER = tuple(f.name for f in fields(OtherVisit) if f.name not in ("id", "elder_id", "start", "end"))
_HOME = tuple(f.name for f in fields(Home) if f.name not in ("lat", "lon"))
_PAST = tuple(f.name for f in fields(Past))
_EMPTY_HOME = Home(0.0, 0.0)


def write_evidence(evidence: Evidence) -> dict[str, Any]:
    """The inputs of a judgement as JSON values; what has its default is left out."""
    out: dict[str, Any] = {
        "channel": evidence.channel,
        "outcome": evidence.outcome,
        "times": _write_times(evidence.times),
        "tag": evidence.tag,
        **_unlike(evidence, _NOTHING, _PLAIN),
    }
    if (home := evidence.home) is not None:
        out["home"] = {"lat": home.lat, "lon": home.lon, **_unlike(home, _EMPTY_HOME, _HOME)}
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
                **_unlike(other, _EMPTY_OTHER, _OTHER),
            }
            for other in evidence.others
        ]
    if past := _unlike(evidence.past, _NOTHING.past, _PAST):
        out["past"] = past
    return out


def read_evidence(kept: dict[str, Any]) -> Evidence:
    """The evidence that `write_evidence` wrote, of this or an earlier version of the project."""
    get = kept.get
    more: dict[str, Any] = {name: get(name) for name in _PLAIN if name in kept}
    if "faults" in more:
        more["faults"] = tuple(more["faults"])
    return Evidence(
        channel=kept["channel"],
        outcome=kept["outcome"],
        times=_read_times(kept["times"]),
        tag=get("tag"),
        home=None if get("home") is None else Home(**_pointed(kept["home"])),
        start_position=None if get("start_position") is None else Position(**kept["start_position"]),
        position=None if get("position") is None else Position(**kept["position"]),
        elder_id=None if get("elder_id") is None else UUID(kept["elder_id"]),
        received_at=None if get("received_at") is None else datetime.fromisoformat(kept["received_at"]),
        others=tuple(_read_other(other) for other in get("others", ())),
        past=Past(**get("past", {})),
        **more,
    )


def _unlike(value: object, usual: object, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields that are not as usual, as JSON values."""
    out = {}
    for name in names:
        if (told := getattr(value, name)) != getattr(usual, name):
            out[name] = list(told) if isinstance(told, tuple) else told
    return out


def _pointed(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(told) if isinstance(told, list) else told for name, told in kept.items()}


def _read_other(kept: dict[str, Any]) -> OtherVisit:
    told = _pointed(kept)
    return OtherVisit(
        id=UUID(told.pop("id")),
        elder_id=None if (elder_id := told.pop("elder_id")) is None else UUID(elder_id),
        start=datetime.fromisoformat(told.pop("start")),
        end=datetime.fromisoformat(told.pop("end")),
        **told,
    )


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
