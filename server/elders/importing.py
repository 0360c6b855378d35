"""From a clerk's register to elders: what `yuetan elders import` and the console do.

Rows go in by batches, each a transaction of its own: a register of 100,000 rows must not hold the write lock for a
minute, and one that was interrupted is simply imported again, because a row that is there already changes nothing.
Elders are recognised by their ID number's blind index within the county. A row's digest is kept: the same row again is
skipped without opening anything, so what was edited since in the console stays.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.audit.model import AuditEntry
from server.auth.reach import Reach
from server.database import plan_anew
from server.elders import profile
from server.elders.model import Elder, ElderCard, ElderStatus
from server.elders.register import Reading, RegionBook, RegisterRow, RowProblem, Rules, read_register
from server.elders.vault import Vault
from server.problems import problem
from server.regions import queries as regions
from server.regions import service as region_service
from server.regions.codes import code_range, code_text
from server.regions.model import County, Region
from shared.ids import uuid7

BATCH = 1_000
COUNTED_FROM = 4_000  # new elders after which the database counts its rows anew, and at each doubling
# plain tables: a batch goes in without the cost of objects
_ELDERS, _CARDS, _STATUSES = (cast(sa.Table, model.__table__) for model in (Elder, ElderCard, ElderStatus))
COUNTIES_AT_ONCE = 100  # more would make the book of places large and its names ambiguous

Progress = Callable[[int, int], None]
Settle = Callable[[Session, int, Collection[uuid.UUID]], None]
"""What follows for elders that were added or moved (duties): called in the batch's transaction with the county."""


@dataclass(slots=True)
class Imported:
    """What became of a register. `refused` are rows; a row may have several `problems`."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    blank: int = 0
    dry_run: bool = False
    problems: list[RowProblem] = field(default_factory=list)
    skipped_sheets: tuple[str, ...] = ()

    @property
    def good(self) -> int:
        return self.created + self.updated + self.unchanged

    def figures(self) -> dict[str, Any]:
        """The counts alone, as `--json` and the task's result show them."""
        counts = {name: getattr(self, name) for name in
                  ("rows", "created", "updated", "unchanged", "refused", "blank", "dry_run")}  # fmt: skip
        return {**counts, "problems": len(self.problems), "skipped_sheets": list(self.skipped_sheets)}


def summary(done: Imported) -> list[tuple[str, object]]:
    """The second sheet of a report: figures with their names."""
    figures = done.figures()
    labels = {"rows": "行数", "created": "新增", "updated": "更新", "unchanged": "未变", "refused": "有误",
              "blank": "空行"}  # fmt: skip
    lines: list[tuple[str, object]] = [(label, figures[name]) for name, label in labels.items()]
    if done.dry_run:
        lines.append(("试运行", "没有写入"))
    return lines + [("没有表头，未读取的工作表", sheet) for sheet in done.skipped_sheets]


def import_register(
    session: Session, source: Path | str | bytes, *, vault: Vault, now: dt.datetime, today: dt.date,
    actor_id: uuid.UUID | None = None, county_id: int | None = None, reach: Reach | None = None,
    registered_on: dt.date | None = None, dry_run: bool = False, progress: Progress | None = None,
    settle: Settle | None = None,
) -> Imported:  # fmt: skip
    """Import a register; good rows go in although others are bad. `dry_run`: the same words, and nothing written.

    `county_id`: whose register it is; without it each row's place says so, and a county is opened where it runs none
    yet. `reach`: whose rows may be imported (None: the operator's command, all). `registered_on`: for rows that give
    no date of their own (default: `today`). Commits batch by batch. Raises RegisterUnreadable, Problem.
    """
    scope = _Scope.of(session, county_id)
    reading = read_register(source, scope.book, Rules(today))
    result = Imported(dry_run=dry_run, skipped_sheets=reading.skipped)
    writer = _Writer(session, vault, scope, result, now, registered_on or today, actor_id, settle)
    counted = COUNTED_FROM
    session.commit()  # ends what was only read; each batch begins as one that writes
    for batch in _batches(_allowed(reading, reach, scope, result), BATCH):
        plan_anew(session)
        for county_region, rows in _by_county(batch):
            writer.plan(county_region, rows) if dry_run else writer.write(county_region, rows)
        session.commit()  # of a dry run nothing
        if result.created >= counted:
            _count_anew(session)
            counted = 2 * result.created
        if progress:
            progress(reading.counts.rows + reading.counts.blank, reading.total)
    result.rows, result.blank = reading.counts.rows, reading.counts.blank
    result.refused = len({(p.sheet, p.row) for p in result.problems})
    if not dry_run and (result.created or result.updated):
        audit.record(session, "elders.import", "register", None, now=now, actor_id=actor_id, county_id=county_id,
                     details={k: v for k, v in result.figures().items() if k != "skipped_sheets"})  # fmt: skip
        session.commit()
    return result


