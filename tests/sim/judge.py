"""What must be so when a world has come to rest, asked of the house's database and of each phone."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from caregiver_app.fleet.compare import Comparer
from caregiver_app.store.store import REVOKED
from server import closing
from server.alerts.model import Alert
from server.devices.model import Device
from server.duties.model import Closing, Duty
from server.elders import vault
from server.elders.model import Elder
from server.files import service as files_service
from server.files.current import files
from server.sync.model import PhoneEvent
from server.timebank import checking
from server.timebank.model import Balance
from server.visits.model import Photo, Visit
from server.visits.sealing import key_for, unseal
from shared.protocol import visit as wire
from shared.protocol.values import SOS
from shared.rules.months import Month
from tests.sim import checker
from tests.sim.house import House

if TYPE_CHECKING:
    from tests.sim.phones import Saved, SimPhone
    from tests.sim.world import World

# A slow exchange says within five seconds when the server looked at its clock; two roundings to whole seconds.
TRUSTED_WITHIN = dt.timedelta(seconds=7)


def on_server(house: House, ids: Iterable[str]) -> set[str]:
    """Those of these visits that the house has."""
    wanted = [uuid.UUID(one) for one in ids]
    if not wanted:
        return set()
    with house.session() as own:
        return {str(one) for one in own.scalars(sa.select(Visit.id).where(Visit.id.in_(wanted)))}


def violations(world: World) -> list[str]:
    """Everything that is not as it must be; empty: all is well."""
    house = world.house
    found = [*world.network.wrong, *house.complaints.said]
    for phone in world.phones:
        found += phone.wrong
        found += _phone(phone)
    with house.session() as own:
        found += _visits(own, house, world.phones)
        found += _events(own, world.phones)
        found += _alerts(own)
        found += checker.disagreements(own, house.county.id, world.time.now())
        found += [f"time bank: {fault}" for fault in checking.verify(own, [house.county.id]).faults]
        found += _closings(own, house.county.id)
    for phone in world.phones:
        if phone.enrolled and phone.usable:
            found += [f"{phone.name}: {words}" for words in _compared(phone)]
        elif phone.phone.store.standing == REVOKED and phone.phone.store.cache.counts().get("elders"):
            found.append(f"{phone.name} was revoked and still holds elders")
    return found


def _phone(phone: SimPhone) -> list[str]:
    """Everything that it promised is in its outbox, in the same bytes, and with the server."""
    rows = {row.id: row for row in phone.phone.store.outbox.all()}
    found = []
    for visit_id, saved in phone.saved.items():
        row = rows.get(visit_id)
        if row is None:
            found.append(f"{phone.name}: visit {visit_id} was saved and is gone")
        elif row.frozen and row.frozen != saved.frozen:
            found.append(f"{phone.name}: visit {visit_id} reads otherwise than when it was saved")
        elif row.state != "sent":
            found.append(f"{phone.name}: visit {visit_id} is {row.state}: {row.last_error} {row.answer}")
        found += [
            f"{phone.name}: photo {photo.sha256[:8]} is {photo.state}: {photo.last_error}"
            for photo in phone.phone.store.photos.of(visit_id)
            if photo.state != "sent"
        ]
    return found


def _visits(own: Session, house: House, phones: list[SimPhone]) -> list[str]:
    """Each saved visit once, with the words it was saved with; nothing else; its photos whole."""
    saved: dict[str, tuple[SimPhone, Saved]] = {
        visit_id: (phone, one) for phone in phones for visit_id, one in phone.saved.items()
    }
    keys = {row.id: row.data_key for row in own.execute(sa.select(Elder.id, Elder.data_key))}
    there: Counter[str] = Counter()
    found = []
    for row in own.scalars(sa.select(Visit).order_by(Visit.id)):
        there[str(row.id)] += 1
        if str(row.id) not in saved:
            found.append(f"visit {row.id} is on the server, and nobody saved it")
            continue
        phone, promise = saved[str(row.id)]
        key = key_for(vault.current(), row.county_id, row.elder_id, keys.get(row.elder_id) if row.elder_id else None)
        clear = unseal(key, "raw", row.id, row.raw)
        here = wire.read_visit(wire.loads(promise.frozen)).visit if promise.frozen else None
        read = wire.read_visit(wire.loads(clear)).visit if clear is not None else None
        if read is None or (promise.frozen and (here is None or not wire.same_content(here, read))):
            found.append(f"visit {row.id} is not what its phone saved")
        if row.visitor_id != house.county.visitors[phone.holder]:
            found.append(f"visit {row.id} is attributed to somebody else")
        if row.proved and abs(row.start - promise.began) > TRUSTED_WITHIN:
            found.append(f"visit {row.id} began at {promise.began}, and is proved to have begun at {row.start}")
        found += _photos(own, row, promise.photos)
    return found + [f"visit {one} is {there[one]} times on the server" for one in saved if there[one] != 1]


def _events(own: Session, phones: list[SimPhone]) -> list[str]:
    """Everything that was told is there once, and each call for help has raised its one alert."""
    told = {event_id: kind for phone in phones for event_id, kind in phone.told.items()}
    there = Counter(str(one) for one in own.scalars(sa.select(PhoneEvent.id)))
    alarms = Counter(own.scalars(sa.select(Alert.period).where(Alert.kind == SOS)))
    found = [f"event {one} is {there[one]} times on the server" for one in told if there[one] != 1]
    found += [f"event {one} is on the server, and nobody told it" for one in there if one not in told]
    calls = [one for one, kind in told.items() if kind == SOS]
    return found + [f"call for help {one} has {alarms[one]} alerts" for one in calls if alarms[one] != 1]


def _photos(own: Session, visit: Visit, wanted: tuple[str, ...]) -> list[str]:
    rows = {photo.sha256: photo for photo in own.scalars(sa.select(Photo).where(Photo.visit_id == visit.id))}
    found = []
    for digest in wanted:
        photo = rows.get(digest)
        if photo is None or photo.file_id is None:
            found.append(f"photo {digest[:8]} of visit {visit.id} is not with the server")
            continue
        elder = own.get(Elder, (visit.county_id, visit.elder_id)) if visit.elder_id else None
        sealer = key_for(vault.current(), visit.county_id, visit.elder_id, elder.data_key if elder else None)
        stored = own.get_one(files_service.StoredFile, (photo.county_id, photo.file_id))
        if hashlib.sha256(files_service.read(files(), stored, sealer=sealer)).hexdigest() != digest:
            found.append(f"photo {digest[:8]} of visit {visit.id} holds other bytes")
    return found


def _alerts(own: Session) -> list[str]:
    """Each visit that reports danger has its alert, and one only."""
    raised = Counter(own.scalars(sa.select(Alert.visit_id).where(Alert.kind == "urgent")))
    found = []
    for visit in own.scalars(sa.select(Visit).where(Visit.urgent.is_not(None))):
        if raised[visit.id] != 1:
            found.append(f"visit {visit.id} reports danger and has {raised[visit.id]} alerts")
    return found


def _closings(own: Session, county_id: int) -> list[str]:
    found = []
    for first in own.scalars(sa.select(Closing.month).distinct()):
        for version in closing.verify(own, county_id, Month.of(first)):
            if not version["digest_ok"]:
                found.append(f"closed month {first} version {version['version']} does not give its digest")
    return found


def _compared(phone: SimPhone) -> list[str]:
    """The phone against the house, word for word, over the phone's own tokens."""
    _, found = Comparer(phone.phone.store, phone.phone.platform, phone.line).disagreements()
    return found


def state(house: House) -> list[str]:
    """How the house stands at the end, for the trace: the same seed must end the same."""
    lines = []
    with house.session() as own:
        for model, columns in (
            (Visit, ("id", "start", "stay_s", "assurance", "decision", "counts", "late")),
            (Duty, ("elder_id", "kind", "starts_on", "state", "done")),
            (Balance, ("account_id", "bucket", "minutes")),
            (Alert, ("kind", "subject", "period", "state", "step")),
            (Device, ("id", "revoked_as")),
        ):
            rows: Any = own.execute(sa.select(*(getattr(model, name) for name in columns))).all()
            lines += sorted(f"{model.__name__} {tuple(map(str, row))}" for row in rows)
    return lines
