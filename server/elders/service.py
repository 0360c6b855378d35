"""Use cases of the register: take an elder in, change what is known, record what happened, erase.

What happened to an elder (in hospital, moved, died …) is an event with the day it took effect; today's status and the
day of leaving are worked out from all events, so that a mistake is put right by an event that supersedes it, and
nothing is edited. What follows for duties is `settle`'s, handed in by the edge (server/outcomes), in the same
transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.elders import profile
from server.elders.model import LEFT_STATUSES, STATUSES, Elder, ElderCard, ElderStatus
from server.elders.vault import Vault
from server.language import Text
from server.problems import problem
from server.regions.model import County
from shared.ids import uuid7


class Settle(Protocol):
    """What follows for elders (county, ids); `since`, `until`: of the months that these days lie in, too."""

    def __call__(
        self, session: Session, county_id: int, elder_ids: Collection[uuid.UUID], /, *, since: dt.date | None = None,
        until: dt.date | None = None,
    ) -> None: ...  # fmt: skip


DUTY_COLUMNS = frozenset({"region_id", "policy_id", "registered_on", "left_on"})


def create_elder(
    session: Session, county_id: int, values: Mapping[str, Any], *, vault: Vault, now: dt.datetime, today: dt.date,
    elder_id: uuid.UUID | None = None, actor_id: uuid.UUID | None = None, settle: Settle | None = None,
) -> Elder:  # fmt: skip
    """Take an elder in. `values`: keys of profile.SEALED and PLAIN. The same id again answers the same elder.

    An ID number that is on the county's register already: 409 `elder_known`.
    """
    elder = add_elder(
        session, county_id, values, vault=vault, now=now, today=today, elder_id=elder_id, actor_id=actor_id
    )
    if settle is not None:
        settle(session, county_id, [elder.id])
    session.commit()
    return elder


def add_elder(
    session: Session, county_id: int, values: Mapping[str, Any], *, vault: Vault, now: dt.datetime, today: dt.date,
    elder_id: uuid.UUID | None = None, actor_id: uuid.UUID | None = None,
) -> Elder:  # fmt: skip
    """As `create_elder`, as part of something larger: does not commit, settles nothing."""
    # whoever gives short numbers waits for whoever does the same
    session.execute(sa.select(County.id).where(County.id == county_id).with_for_update(key_share=True))
    if elder_id is not None and (known := session.get(Elder, (county_id, elder_id))) is not None:
        if known.name != values.get("name") or known.region_id != values.get("region_id"):
            raise problem("id_reused")
        return known
    _refuse_known(session, vault, county_id, values.get("id_number"), None)
    last = session.scalar(sa.select(sa.func.max(Elder.short_no)).where(Elder.county_id == county_id)) or 0
    row = profile.new_row(
        vault, county_id, elder_id or uuid7(now), last + 1, values, now=now, today=values.get("registered_on") or today
    )
    elder = Elder(**row)
    session.add(elder)
    session.flush()
    session.add(ElderCard(county_id=county_id, elder_id=elder.id, version=1))
    session.add(_event(elder, "active", elder.registered_on, now, actor_id))
    audit.record(session, "elder.create", "elder", elder.id, now=now, actor_id=actor_id, county_id=county_id)
    session.flush()
    return elder


def update_elder(
    session: Session, elder: Elder, wanted: Mapping[str, Any], *, vault: Vault, now: dt.datetime,
    actor_id: uuid.UUID | None = None, settle: Settle | None = None,
) -> bool:  # fmt: skip
    """Change what is known of an elder; `wanted` as in `profile.changes`. Returns whether anything changed."""
    if elder.data_key is None:
        raise problem("elder_erased")
    columns = profile.changes(vault, elder, wanted)
    if not columns:
        session.commit()
        return False
    if "id_number_index" in columns:
        _refuse_known(session, vault, elder.county_id, wanted.get("id_number"), elder.id)
    for column, value in columns.items():
        setattr(elder, column, value)
    elder.updated_at = now
    session.flush()
    renew_card(session, elder.county_id, elder.id)
    audit.record(session, "elder.change", "elder", elder.id, now=now, actor_id=actor_id, county_id=elder.county_id,
                 details={"columns": sorted(columns)})  # fmt: skip
    if settle is not None and columns.keys() & DUTY_COLUMNS:
        settle(session, elder.county_id, [elder.id])
    session.commit()
    return True


def move_home(
    session: Session, elder: Elder, lat: float, lon: float, *, now: dt.datetime, actor_id: uuid.UUID
) -> None:
    """Correct the registered position, as part of something larger: does not commit."""
    elder.lat, elder.lon, elder.updated_at = lat, lon, now
    session.flush()
    renew_card(session, elder.county_id, elder.id)
    audit.record(session, "elder.change", "elder", elder.id, now=now, actor_id=actor_id, county_id=elder.county_id,
                 details={"columns": ["lat", "lon"]})  # fmt: skip


def record_status(
    session: Session, elder: Elder, status: str, effective_on: dt.date, *, vault: Vault, now: dt.datetime,
    today: dt.date, event_id: uuid.UUID | None = None, actor_id: uuid.UUID | None = None,
    supersedes: uuid.UUID | None = None, note: str | None = None, settle: Settle | None = None,
) -> ElderStatus:  # fmt: skip
    """Record what happened to an elder from a day on (not a day to come). The same event id again changes nothing."""
    if event_id is not None and (known := session.get(ElderStatus, (elder.county_id, event_id))) is not None:
        if (known.elder_id, known.status, known.effective_on) != (elder.id, status, effective_on):
            raise problem("id_reused")
        return known
    errors: dict[str, list[Text | str]] = {}
    since = effective_on
    if status not in STATUSES:
        errors["status"] = [Text("没有这种状态", "There is no such status")]
    if effective_on > today:
        errors["effective_on"] = [Text("不能晚于今天", "May not lie in the future")]
    if supersedes is not None:
        wrong = session.get(ElderStatus, (elder.county_id, supersedes))
        if wrong is None or wrong.elder_id != elder.id:
            errors["supersedes"] = [Text("没有这条记录", "There is no such event")]
        else:
            since = min(since, wrong.effective_on)
    if errors:
        raise problem("validation", errors=errors)
    event = _event(elder, status, effective_on, now, actor_id, event_id=event_id, supersedes=supersedes)
    if note and elder.data_key is not None:
        key = vault.elder_key(elder.county_id, elder.id, elder.data_key)
        event.note = key.seal("elder_statuses", "note", event.id, note)
    session.add(event)
    session.flush()
    apply_statuses(session, elder, today)
    elder.updated_at = now
    session.flush()
    renew_card(session, elder.county_id, elder.id)
    audit.record(session, "elder.status", "elder", elder.id, now=now, actor_id=actor_id, county_id=elder.county_id,
                 details={"status": status, "effective_on": effective_on.isoformat()})  # fmt: skip
    if settle is not None:
        settle(session, elder.county_id, [elder.id], since=since)
    session.commit()
    return event


def apply_statuses(session: Session, elder: Elder, today: dt.date) -> None:
    """Work out today's status, the day of leaving and the day of (the last) registration from all events that stand."""
    found = session.scalars(
        sa.select(ElderStatus)
        .where(ElderStatus.county_id == elder.county_id, ElderStatus.elder_id == elder.id)
        .order_by(ElderStatus.effective_on, ElderStatus.recorded_at, ElderStatus.id)
    ).all()
    undone = {event.supersedes for event in found if event.supersedes is not None}
    status, left_on, registered_on = "active", None, elder.registered_on
    standing = [event for event in found if event.id not in undone and event.effective_on <= today]
    for i, event in enumerate(standing):
        status = event.status
        if status in LEFT_STATUSES:
            left_on = left_on or event.effective_on
            continue
        taken_in = i == 0 and status == "active" and event.supersedes is None
        if taken_in or left_on is not None:  # or back after having left
            registered_on = event.effective_on
        left_on = None
    elder.status, elder.left_on, elder.registered_on = status, left_on, registered_on