class _Scope:
    """The counties that an import may write to, and the book of their places."""

    def __init__(self, book: RegionBook, county_ids: dict[int, int | None]) -> None:
        self.book = book
        self.county_ids = county_ids  # region of level county -> county, None: not opened yet

    @classmethod
    def of(cls, session: Session, county_id: int | None) -> _Scope:
        wanted: dict[int, int | None]
        over: dict[int, int] = {region.id: county.id for county, region in reversed(regions.counties(session))}
        if county_id is not None:
            county = session.get(County, county_id)
            region = session.get(Region, county.region_id) if county is not None else None
            if region is None or region.code is None:
                raise problem("not_found")
            wanted = {region.id: county_id}
            found = [region]
        else:
            found = regions.county_regions(session, COUNTIES_AT_ONCE + 1)
            if len(found) > COUNTIES_AT_ONCE:
                found = [r for r in (session.get(Region, i) for i in over) if r is not None]
            if not found:
                raise problem("regions_missing")
            if len(found) > COUNTIES_AT_ONCE:
                raise problem("county_needed")
            wanted = {region.id: over.get(region.id) for region in found}
        ranges = [code_range(region.code, region.level) for region in found if region.code is not None]
        return cls(RegionBook(regions.book_rows(session, ranges)), wanted)


