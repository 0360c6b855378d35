"""Is everything that the server keeps in order? Asked after every fault run, of the database and the files themselves.

Each question is answered anew from the facts, never from what a run believes it did: a violation is a sentence.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import clock, outcomes
from server.database import begin_snapshot
from server.duties import service as duties
from server.duties.model import Duty, VillageCount
from server.elders import vault
from server.elders.model import Elder
from server.files import service as files_service
from server.files.current import files
from server.files.service import BlobMissing, SealBroken
from server.timebank import checking
from server.visits.model import Judgement, Photo, Visit
from server.visits.sealing import key_for, unseal
from shared.protocol import visit as wire
from shared.rules.months import Month
from tests.faults.world import World

SETTLE_S = 10.0


def violations(made: World) -> list[str]:
    """Everything that is wrong with what is kept; empty: all is well."""
    found = open_transactions(made)
    with made.session() as own:
        begin_snapshot(own)
        found += [f"time bank: {fault}" for fault in checking.verify(own, [made.county_id]).faults]
        found += _village_counts(own, made.county_id)
        found += _visits(own, made.county_id)
        found += _photos(own, made.county_id)
    with made.session() as own:
        found += _settled_anew(own, made.county_id)
    if made.kind == "sqlite":
        with made.session() as own:
            for pragma in ("integrity_check", "foreign_key_check"):
                rows = [tuple(row) for row in own.execute(sa.text(f"PRAGMA {pragma}"))]
                if rows not in ([("ok",)], []):
                    found.append(f"SQLite {pragma}: {rows[:5]}")
    return found


def open_transactions(made: World) -> list[str]:
    """Whether anybody holds a transaction open, or waits for one, although nobody asks anything any more."""
    until = time.monotonic() + SETTLE_S
    while True:
        found = _busy(made)
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.1)


def _busy(made: World) -> list[str]:
    engine = sa.create_engine(made.url)
    try:
        with engine.connect() as connection:
            if made.kind == "sqlite":
                connection.begin().rollback()  # to begin is to take the write lock, which somebody may hold
                return []
            rows = connection.execute(
                sa.text(
                    "SELECT state, wait_event_type, left(query, 60) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' "
                    "AND backend_type = 'client backend'"
                )
            )
            return [f"connection not at rest: {tuple(row)}" for row in rows]
    except sa.exc.OperationalError as wrong:
        return [f"the write lock is held: {wrong.orig}"]
    finally:
        engine.dispose()


def _village_counts(own: Session, county_id: int) -> list[str]:
    stored: dict[Month, dict[int, dict[str, int]]] = {}
    for row in own.scalars(sa.select(VillageCount).where(VillageCount.county_id == county_id)):
        figures = {name: getattr(row, name) for name in duties.FIGURES}
        if any(figures.values()):
            stored.setdefault(Month.of(row.month), {})[row.region_id] = figures
    months = set(stored) | {
        Month.of(m) for m in own.scalars(sa.select(Duty.month).where(Duty.county_id == county_id).distinct())
    }
    found = []
    for month in sorted(months):
        anew = {k: v for k, v in duties.counted_anew(own, county_id, month).items() if any(v.values())}
        if anew != stored.get(month, {}):
            found.append(f"village counts of {month}: stored {stored.get(month)}, counted {anew}")
    return found


def _settled_anew(own: Session, county_id: int) -> list[str]:
    """Working everything out again must change nothing: no duty, no counting visit."""
    tz, now = clock.zone(), clock.now()
    elder_ids = list(own.scalars(sa.select(Elder.id).where(Elder.county_id == county_id)))
    starts = own.execute(sa.select(sa.func.min(Visit.start), sa.func.max(Visit.start))).one()
    months = {Month.of(now.astimezone(tz).date())}
    months |= {Month.of(start.astimezone(tz).date()) for start in starts if start is not None}
    before = duties.existing(own, county_id, elder_ids, months)
    flipped = outcomes.refresh(own, county_id, elder_ids, months, now=now)
    after = duties.existing(own, county_id, elder_ids, months)
    own.rollback()
    # a period that began since the last visit came in has no row yet: the job makes it
    otherwise = [key for key in before if before[key] != after[key]]
    found = [f"duty {key} stands as {before[key]}, should be {after[key]}" for key in otherwise]
    return found + [f"visit {visit_id} counts otherwise than it stands" for visit_id in flipped]


def _visits(own: Session, county_id: int) -> list[str]:
    """Each visit wholly there: judged, and its raw item reads as what its row says. Nothing without its visit."""
    judged = Counter(own.scalars(sa.select(Judgement.visit_id).where(Judgement.county_id == county_id)))
    found = []
    elders = own.execute(sa.select(Elder.id, Elder.data_key).where(Elder.county_id == county_id))
    keys = {elder.id: elder.data_key for elder in elders}
    known: set[uuid.UUID] = set()
    for visit in own.scalars(sa.select(Visit).where(Visit.county_id == county_id)):
        known.add(visit.id)
        if judged[visit.id] != 1:
            found.append(f"visit {visit.id} has {judged[visit.id]} judgements")
        key = key_for(vault.current(), county_id, visit.elder_id, keys.get(visit.elder_id) if visit.elder_id else None)
        clear = unseal(key, "raw", visit.id, visit.raw)
        read = wire.read_visit(wire.loads(clear)).visit if clear is not None else None
        if read is None or (read.id, read.started_at, read.outcome) != (visit.id, visit.started_at, visit.outcome):
            found.append(f"visit {visit.id} does not read as its row says")
    return found + [f"judgement of {visit_id}, which is not there" for visit_id in judged if visit_id not in known]


def _photos(own: Session, county_id: int) -> list[str]:
    """Each photo that is said to be there can be read, and is the one that its visit named."""
    found = []
    rows = own.execute(
        sa.select(Photo, Visit.elder_id, Visit.photo_digests)
        .outerjoin(Visit, sa.and_(Visit.county_id == Photo.county_id, Visit.id == Photo.visit_id))
        .where(Photo.county_id == county_id)
    )
    for photo, elder_id, digests in rows:
        if photo.sha256 not in (digests or ()):
            found.append(f"photo {photo.sha256[:8]} is named by no visit")
        row = files_service.find(own, county_id, photo.file_id) if photo.file_id is not None else None
        if row is None:
            found.append(f"photo {photo.sha256[:8]} has no file")
            continue
        wrapped = own.scalar(sa.select(Elder.data_key).where(Elder.county_id == county_id, Elder.id == elder_id))
        try:
            data = files_service.read(files(), row, sealer=key_for(vault.current(), county_id, elder_id, wrapped))
        except (BlobMissing, SealBroken) as wrong:
            found.append(f"photo {photo.sha256[:8]}: {wrong!r}")
            continue
        if hashlib.sha256(data).hexdigest() != photo.sha256:
            found.append(f"photo {photo.sha256[:8]} holds other bytes")
    return found


def stored_ids(made: World, ids: Iterable[str]) -> set[str]:
    """Of these visits, those that are on the server."""
    wanted = [uuid.UUID(one) for one in ids]
    found: set[str] = set()
    with made.session() as own:
        for start in range(0, len(wanted), 500):
            rows = own.scalars(sa.select(Visit.id).where(Visit.id.in_(wanted[start : start + 500])))
            found |= {str(row) for row in rows}
    return found


def credited(made: World) -> dict[str, list[int]]:
    """Visit id -> the minutes of every transaction that stands for it (a visit that is credited once has one)."""
    from server.timebank.model import Posting, TimeTransaction

    with made.session() as own:
        rows = own.execute(
            sa.select(TimeTransaction.visit_id, Posting.minutes)
            .join(Posting, sa.and_(Posting.county_id == TimeTransaction.county_id,
                                   Posting.transaction_id == TimeTransaction.id))
            .where(TimeTransaction.visit_id.is_not(None), Posting.minutes > 0)
        )  # fmt: skip
        found: dict[str, list[int]] = {}
        for visit_id, minutes in rows:
            found.setdefault(str(visit_id), []).append(minutes)
        return found
