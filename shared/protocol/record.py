"""A visit as data: what the wire carries, typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.clock import PhoneClock

WIRE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Position:
    """A reading in WGS-84 degrees; `accuracy_m` None where the receiver did not say (or said nonsense)."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    mocked: bool = False

    @property
    def point(self) -> tuple[float, float]:
        return self.lat, self.lon


@dataclass(frozen=True, slots=True)
class FormRef:
    """Which form in which version the answers belong to."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Urgent:
    """Danger seen; `kind` None where it could not be read (the alert is raised all the same)."""

    kind: str | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Something the visit found missing; `kind` None where it could not be read."""

    kind: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as the phone recorded it, typed: aware UTC datetimes, WGS-84, no unreadable values.

    `started_at` and `ended_at` are the phone's clock, uncorrected (`shared.clock` works out trusted times).
    `answers` has only items that were answered; `photos` are lowercase SHA-256 hex digests.
    """

    id: UUID
    channel: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None = None
    elder_id: UUID | None = None
    tag: str | None = None
    tag_by: str | None = None
    reason: str | None = None
    clock: PhoneClock | None = None
    start_position: Position | None = None
    position: Position | None = None
    form: FormRef | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    all_good_tapped: bool = False
    urgent: Urgent | None = None
    needs: tuple[Need, ...] = ()
    note: str = ""
    photos: tuple[str, ...] = ()
    companion_ids: tuple[UUID, ...] = ()
    device_id: UUID | None = None
    v: int = WIRE_VERSION


@dataclass(frozen=True, slots=True)
class ReadVisit:
    """What came of reading an item.

    `visit` is None exactly when `errors` is not empty: `{"started_at": ["not_a_time"]}`, codes `required`,
    `not_a_uuid`, `not_a_code`, `not_a_time`, `not_an_object`. `id` is there whenever it could be read, so that the
    answer can name it. `faults` are the paths whose value was read as null (flag `value_unknown`).
    """

    visit: Visit | None
    id: UUID | None
    faults: tuple[str, ...] = ()
    errors: dict[str, list[str]] = field(default_factory=dict)
