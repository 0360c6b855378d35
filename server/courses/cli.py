"""`yuetan courses …`."""

from __future__ import annotations

import uuid
from pathlib import Path

import click

from server import clock
from server.commands import Group, NothingDone, Outcome, installed, spoken
from server.language import Text

WHAT = {"new": Text("新", "new"), "changed": Text("新版本", "a new version"), "same": Text("没有变化", "as before")}


@click.group(cls=Group)
def courses() -> None:
    """课程 / what visitors learn."""


@courses.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--county", help="县的编号或区划代码，默认所有县 / county id or region code; default: every county")
def import_(path: Path, county: str | None) -> Outcome:
    """Put the course of FILE.md, or those of a folder, in place; other words are a new version."""
    from server.courses import service
    from server.courses.reading import CourseUnreadable, read_path

    try:
        wanted = read_path(path)
    except CourseUnreadable as wrong:
        raise NothingDone(f"{wrong.name}: {wrong.what.say(spoken())}") from None
    with installed() as session:
        done = service.import_courses(session, _counties(session, county), wanted, now=clock.now())
        rows = [
            {"id": str(p.course.id), "county": p.course.county_id, "title": p.course.title["zh"],
             "version": p.course.version, "what": p.what}
            for p in done
        ]  # fmt: skip
    lines = [f"{row['title']}  v{row['version']}  {WHAT[str(row['what'])].say(spoken())}" for row in rows]
    return Outcome("\n".join(lines), {"courses": rows})


@courses.command("withdraw")
@click.argument("course", type=click.UUID)
@click.option("--county", help="县的编号或区划代码，默认所有县 / county id or region code; default: every county")
def withdraw(course: uuid.UUID, county: str | None) -> Outcome:
    """Take a course off the phones; what was finished stays on record."""
    from server.courses import service

    with installed() as session:
        found = service.withdraw(session, _counties(session, county), course, now=clock.now())
        return Outcome(f"已撤下 / withdrawn: {found[0].title['zh']}", {"id": str(course), "counties": len(found)})


def _counties(session: object, text: str | None) -> list[int]:
    from server.regions.queries import counties

    known = counties(session)  # type: ignore[arg-type]
    found = [c.id for c, region in known if text in (None, str(c.id), f"{region.code:012d}" if region.code else "")]
    if not found:
        raise NothingDone(Text("没有这个县：{text}", "there is no such county: {text}").say(spoken(), text=text or "—"))
    return found
