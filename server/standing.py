"""Where elders stand: what judging a visit and working out a duty need to know of them, read once, under a lock.

Whoever changes anything about an elder's duties locks the elder's card first, in order of id, and reads after that: so
two batches that concern the same elder come one after the other, and neither works on what the other is changing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from server.absences.model import Absence
from server.alerts.model import Alert
from server.elders.model import Elder, ElderCard
from server.policies.model import Policy
from server.policies.queries import DEFAULTS
from server.prepared import Later, Prepared, Trip, among
from server.regions.model import Region
from shared.rules.policy import UNIVERSAL, VisitPolicy


@dataclass(frozen=True, slots=True)
class Standing:
    """An elder as the register, the card and the alerts have them now. `left_on`: first day off the register.
    `absent`: an approved absence is on record. `unanswered`: nobody answered the door, and the alert is still open."""

    id: uuid.UUID
    region_id: int
    code: int | None
    policy: VisitPolicy
    registered_on: dt.date
    left_on: dt.date | None
    lat: float | None
    lon: float | None
    data_key: bytes | None
    last_visit_id: uuid.UUID | None
    last_visit_at: dt.datetime | None
    last_outcome: str | None
    absent: bool
    unanswered: bool
    consent_position: bool | None = None

    @property
    def home_key(self) -> bytes | None:
        """The key of what is learnt of the home; None: the elder refused it, or was erased."""
        return None if self.consent_position is False else self.data_key


# Every visit's way in runs these.
_E, _C, _R, _B, _A, _P = (cast(sa.Table, c.__table__) for c in (Elder, ElderCard, Region, Absence, Alert, Policy))
_COUNTY = sa.bindparam("county", type_=sa.Integer())

_LOCK = Prepared(
    sa.select(_C.c.elder_id)
    .where(_C.c.county_id == _COUNTY, among(_C.c.elder_id, "ids"))
    .order_by(_C.c.elder_id)
    .with_for_update()
)
_ABSENT = sa.exists().where(
    _B.c.county_id == _COUNTY, _B.c.elder_id == _E.c.id, _B.c.approved_at.is_not(None), _B.c.withdrawn_at.is_(None)
)
_UNANSWERED = sa.exists().where(
    _A.c.county_id == _COUNTY, _A.c.elder_id == _E.c.id, _A.c.kind == "no_answer", _A.c.state != "resolved"
)
_LATER = _P.alias("later")
_POLICY = sa.and_(
    _P.c.county_id == _E.c.county_id, _P.c.id == _E.c.policy_id,
    ~sa.exists().where(
        _LATER.c.county_id == _P.c.county_id, _LATER.c.id == _P.c.id, _LATER.c.version > _P.c.version
    ),
)  # fmt: skip
_READ = Prepared(
    sa.select(
        _E.c.policy_id, _P.c.version, _P.c.focused, _P.c.channels, _P.c.per_month, _P.c.per_week, _P.c.home_per_month,
        _P.c.stay_min_s, _E.c.id, _E.c.region_id, _R.c.code, _E.c.registered_on, _E.c.left_on, _E.c.lat, _E.c.lon,
        _E.c.data_key, _C.c.last_visit_id, _C.c.last_visit_at, _C.c.last_outcome,
        _ABSENT.correlate(_E).label("absent"), _UNANSWERED.correlate(_E).label("unanswered"),
        _E.c.consent_position,
    )
    .select_from(
        _E.join(_R, _R.c.id == _E.c.region_id)
        .join(_C, sa.and_(_C.c.county_id == _E.c.county_id, _C.c.elder_id == _E.c.id))
        .outerjoin(_P, _POLICY)
    )
    .where(_E.c.county_id == _COUNTY, among(_E.c.id, "ids"))
)  # fmt: skip


def asked(
    out: Trip, county_id: int, elder_ids: Collection[uuid.UUID]
) -> Later[dict[uuid.UUID, Standing]]:
    """Lock these elders' cards and ask where they stand; ids that are nobody's of this county are left out. The caller
    has flushed. What is asked after it in the same trip is read under the lock."""
    if not elder_ids:
        return dict
    values = {"county": county_id, "ids": sorted(elder_ids)}
    if out.locks:  # which has one writer anyway
        out.ask(_LOCK, values)
    found = out.ask(_READ, values)
    return lambda: {row.id: _standing(row) for row in found.rows()}


def _standing(row: Any) -> Standing:
    policy_id, version, focused, channels, *numbers = row[:8]
    if version is None:  # a county without policies of its own yet
        policy = DEFAULTS.get(policy_id, UNIVERSAL)
    else:
        policy = VisitPolicy(policy_id, version, focused, frozenset(channels), *numbers)
    elder_id, region_id, code, *rest = row[8:]
    return Standing(elder_id, region_id, code, policy, *rest)
