"""The histories that visits are judged with, as they lie in the database: read once for a batch, written once.

One table, one key: a visitor's row has the visitor's id, a home's the elder's; a phone's and a photo's are digests of
theirs, which come from outside. What is in them (`shared/rules/history.py`, `homes.py`) locates people, so it is
sealed: a home's history under its elder's key, which ends with it, the others under the county's. One that cannot be
opened any more is as good as none: it fills again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.vault import Key, Vault, VaultError
from server.prepared import Later, Prepared, Trip, among, trip, whole_row
from server.visits.model import History
from server.visits.sealing import key_for
from shared.geo import flat_m
from shared.rules.homes import Place
from shared.rules.packing import (
    pack_device,
    pack_home,
    pack_photo,
    pack_visitor,
    unpack_device,
    unpack_home,
    unpack_photo,
    unpack_visitor,
)
from shared.rules.remembering import Memory, Remembered, id_mark

TABLE, COLUMN = "presence_histories", "data"
MOVED_M = 30.0
"""A home whose learnt place moved by more than this may change how its last visits are judged."""


class HasKey(Protocol):
    """What is asked of an elder here (server/standing.py has it)."""

    @property
    def data_key(self) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    """A row as it was read, and where its home was thought to be then."""

    changed_at: dt.datetime | None
    revised_at: dt.datetime | None
    place: Place | None = None


@dataclass(slots=True)
class Histories:
    """The histories of one batch, in one county: of these visitors, phones and elders (with their wrapped keys)."""

    county_id: int
    vault: Vault
    keys: Mapping[uuid.UUID, bytes | None]
    visitors: Collection[uuid.UUID]
    devices: Collection[uuid.UUID]
    memory: Memory = field(default_factory=Memory)
    kept: dict[uuid.UUID, _Kept] = field(default_factory=dict)

    def take(self, rows: Iterable[Any]) -> None:
        """Open what was read."""
        phones = {phone_id(device): id_mark(device) for device in self.devices}
        county = self.vault.county_keys(self.county_id)
        for row in rows:
            clear = self._opened(row, county)
            place = None
            if row.kind == "visitor":
                self.memory.visitors[id_mark(row.id)] = unpack_visitor(clear)
            elif row.kind == "home":
                home = self.memory.homes[row.id.bytes] = unpack_home(clear)
                place = home.place
            elif row.kind == "phone":
                self.memory.devices[phones[row.id]] = unpack_device(clear)
            elif row.kind == "photo":
                self.memory.photos[row.id.hex] = unpack_photo(clear)
            self.kept[row.id] = _Kept(row.changed_at, row.revised_at, place)

    def _opened(self, row: Any, county: Mapping[bytes, Key]) -> bytes | None:
        key = county.get(row.data[1:5])
        if row.kind == "home" and row.id in self.keys:
            key = key_for(self.vault, self.county_id, row.id, self.keys[row.id])
        try:
            return None if key is None else key.open_bytes(TABLE, COLUMN, row.id, row.data)
        except VaultError:
            return None

    def written(self, judged: Iterable[Remembered], now: dt.datetime) -> list[dict[str, Any]]:
        """The rows of whatever these visits touched, as they are to be written."""
        memory = self.memory
        visitors = {id_mark(each): each for each in self.visitors}
        phones = {id_mark(each): phone_id(each) for each in self.devices}
        rows: dict[uuid.UUID, dict[str, Any]] = {}
        for visit in judged:
            trace = visit.trace
            if (visitor := visitors.get(trace.visitor)) is not None and visitor not in rows:
                history = memory.visitors[trace.visitor]
                history.forget(now.timestamp(), now.toordinal())
                rows[visitor] = self._row(visitor, "visitor", pack_visitor(history), now)
            if (phone := phones.get(trace.device)) is not None and phone not in rows:
                rows[phone] = self._row(phone, "phone", pack_device(memory.devices[trace.device]), None)
            if trace.home and (home := memory.homes.get(trace.home)) is not None:
                elder = uuid.UUID(bytes=trace.home)
                if elder not in rows and self.keys.get(elder) is not None:
                    changed = now if self._moved(elder, home.place) else self._changed_at(elder)
                    rows[elder] = self._row(elder, "home", pack_home(home), changed)
            for photo in visit.photos:
                uses, row_id = memory.photos[photo], uuid.UUID(hex=photo)
                rows[row_id] = self._row(row_id, "photo", pack_photo(uses), now if len(uses) > 1 else None)
        return [rows[each] for each in sorted(rows)]

    def add(self, session: Session, ids: Collection[uuid.UUID]) -> None:
        """Read and lock more of them."""
        with trip(session) as out:
            later = asked_histories(out, self.county_id, ids)
        self.take(later())

    def visitor_row(self, visitor_id: uuid.UUID) -> dict[str, Any]:
        """A visitor's row as it is to be written, for something that changes no judgement by itself."""
        packed = pack_visitor(self.memory.visitors[id_mark(visitor_id)])
        return self._row(visitor_id, "visitor", packed, self._changed_at(visitor_id))

    def photo_rows(self, photos: Iterable[str], now: dt.datetime) -> list[dict[str, Any]]:
        """Photos' rows as they are to be written."""
        shown = self.memory.photos
        return [self._row(uuid.UUID(hex=each), "photo", pack_photo(shown[each]), now) for each in sorted(photos)]

    def rewritten(self, judged: Iterable[Remembered], now: dt.datetime) -> list[dict[str, Any]]:
        """The same after judging again, which is no reason to judge again; only where a home moved it is."""
        rows = self.written(judged, now)
        for row in rows:
            if row["kind"] != "home":
                row["changed_at"] = self._changed_at(row["id"])
        return rows

    def _row(self, row_id: uuid.UUID, kind: str, clear: bytes, changed_at: dt.datetime | None) -> dict[str, Any]:
        key = self.vault.county_key(self.county_id)
        if kind == "home":
            key = key_for(self.vault, self.county_id, row_id, self.keys[row_id])
        before = self.kept.get(row_id)
        return {
            "county_id": self.county_id, "id": row_id, "kind": kind, "data": key.seal(TABLE, COLUMN, row_id, clear),
            "changed_at": changed_at, "revised_at": before.revised_at if before is not None else None,
        }  # fmt: skip

    def _changed_at(self, row_id: uuid.UUID) -> dt.datetime | None:
        before = self.kept.get(row_id)
        return before.changed_at if before is not None else None

    def _moved(self, elder: uuid.UUID, place: Place | None) -> bool:
        """Did what is known of the home change so that visits to it may be judged otherwise?"""
        before = kept.place if (kept := self.kept.get(elder)) is not None else None
        if place is None or before is None:
            return place is not before and (before is not None or (place is not None and place.proposes))
        if (place.moves, place.proposes, place.days >= 2) != (before.moves, before.proposes, before.days >= 2):
            return True
        return flat_m(place.point, before.point) > MOVED_M


