"""`yuetan report …`."""

from __future__ import annotations

from pathlib import Path

import click

from server import clock
from server.commands import Group, NothingDone, Outcome, installed
from shared.rules.months import Month


@click.group(cls=Group)
def report() -> None:
    """报表 / reports."""


def _month(_ctx: click.Context, _param: click.Parameter, value: str) -> Month:
    try:
        return Month.parse(value)
    except ValueError:
        raise click.BadParameter("YYYY-MM") from None


@report.command("compliance")
@click.option("--region", required=True, help="12 位区划代码 / 12-digit code")
@click.option("--month", required=True, callback=_month, help="YYYY-MM")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help=".xlsx / .pdf")
def compliance(region: str, month: Month, out: Path) -> Outcome:
    """The month's figures of a region, its parts, and the names of the missing, as XLSX or PDF."""
    from server.duties import queries
    from server.duties import report as writing
    from server.paging import PageArgs

    make = {".xlsx": writing.xlsx, ".pdf": writing.pdf}.get(out.suffix.lower())
    if make is None:
        raise click.BadParameter(".xlsx / .pdf", param_hint="--out")
    with installed() as session:
        found = queries.region_of(session, region)
        if found is None:
            raise NothingDone(f"没有这个区划 / no such region: {region}")
        now, tz = clock.now(), clock.zone()
        everywhere = queries.everything_in(found)
        figures = queries.compliance(session, everywhere, found, month, now=now, tz=tz)
        missing, page = [], PageArgs(500)
        while True:
            part = queries.missing(session, everywhere, found, month, page, now=now)
            missing += part.items
            if part.next_cursor is None:
                break
            page = PageArgs(500, part.next_cursor)
    out.write_bytes(make(figures, missing, tz))
    numbers = {k: figures[k] for k in ("due", "visited", "missing", "away", "refused", "rate", "closed")}
    return Outcome(f"{out}: {numbers}", {"out": str(out), "month": str(month), "region": region, **numbers})


@report.command("verify")
@click.option("--region", required=True, help="县（区）的 12 位区划代码 / the county's 12-digit code")
@click.option("--month", required=True, callback=_month, help="YYYY-MM")
def verify(region: str, month: Month) -> Outcome:
    """Recompute a closed month: each version's digest, and the newest's figures from duties and visits."""
    from server import closing
    from server.duties import queries
    from server.regions.queries import county_for

    with installed() as session:
        found = queries.region_of(session, region)
        county = county_for(session, found) if found is not None else None
        if county is None:
            raise NothingDone(f"没有这个县（区） / no such county: {region}")
        checked = closing.verify(session, county.id, month)
        if not checked:
            raise NothingDone(f"{month} 还没有结账 / is not closed yet")
        wrong = [c for c in checked if not c["digest_ok"]]
        says = {True: "摘要一致 / digest agrees", False: "摘要不一致 / DIGEST DOES NOT AGREE"}
        facts = {
            True: "；与探访记录一致 / as the visits say", None: "",
            False: "；之后有迟到的探访或复核，下次结账时修订 / later visits or reviews: revised at the next closing",
        }  # fmt: skip
        lines = [f"{month} v{c['version']}: {says[c['digest_ok']]}{facts[c['as_facts']]}" for c in checked]
        data = {"month": str(month), "versions": checked, "ok": not wrong}
        return Outcome("\n".join(lines), data, partly=bool(wrong))
