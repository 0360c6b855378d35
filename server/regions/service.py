"""Keeping the list of divisions: import, revision of codes, mergers; and opening the counties that run the system.

An import is one transaction over the whole file, in bulk, level by level: the country's 700,000 divisions take
minutes. It adds and renames and never removes: what the statistics office drops is merged or recoded by name, so that
elders keep a region.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.language import Text
from server.problems import problem
from server.regions import own, queries
from server.regions.codes import LEVELS, code_range, code_text, parse_code
from server.regions.model import County, Region, RegionCode

BATCH = 5_000
COLUMNS = ("code", "name", "level", "parent_code")
FAULTS_SHOWN = 20
_REGIONS, _CODES = (cast(sa.Table, model.__table__) for model in (Region, RegionCode))

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


@dataclass(frozen=True, slots=True)
class RegionFault:
    """A line of the list that cannot be imported; then nothing of the file is."""

    line: int
    zh: str
    en: str


class RegionListUnusable(Exception):
    """The file as a whole is no list of divisions; nothing was imported."""

    def __init__(self, faults: list[RegionFault]) -> None:
        super().__init__("; ".join(f"line {f.line}: {f.en}" for f in faults[:FAULTS_SHOWN]))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class RegionsImported:
    """How many divisions the file has, and what became of them."""

    total: int
    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Line:
    code: int
    name: str
    level: str
    parent_code: int | None


def import_regions(
    session: Session, data: bytes, *, now: dt.datetime, valid_from: dt.date,
    actor_id: uuid.UUID | None = None, progress: Progress | None = None,
) -> RegionsImported:  # fmt: skip
    """Import a CSV of `code,name,level,parent_code` (UTF-8 or GB18030). New codes count from `valid_from`.

    A second import changes nothing; a changed name or parent is updated. Raises RegionListUnusable.
    """
    lines = _read(data)
    known = _known(session, {line.code for line in lines})
    _check_parents(session, lines, known)
    fresh = [line for line in lines if line.code not in known]
    total = len(lines)
    done = total - len(fresh)
    ids = {code: region[0] for code, region in known.items()}
    parents = _ids(session, {line.parent_code for line in lines if line.parent_code} - ids.keys())
    _expect_many(session)
    next_id = (session.scalar(sa.select(sa.func.max(Region.id))) or 0) + 1
    for level in LEVELS:  # parents first
        of_level = [line for line in fresh if line.level == level]
        for start in range(0, len(of_level), BATCH):
            rows = []
            for line in of_level[start : start + BATCH]:
                ids[line.code] = next_id
                parent_id = ids.get(line.parent_code) or parents.get(line.parent_code) if line.parent_code else None
                rows.append({"id": next_id, "code": line.code, "name": line.name, "level": level,
                             "parent_id": parent_id, "successor_id": None})  # fmt: skip
                next_id += 1
            session.execute(sa.insert(_REGIONS), rows)
            session.execute(sa.insert(_CODES), [
                {"region_id": r["id"], "valid_from": valid_from, "code": r["code"], "valid_to": None} for r in rows
            ])  # fmt: skip
            done += len(rows)
            if progress:
                progress(done, total)
    changes = _changes(lines, known, ids | parents)
    if changes:
        session.execute(sa.update(Region), changes)
    if fresh:
        _follow_ids(session)
    if fresh or changes:
        audit.record(session, "regions.import", "region", None, now=now, actor_id=actor_id,
                     details={"created": len(fresh), "changed": len(changes)})  # fmt: skip
    session.commit()
    if fresh and session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("ANALYZE regions, region_codes"))
        session.commit()
    return RegionsImported(total, len(fresh), len(changes), total - len(fresh) - len(changes))


def recode(
    session: Session, old: int, new: int, *, on: dt.date, now: dt.datetime, today: dt.date,
    actor_id: uuid.UUID | None = None,
) -> int:  # fmt: skip
    """From a day on (not one to come), a region and all below it have codes that begin anew; ids stay.

    Returns how many changed.
    """
    _refuse_future(on, today)
    region = queries.by_code(session, old)
    if region is None:
        raise problem("not_found")
    low, high = code_range(old, region.level)
    new_low, new_high = code_range(new, region.level)
    taken = session.scalar(
        sa.select(sa.func.count()).where(Region.code.between(new_low, new_high), ~Region.code.between(low, high))
    )
    if taken or new_low <= old <= new_high:
        raise problem("conflict")
    moved = session.execute(sa.select(Region.id, Region.code).where(Region.code.between(low, high))).all()
    for region_id, code in moved:
        _recode_one(session, region_id, code + (new - old) if code is not None else None, on)
    audit.record(session, "regions.recode", "region", None, now=now, actor_id=actor_id,
                 details={"old": code_text(old), "new": code_text(new), "regions": len(moved)})  # fmt: skip
    session.commit()
    return len(moved)


def merge(
    session: Session, old: int, into: int, *, on: dt.date, now: dt.datetime, today: dt.date,
    actor_id: uuid.UUID | None = None,
) -> tuple[Region, Region]:  # fmt: skip
    """From a day on (not one to come), a region is part of another of its level: its code ends, its successor is
    named, and look-ups by the old code lead on. Composed by server/revisions.py, which moves what stands on it.
    """
    _refuse_future(on, today)
    region, successor = queries.by_code(session, old), queries.by_code(session, into)
    if region is None or successor is None:
        raise problem("not_found")
    if region.id == successor.id or region.level != successor.level:
        raise problem("conflict")
    if session.scalar(sa.select(sa.func.count()).where(Region.parent_id == region.id, Region.code.is_not(None))):
        raise problem("conflict")  # merge or recode what lies below first
    _recode_one(session, region.id, None, on)
    region.successor_id = successor.id
    audit.record(session, "regions.merge", "region", None, now=now, actor_id=actor_id,
                 details={"old": code_text(old), "into": code_text(into)})  # fmt: skip
    session.flush()
    return region, successor


def create_county(
    session: Session, code: int, *, now: dt.datetime, name: str | None = None, actor_id: uuid.UUID | None = None
) -> County:
    """Open an operating county on a region of level county. An area that is run already: 409."""
    region = queries.by_code(session, code)
    if region is None or region.level != "county":
        raise problem("not_found")
    if queries.county_for(session, region) is not None:
        raise problem("conflict")
    county = open_county(session, region, now=now, name=name, actor_id=actor_id)
    session.commit()
    return county


def set_own(
    session: Session, county_id: int, name: str, value: Any, *, now: dt.datetime, actor_id: uuid.UUID | None = None
) -> County:
    """Set one of a county's own numbers (server/regions/own.py); None: as everywhere again. Commits."""
    own.check(name, value)
    county = session.get(County, county_id, with_for_update=True)
    if county is None:
        raise problem("not_found")
    county.settings = {k: v for k, v in {**county.settings, name: value}.items() if v is not None}
    audit.record(
        session, "counties.set", "county", None, now=now, actor_id=actor_id, county_id=county_id,
        details={"name": name, "value": value},
    )  # fmt: skip
    session.commit()
    return county


