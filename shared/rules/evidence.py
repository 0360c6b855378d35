"""What a judgement of presence looks at: the visit, the register's idea of the home, and the history beside it.

Kept apart from the rule, because it is what a visit keeps: with these inputs and the rule's version a judgement can
be explained and repeated years later (`shared/rules/inputs.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.clock import TrustedTimes
from shared.geo import Point
from shared.protocol.record import Position, Visit

TagVerdict = Literal["right", "missing", "revoked", "other", "unknown"]


@dataclass(frozen=True, slots=True)
class Home:
    """Where the elder's home is thought to be: as registered, or as learnt since (`shared/rules/homes.py`).

    `spread_m`: how far single readings lie from it, where that is known. `sure`: readings confirm the place.
    `registered`: what the register says, where that differs. `proposed`: where one visitor's readings steadily lie,
    which nobody has confirmed yet; `unsure`: there is such a place, or the register itself is in doubt.
    """

    lat: float
    lon: float
    spread_m: float = 0.0
    unsure: bool = False
    sure: bool = False
    registered: Point | None = None
    proposed: Point | None = None

    @property
    def point(self) -> Point:
        return self.lat, self.lon


@dataclass(slots=True)  # not frozen, as Past below
class OtherVisit:
    """Another home visit of the same visitor, or on the same phone. `point`: its reading, else its home's position
    (then `read` is False); `home`: the home it claims. `other_phone`: the same visitor on another phone;
    `other_visitor`: somebody else on the same phone. `same_boot`: one counter timed both, so that the time between
    them is sure even where neither is proved."""

    id: UUID
    elder_id: UUID | None
    start: datetime
    end: datetime
    point: Point | None = None
    accuracy_m: float = 0.0
    proved: bool = True
    read: bool = False
    home: Point | None = None
    other_phone: bool = False
    other_visitor: bool = False
    same_boot: bool = False


@dataclass(slots=True, unsafe_hash=True)  # never changed; frozen ones take three times as long to make
class Past:
    """What the recent history of visitor, phone and county adds to a visit, in figures; nothing known: nothing said.

    `spot_homes`: other homes that this visitor reported from the very place of this reading though they lie elsewhere;
    `spot_apart_m`: how far apart the farthest of them lie. `beat_m`: metres from the reading to the nearest other home
    that the visitor goes to; `beat_reach_m`: how far these lie from their middle, all but the odd ones out.
    `copied_homes`: other homes of this day with the very same telling grades, of `copied_of` visits compared;
    `copied_bits`: how seldom this visitor gives those grades otherwise. `photo_homes`, `photo_days`: other homes, other
    days of this home, with one of this visit's photos (`photo_alike`: alike to the eye; `photo_first`: this visit had
    it first). `unplaced`: visits of this day, all without a position, by a visitor who on days with positions lacks
    them in `unplaced_rate` of the visits. `exact_repeats`: visits of other hours with this reading to the last digit.
    `jump_s`: how far the phone's clock was moved between this visit and others counted by the same boot.
    `evening_homes`: homes visited on the month's last evening, of `month_visits` in the whole month. `written_days`:
    days that unproved visits claim which all arrived within the same hour.
    `company`: other visits of the same outing, and `company_doubt`, what they add up to: each by itself, clean ones
    against it.
    """

    spot_homes: int = 0
    spot_apart_m: float = 0.0
    beat_m: float | None = None
    beat_reach_m: float = 0.0
    copied_homes: int = 0
    copied_of: int = 0
    copied_bits: float = 0.0
    photo_homes: int = 0
    photo_days: int = 0
    photo_alike: bool = False
    photo_first: bool = False
    unplaced: int = 0
    unplaced_rate: float = 0.0
    exact_repeats: int = 0
    jump_s: int = 0
    evening_homes: int = 0
    month_visits: int = 0
    written_days: int = 0
    company: int = 0
    company_doubt: float = 0.0


NO_PAST = Past()


@dataclass(slots=True)
class Evidence:
    """Everything that a judgement looks at; whatever is not known keeps its default and weighs nothing.

    `tag` None: no tag is expected (calls; nobody opened). `others`: the visitor's nearest known home visits in time,
    before and after. `paired` False: neither paired at the trusted start nor staff of the region. `device_revoked`: it
    began after its phone had been revoked (a lost one's visits all are `device_lost`). `faults`: paths of
    values that could not be read. `explained`: something in it explains a short stay. `tag_home_m`: metres from this
    home to the one whose tag was scanned, for tags of other elders. `past`: what history adds; on the phone nothing.
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
    past: Past = NO_PAST


def evidence_of(
    visit: Visit,
    times: TrustedTimes,
    tag: TagVerdict | None,
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
    past: Past = NO_PAST,
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
        past=past,
    )