def _count_anew(session: Session) -> None:
    """Let PostgreSQL know how large the tables have become: it learns so by itself only after a minute, and would read
    them through for each batch until then."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("ANALYZE elders, elder_cards, elder_statuses"))
        session.commit()


def _allowed(
    reading: Reading, reach: Reach | None, scope: _Scope, result: Imported
) -> Iterator[RegisterRow]:
    """The clean rows that may be imported; all problems go into the result."""
    for item in reading:
        if isinstance(item, RowProblem):
            result.problems.append(item)
            continue
        county_id = scope.county_ids.get(item.county_region_id or 0)
        here = item.county_region_id in scope.county_ids
        if not here or (reach is not None and not reach.covers(county_id, item.region_code or -1)):
            where = code_text(item.region_code or 0)
            result.problems.append(RowProblem(item.sheet, item.row, "", "outside_area", {"value": where}))
            continue
        yield item


@dataclass(slots=True)
class _Known:
    id: uuid.UUID
    digest: bytes | None


class _Writer:
    """Writes batches of clean rows of one county each, in a constant number of queries."""

    def __init__(
        self, session: Session, vault: Vault, scope: _Scope, result: Imported, now: dt.datetime,
        registered_on: dt.date, actor_id: uuid.UUID | None, settle: Settle | None,
    ) -> None:  # fmt: skip
        self.session, self.vault, self.scope, self.result = session, vault, scope, result
        self.now, self.registered_on, self.actor_id, self.settle = now, registered_on, actor_id, settle

    def plan(self, county_region: int, rows: Sequence[RegisterRow]) -> None:
        """Count what `write` would do."""
        county_id = self.scope.county_ids.get(county_region)
        if county_id is None:
            self.result.created += len(rows)
            return
        fresh, changed = self._sorted(county_id, rows)
        self.result.created += len(fresh)
        for elder, row, _ in self._loaded(county_id, changed):
            self._count(bool(profile.changes(self.vault, elder, _restated(row))))

    def write(self, county_region: int, rows: Sequence[RegisterRow]) -> None:
        county_id = self._county(county_region)
        # one import at a time gives short numbers and meets the others' elders; visits, whose foreign keys only
        # share the county's key, do not wait for it
        self.session.execute(sa.select(County.id).where(County.id == county_id).with_for_update(key_share=True))
        fresh, changed = self._sorted(county_id, rows)
        added = self._add(county_id, fresh) if fresh else []
        moved = self._change(county_id, changed) if changed else []
        if self.settle is not None and (added or moved):
            self.session.flush()
            self.settle(self.session, county_id, [*added, *moved])

    def _county(self, county_region: int) -> int:
        county_id = self.scope.county_ids.get(county_region)
        if county_id is None:
            region = self.session.get_one(Region, county_region)
            county = region_service.open_county(self.session, region, now=self.now, actor_id=self.actor_id)
            county_id = self.scope.county_ids[county_region] = county.id
        return county_id

    def _sorted(
        self, county_id: int, rows: Sequence[RegisterRow]
    ) -> tuple[list[tuple[RegisterRow, bytes]], dict[uuid.UUID, tuple[RegisterRow, bytes]]]:
        """(rows of new elders, rows of known elders that differ from their last import), with digests."""
        indexes = [self.vault.indexes(county_id, "id_number", row.id_number) for row in rows]
        found = self.session.execute(
            sa.select(Elder.id_number_index, Elder.id, Elder.row_digest).where(
                Elder.county_id == county_id, Elder.id_number_index.in_(list(itertools.chain(*indexes)))
            )
        )
        known = {bytes(index): _Known(elder_id, digest) for index, elder_id, digest in found if index is not None}
        fresh, changed = [], {}
        for row, candidates in zip(rows, indexes, strict=True):
            elder = next((known[index] for index in candidates if index in known), None)
            digest = self.vault.index(county_id, "register row", _canonical(row))
            if elder is None:
                fresh.append((row, digest))
            elif elder.digest == digest:
                self.result.unchanged += 1
            else:
                changed[elder.id] = (row, digest)
        return fresh, changed

    def _add(self, county_id: int, fresh: Iterable[tuple[RegisterRow, bytes]]) -> list[uuid.UUID]:
        last = self.session.scalar(sa.select(sa.func.max(Elder.short_no)).where(Elder.county_id == county_id)) or 0
        elders, cards, statuses = [], [], []
        for short_no, (row, digest) in enumerate(fresh, start=last + 1):
            elder_id = uuid7(self.now)
            wanted = {"registered_on": self.registered_on, **_wanted(row)}
            columns = profile.new_row(
                self.vault, county_id, elder_id, short_no, wanted, now=self.now, today=self.registered_on
            )
            elders.append({**columns, "row_digest": digest})
            cards.append({"county_id": county_id, "elder_id": elder_id, "version": 1})
            statuses.append({
                "county_id": county_id, "id": uuid7(self.now), "elder_id": elder_id, "status": "active",
                "effective_on": columns["registered_on"], "recorded_at": self.now, "recorded_by": self.actor_id,
                "supersedes": None, "note": None,
            })  # fmt: skip
        self.session.execute(sa.insert(_ELDERS), elders)
        self.session.execute(sa.insert(_CARDS), cards)
        self.session.execute(sa.insert(_STATUSES), statuses)
        self.result.created += len(elders)
        return [row["id"] for row in elders]

    def _change(self, county_id: int, changed: dict[uuid.UUID, tuple[RegisterRow, bytes]]) -> list[uuid.UUID]:
        """Update the elders whose rows differ; returns those who moved, whose duties follow."""
        touched, moved = [], []
        self.session.execute(  # cards first and by id, as everybody locks them (server/outcomes)
            sa.select(ElderCard.elder_id)
            .where(ElderCard.county_id == county_id, ElderCard.elder_id.in_(sorted(changed)))
            .order_by(ElderCard.elder_id)
            .with_for_update()
        ).all()
        for elder, row, digest in self._loaded(county_id, changed):
            columns = profile.changes(self.vault, elder, _restated(row))
            self._count(bool(columns))
            elder.row_digest = digest
            if not columns:
                continue
            for column, value in columns.items():
                setattr(elder, column, value)
            elder.updated_at = self.now
            touched.append((elder.id, sorted(columns)))
            if "region_id" in columns:
                moved.append(elder.id)
        self.session.flush()
        if touched:
            self.session.execute(
                sa.update(ElderCard)
                .where(ElderCard.county_id == county_id, ElderCard.elder_id.in_([elder_id for elder_id, _ in touched]))
                .values(version=ElderCard.version + 1)
                .execution_options(synchronize_session=False)
            )
            self.session.execute(sa.insert(AuditEntry), [
                {"id": uuid7(self.now), "county_id": county_id, "at": self.now, "actor_id": self.actor_id,
                 "action": "elder.import", "subject": "elder", "subject_id": elder_id,
                 "details": {"columns": columns}}
                for elder_id, columns in touched
            ])  # fmt: skip
        return moved

    def _loaded(
        self, county_id: int, changed: dict[uuid.UUID, tuple[RegisterRow, bytes]]
    ) -> Iterator[tuple[Elder, RegisterRow, bytes]]:
        if not changed:
            return
        elders = self.session.scalars(
            sa.select(Elder).where(Elder.county_id == county_id, Elder.id.in_(list(changed))).order_by(Elder.id)
        )
        for elder in elders:
            row, digest = changed[elder.id]
            yield elder, row, digest

    def _count(self, differs: bool) -> None:
        if differs:
            self.result.updated += 1
        else:
            self.result.unchanged += 1


def _wanted(row: RegisterRow) -> dict[str, Any]:
    """What a row states; empty cells state nothing, so they erase nothing."""
    contacts = [profile.contact(c.name, c.phone, c.relation) for c in row.contacts]
    stated: dict[str, Any] = {
        "region_id": row.region_id, "name": row.name, "sex": row.sex, "birth_date": row.birth_date,
        "id_number": row.id_number, "phone": row.phone, "address": row.address, "contacts": contacts,
        "categories": list(row.categories), "notes": row.notes, "registered_on": row.registered_on,
        "lat": row.position[0] if row.position else None, "lon": row.position[1] if row.position else None,
    }  # fmt: skip
    return {column: value for column, value in stated.items() if value not in (None, "", [])}


def _restated(row: RegisterRow) -> dict[str, Any]:
    """What a row states of somebody who is known: the day they were registered is a fact by now."""
    return {column: value for column, value in _wanted(row).items() if column != "registered_on"}


def _canonical(row: RegisterRow) -> str:
    """One text for what a row states, wherever in which sheet it stands."""
    facts = [
        row.region_id, row.id_number, row.name, row.sex, str(row.birth_date), row.address, row.phone, row.categories,
        [(contact.name, contact.phone, contact.relation) for contact in row.contacts], row.position, row.notes,
        str(row.registered_on or ""),
    ]  # fmt: skip
    return json.dumps(facts, ensure_ascii=False)


def _batches(rows: Iterable[RegisterRow], size: int) -> Iterator[list[RegisterRow]]:
    rows = iter(rows)
    while batch := list(itertools.islice(rows, size)):
        yield batch


def _by_county(rows: Iterable[RegisterRow]) -> Iterator[tuple[int, list[RegisterRow]]]:
    of: dict[int, list[RegisterRow]] = defaultdict(list)
    for row in rows:
        of[row.county_region_id or 0].append(row)
    yield from of.items()