def erase_elder(
    session: Session, elder: Elder, *, now: dt.datetime, actor_id: uuid.UUID | None = None
) -> None:
    """Destroy the elder's key and all that identifies them; figures of past months stay. Cannot be undone."""
    columns = ("data_key", "id_number", "id_number_index", "phone", "phone_index", "address", "contacts", "notes",
               "birth_date", "lat", "lon", "sex", "row_digest")  # fmt: skip
    for column in columns:
        setattr(elder, column, None)
    elder.name = "已删除"
    elder.updated_at = now
    session.execute(
        sa.update(ElderStatus)
        .where(ElderStatus.county_id == elder.county_id, ElderStatus.elder_id == elder.id)
        .values(note=None)
    )
    session.flush()
    renew_card(session, elder.county_id, elder.id)
    audit.record(session, "elder.erase", "elder", elder.id, now=now, actor_id=actor_id, county_id=elder.county_id)
    session.commit()


def reveal(
    session: Session, elder: Elder, *, vault: Vault, now: dt.datetime, actor_id: uuid.UUID
) -> profile.Particulars:
    """The elder's particulars in clear; that somebody looked is on record before they are given out."""
    if elder.data_key is None:
        raise problem("elder_erased")
    particulars = profile.opened(vault, elder)
    audit.record(session, "elder.reveal", "elder", elder.id, now=now, actor_id=actor_id, county_id=elder.county_id)
    session.commit()
    return particulars


def touch(
    session: Session, county_id: int, elder_ids: Collection[uuid.UUID], *, now: dt.datetime | None = None
) -> None:
    """Let phones know that something on these elders' cards changed (a tie, a tag, a duty). One statement."""
    if elder_ids:
        session.execute(
            sa.update(ElderCard)
            .where(ElderCard.county_id == county_id, ElderCard.elder_id.in_(sorted(elder_ids)))
            .values(version=ElderCard.version + 1)
            .execution_options(synchronize_session=False)
        )


def renew_card(session: Session, county_id: int, elder_id: uuid.UUID) -> None:
    """Let phones know that something on the elder's card changed."""
    session.execute(
        sa.update(ElderCard)
        .where(ElderCard.county_id == county_id, ElderCard.elder_id == elder_id)
        .values(version=ElderCard.version + 1)
    )


def _refuse_known(
    session: Session, vault: Vault, county_id: int, id_number: str | None, but: uuid.UUID | None
) -> None:
    if not id_number:
        return
    indexes = vault.indexes(county_id, "id_number", id_number)
    found = session.scalar(sa.select(Elder.id).where(Elder.county_id == county_id, Elder.id_number_index.in_(indexes)))
    if found is not None and found != but:
        raise problem("elder_known", errors={"id_number": [Text("台账中已有此号码", "Already on the register")]})


def _event(
    elder: Elder, status: str, effective_on: dt.date, now: dt.datetime, actor_id: uuid.UUID | None, *,
    event_id: uuid.UUID | None = None, supersedes: uuid.UUID | None = None,
) -> ElderStatus:  # fmt: skip
    return ElderStatus(
        county_id=elder.county_id, id=event_id or uuid7(now), elder_id=elder.id, status=status,
        effective_on=effective_on, recorded_at=now, recorded_by=actor_id, supersedes=supersedes, note=None,
    )  # fmt: skip
