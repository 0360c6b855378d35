"""`yuetan elders …`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server import clock
from server.commands import Group, NothingDone, Outcome, installed, say, spoken
from server.elders.edge import settle_at
from server.language import Text

if TYPE_CHECKING:
    from server.elders.importing import Imported

SHOWN = 20  # problems in the terminal; the report has all of them
SUMMARY = Text(
    "共 {rows} 行：新增 {created}，更新 {updated}，未变 {unchanged}，有误 {refused}；空行 {blank}",
    "{rows} rows: {created} new, {updated} updated, {unchanged} as before, {refused} refused; {blank} blank",
)
DRY = Text("（试运行，什么都没有写入）", " (dry run: nothing was written)")


@click.group(cls=Group)
def elders() -> None:
    """老人台账 / the register of elders."""


@elders.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--county", help="县的编号或区划代码 / county id or region code; default: as each row's place says")
@click.option("--dry-run", is_flag=True, help="只检查，不写入 / check only, write nothing")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="导入报告 / write a report, XLSX")
@click.option("--registered-on", type=click.DateTime(["%Y-%m-%d"]), help="登记日期，默认今天 / default: today")
def import_file(
    file: Path, county: str | None, dry_run: bool, report: Path | None, registered_on: dt.datetime | None
) -> Outcome:
    """Import a register, XLSX or CSV. Good rows go in although others are bad; those are reported."""
    from server.elders import vault
    from server.elders.importing import import_register, summary
    from server.elders.register import RegisterUnreadable
    from server.elders.register.report import write_report

    if report is not None:
        report.open("ab").close()  # better to fail before the import than after it
    with installed() as session:
        now = clock.now()
        today = now.astimezone(clock.zone()).date()
        day = registered_on.date() if registered_on else today
        if day > today:
            raise click.BadParameter("不能晚于今天 / may not lie in the future", param_hint="--registered-on")
        try:
            done = import_register(
                session, file, vault=vault.current(), now=now, today=today, county_id=_county(session, county),
                registered_on=day, dry_run=dry_run, progress=_progress, settle=settle_at(now),
            )  # fmt: skip
        except RegisterUnreadable as wrong:
            raise NothingDone(wrong.message(spoken())) from None
    if report is not None:
        write_report(report, done.problems, summary(done))
    _show(done, report)
    text = SUMMARY.say(spoken(), **done.figures()) + (DRY.say(spoken()) if dry_run else "")
    if done.rows and not done.good:
        raise NothingDone(text)
    return Outcome(text, _data(done, report), partly=bool(done.refused))


def _data(done: Imported, report: Path | None) -> dict[str, Any]:
    language = spoken()
    problems = [
        {"sheet": p.sheet, "row": p.row, "column": p.column, "code": p.code, "what": p.what(language),
         "how_to_mend": p.how_to_mend(language)}
        for p in done.problems
    ]  # fmt: skip
    return {**done.figures(), "problems": problems, "report": str(report) if report else None}


def _show(done: Imported, report: Path | None) -> None:
    from server.elders.register.report import terminal_lines

    for line in terminal_lines(done.problems[:SHOWN], spoken()):
        say(line)
    more = len(done.problems) - SHOWN
    if more > 0:
        where = f"，见 {report}" if report else "，用 --report 文件.xlsx 查看全部"
        there = f", see {report}" if report else "; --report FILE.xlsx shows all"
        say(Text(f"另有 {more} 处问题{where}", f"{more} more problems{there}"))
    for sheet in done.skipped_sheets:
        say(Text(f"工作表「{sheet}」没有表头，未读取", f"sheet “{sheet}” has no headings and was skipped"))


def _county(session: Any, text: str | None) -> int | None:
    """A county by its id or by its region's code."""
    if text is None:
        return None
    from server.regions import queries

    for county, region in queries.counties(session):
        if text in (str(county.id), f"{region.code:012d}" if region.code else ""):
            return county.id
    raise NothingDone(Text("没有这个县：{text}", "there is no such county: {text}").say(spoken(), text=text))


def _progress(done: int, total: int) -> None:
    if total > 2_000:
        say(f"{done}/{total}")