def open_county(
    session: Session, region: Region, *, now: dt.datetime, name: str | None = None, actor_id: uuid.UUID | None = None
) -> County:
    """The county of a region of level county: the one that runs it, or a new one. Composed: does not commit."""
    session.execute(sa.select(Region.id).where(Region.id == region.id).with_for_update(key_share=True))  # opened once
    county = queries.county_for(session, region)
    if county is None:
        county = County(region_id=region.id, name=name or region.name, created_at=now, settings={})
        session.add(county)
        session.flush()
        audit.record(session, "counties.create", "county", None, now=now, actor_id=actor_id, county_id=county.id)
    return county


def _read(data: bytes) -> list[_Line]:
    reader = csv.DictReader(io.StringIO(_decoded(data), newline=""))
    if not reader.fieldnames or not set(COLUMNS) <= {(name or "").strip() for name in reader.fieldnames}:
        raise RegionListUnusable([RegionFault(
            1, "需要 CSV 文件，表头为 code,name,level,parent_code", "expected: a CSV headed code,name,level,parent_code"
        )])  # fmt: skip
    lines: dict[int, _Line] = {}
    faults: list[RegionFault] = []
    for row in reader:
        if not any(row.get(column) for column in COLUMNS):
            continue
        line = _line(row, reader.line_num, lines, faults)
        if line is not None:
            lines[line.code] = line
    if not lines and not faults:
        faults.append(RegionFault(1, "文件里没有区划", "the file holds no divisions"))
    if faults:
        raise RegionListUnusable(faults)
    return list(lines.values())


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            if b"\x00" not in data:
                return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RegionListUnusable([RegionFault(
        1, "这不是 CSV 文件（UTF-8 或 GB18030）", "this is no CSV file (UTF-8 or GB18030)"
    )])  # fmt: skip


