"""`yuetan regions …`, `yuetan counties …`."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from server import clock
from server.commands import Group, NothingDone, Outcome, installed, say, spoken
from server.language import Text
from server.regions.codes import code_text, parse_code

if TYPE_CHECKING:
    from server.regions.service import RegionListUnusable


@click.group(cls=Group)
def regions() -> None:
    """行政区划 / divisions and their codes."""


@regions.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--valid-from", type=click.DateTime(["%Y-%m-%d"]), help="代码生效日期，默认今天 / codes count from")
def import_list(file: Path, valid_from: dt.datetime | None) -> Outcome:
    """Import a CSV of code,name,level,parent_code; a second import changes nothing."""
    from server.regions import service

    data = file.read_bytes()
    with installed() as session:
        now = clock.now()
        day = valid_from.date() if valid_from else now.astimezone(clock.zone()).date()
        try:
            done = service.import_regions(session, data, now=now, valid_from=day, progress=_progress)
        except service.RegionListUnusable as wrong:
            raise NothingDone(_faults(wrong)) from None
    counts = {"total": done.total, "created": done.created, "changed": done.changed, "unchanged": done.unchanged}
    text = Text(
        "区划 {total} 个：新增 {created}，更新 {changed}，未变 {unchanged}",
        "{total} divisions: {created} new, {changed} changed, {unchanged} as before",
    )
    return Outcome(text.say(spoken(), **counts), counts)


@regions.command("recode")
@click.argument("old")
@click.argument("new")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="生效日期 / from this day")
def recode(old: str, new: str, on: dt.datetime) -> Outcome:
    """Give a division and all below it new codes from a day on; ids stay."""
    from server.regions import service

    with installed() as session:
        changed = service.recode(session, _code(old), _code(new), on=on.date(), now=clock.now(), today=_today())
    return Outcome(f"{old} → {new}: {changed}", {"changed": changed})


@regions.command("merge")
@click.argument("old")
@click.argument("into")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="生效日期 / from this day")
def merge(old: str, into: str, on: dt.datetime) -> Outcome:
    """Let a division be part of another of its level from a day on."""
    from server import revisions

    with installed() as session:
        done = revisions.merge_regions(
            session, _code(old), _code(into), on=on.date(), now=clock.now(), today=_today()
        )
    return Outcome(f"{old} → {into}", {"old": old, "into": into, "elders": done.elders, "roles": done.roles})


@click.group(cls=Group)
def counties() -> None:
    """县（运营单位）/ the counties that run the system."""


@counties.command("create")
@click.option("--region", required=True, help="县级区划代码 / code of a region of level county")
@click.option("--name", help="名称，默认用区划名称 / default: the region's name")
def create(region: str, name: str | None) -> Outcome:
    """Open a county. (The first user or register of a county opens it by itself, too.)"""
    from server.regions import service

    with installed() as session:
        county = service.create_county(session, _code(region), name=name, now=clock.now())
        return Outcome(f"{county.id} {county.name}", {"id": county.id, "name": county.name, "region": region})


@counties.command("set")
@click.argument("county", type=int)
@click.argument("name")
@click.argument("value")
def set_own(county: int, name: str, value: str) -> Outcome:
    """Set one of a county's own numbers; VALUE is JSON or a plain text, `null`: as everywhere again."""
    from server.regions import service

    try:
        read = json.loads(value)
    except ValueError:
        read = value
    with installed() as session:
        found = service.set_own(session, county, name, read, now=clock.now())
        return Outcome(f"{found.name}: {name} = {json.dumps(read, ensure_ascii=False)}", {"settings": found.settings})


@counties.command("list")
def list_counties() -> Outcome:
    """List the counties with their ids."""
    from server.regions import queries

    with installed() as session:
        found = [
            {"id": county.id, "name": county.name, "region": code_text(region.code) if region.code else None}
            for county, region in queries.counties(session)
        ]
    return Outcome("\n".join(f"{c['id']:>4} {c['region']} {c['name']}" for c in found), {"counties": found})


def _code(text: str) -> int:
    code = parse_code(text)
    if code is None:
        raise click.BadParameter("需要 12 位区划代码 / 12 digits", param_hint="CODE")
    return code


def _today() -> dt.date:
    return clock.now().astimezone(clock.zone()).date()


def _progress(done: int, total: int) -> None:
    if total > 5_000:
        say(f"{done}/{total}")


def _faults(wrong: RegionListUnusable) -> str:
    first = wrong.faults[:3]
    zh = "；".join(f"第 {fault.line} 行：{fault.zh}" for fault in first)
    en = "; ".join(f"line {fault.line}: {fault.en}" for fault in first)
    more = len(wrong.faults) - len(first)
    if more > 0:
        zh, en = f"{zh}；另有 {more} 处", f"{en}; and {more} more"
    return Text(f"没有导入：{zh}", f"nothing imported: {en}").say(spoken())