def photo_id(sha256: str) -> uuid.UUID:
    """The id of a photo's history."""
    return uuid.UUID(bytes=blake2b(sha256.encode(), digest_size=16, person=b"photo").digest())


def phone_id(device_id: uuid.UUID) -> uuid.UUID:
    """The id of a phone's history."""
    return uuid.UUID(bytes=blake2b(device_id.bytes, digest_size=16, person=b"phone").digest())


def ids_of(
    elders: Iterable[uuid.UUID], visitors: Iterable[uuid.UUID], devices: Iterable[uuid.UUID], photos: Iterable[str]
) -> set[uuid.UUID]:
    """The ids of the rows of these."""
    return {*elders, *visitors, *map(phone_id, devices), *map(photo_id, photos)}


# Every visit's way in runs these.
_H = cast(sa.Table, History.__table__)
_READ = Prepared(
    sa.select(_H.c.id, _H.c.kind, _H.c.data, _H.c.changed_at, _H.c.revised_at)
    .where(_H.c.county_id == sa.bindparam("county", type_=sa.Integer()), among(_H.c.id, "ids"))
    .order_by(_H.c.id)
    .with_for_update()
)


def _written(insert: Any) -> Any:
    new = insert(_H).values(whole_row(_H))
    return new.on_conflict_do_update(
        index_elements=["county_id", "id"], set_={"data": new.excluded.data, "changed_at": new.excluded.changed_at}
    )


_WRITE = Prepared(_written)


def asked_histories(out: Trip, county_id: int, ids: Collection[uuid.UUID]) -> Later[list[Any]]:
    """The rows with these ids, locked until the transaction ends. Lock the elders' cards before."""
    if not ids:
        return list
    found = out.ask(_READ, {"county": county_id, "ids": sorted(ids)})
    return found.rows


def write(out: Trip, rows: list[dict[str, Any]]) -> None:
    if rows:
        out.run(_WRITE, rows)


def read(
    session: Session, county_id: int, vault: Vault, keys: Mapping[uuid.UUID, bytes | None],
    visitors: Collection[uuid.UUID], devices: Collection[uuid.UUID], photos: Iterable[str],
) -> Histories:  # fmt: skip
    """The histories of these, locked; `keys`: elders with their wrapped keys."""
    found = Histories(county_id, vault, keys, visitors, devices)
    with trip(session) as out:
        later = asked_histories(out, county_id, ids_of(keys, visitors, devices, photos))
    found.take(later())
    return found