def _line(
    row: Mapping[str, str | None], number: int, lines: Mapping[int, _Line], faults: list[RegionFault]
) -> _Line | None:
    text = {column: (row.get(column) or "").strip() for column in COLUMNS}
    code, parent = parse_code(text["code"]), parse_code(text["parent_code"])
    wrong = None
    if code is None:
        wrong = ("代码应为 12 位数字", "the code must have 12 digits")
    elif text["level"] not in LEVELS:
        wrong = (f"level 只能是 {' '.join(LEVELS)}", f"level must be one of {' '.join(LEVELS)}")
    elif not text["name"] or len(text["name"]) > 120:
        wrong = ("名称为空或过长", "the name is missing or too long")
    elif (text["parent_code"] and parent is None) or (parent is None and text["level"] != "province"):
        wrong = ("上级代码缺失或有误", "the parent code is missing or wrong")
    elif code in lines:
        wrong = ("代码重复", "the code stands there twice")
    if wrong or code is None:
        faults.append(RegionFault(number, *(wrong or ("", ""))))
        return None
    return _Line(code, text["name"], text["level"], parent)


def _known(session: Session, codes: set[int]) -> dict[int, tuple[int, str, str, int | None]]:
    """code -> (id, name, level, parent id) of those that are there."""
    found: dict[int, tuple[int, str, str, int | None]] = {}
    columns = sa.select(Region.code, Region.id, Region.name, Region.level, Region.parent_id)
    query = columns.where(Region.code.between(min(codes), max(codes)))
    for code, region_id, name, level, parent_id in session.execute(query):
        if code is not None and code in codes:
            found[code] = (region_id, name, level, parent_id)
    return found


def _ids(session: Session, codes: set[int]) -> dict[int, int]:
    ids: dict[int, int] = {}
    ordered = sorted(codes)
    for start in range(0, len(ordered), 500):
        rows = session.execute(sa.select(Region.code, Region.id).where(Region.code.in_(ordered[start : start + 500])))
        ids.update((code, region_id) for code, region_id in rows if code is not None)
    return ids


def _check_parents(
    session: Session, lines: Iterable[_Line], known: Mapping[int, tuple[int, str, str, int | None]]
) -> None:
    levels = {line.code: line.level for line in lines}
    outside = {line.parent_code for line in lines if line.parent_code and line.parent_code not in levels}
    there = _ids(session, outside)
    faults = []
    for number, line in enumerate(lines, start=2):
        if line.parent_code is None:
            continue
        above = levels.get(line.parent_code)
        if above is None and line.parent_code not in there:
            faults.append(RegionFault(number, f"没有上级 {line.parent_code}", f"there is no parent {line.parent_code}"))
        elif above is not None and LEVELS.index(above) >= LEVELS.index(line.level):
            faults.append(RegionFault(number, "上级的级别不对", "the parent is not of a higher level"))
        elif line.code in known and known[line.code][2] != line.level:
            faults.append(RegionFault(number, "级别与已有的不同", "the level differs from the stored one"))
    if faults:
        raise RegionListUnusable(faults)


def _changes(
    lines: Iterable[_Line], known: Mapping[int, tuple[int, str, str, int | None]], ids: Mapping[int, int]
) -> list[dict[str, object]]:
    changes: list[dict[str, object]] = []
    for line in lines:
        if line.code not in known:
            continue
        region_id, name, _, parent_id = known[line.code]
        wanted = ids[line.parent_code] if line.parent_code else None
        if (name, parent_id) != (line.name, wanted):
            changes.append({"id": region_id, "name": line.name, "parent_id": wanted})
    return changes


def _recode_one(session: Session, region_id: int, new: int | None, on: dt.date) -> None:
    last = session.scalar(
        sa.select(RegionCode).where(RegionCode.region_id == region_id, RegionCode.valid_to.is_(None))
    )
    if last is not None and last.valid_from >= on:
        raise problem("conflict")  # a code must have been valid for a day
    if last is not None:
        last.valid_to = on
    if new is not None:
        session.add(RegionCode(region_id=region_id, valid_from=on, code=new))
    session.execute(sa.update(Region).where(Region.id == region_id).values(code=new))


def _expect_many(session: Session) -> None:
    """PostgreSQL plans the check of a foreign key once, while the table is still small enough to be read through, and
    would then read all of it for each of 700,000 rows."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))


def _refuse_future(on: dt.date, today: dt.date) -> None:
    if on > today:
        raise problem("validation", errors={"on": [Text("不能晚于今天", "May not lie in the future")]})


def _follow_ids(session: Session) -> None:
    """Ids were given in bulk: let the database's own counter go on after them."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(
            "SELECT setval(pg_get_serial_sequence('regions', 'id'), (SELECT max(id) FROM regions))"
        ))  # fmt: skip
