"""`yuetan callbacks …`."""

from __future__ import annotations

import click

from server import clock
from server.commands import Group, NothingDone, Outcome, installed
from shared.rules import sampling
from shared.rules.months import Month

OK = ("seed_ok", "promise_ok", "frame_ok", "sample_ok")


@click.group(cls=Group)
def callbacks() -> None:
    """回访抽查 / the monthly call-back sample."""


def _month(_ctx: click.Context, _param: click.Parameter, value: str) -> Month:
    try:
        return Month.parse(value)
    except ValueError:
        raise click.BadParameter("YYYY-MM") from None


@callbacks.command("draw")
@click.option("--region", required=True, help="县（区）的 12 位区划代码 / the county's 12-digit code")
@click.option("--month", required=True, callback=_month, help="YYYY-MM")
@click.option("--check", is_flag=True, help="重抽一遍并与记录核对，不写入 / draw again and compare; writes nothing")
def draw(region: str, month: Month, check: bool) -> Outcome:
    """Draw a closed month's call-backs (as the job does), or draw them again to check them."""
    from server import closing
    from server.callbacks import queries
    from server.elders import vault
    from server.regions.queries import by_any_code, county_for

    with installed() as session:
        found = by_any_code(session, int(region)) if region.isdigit() else None
        county = county_for(session, found) if found is not None else None
        if county is None:
            raise NothingDone(f"没有这个县（区） / no such county: {region}")
        made: list[tuple[Month, int]] = []
        if not check:
            made = closing.draw_callbacks(session, county.id, vault=vault.current(), now=clock.now(), only=month)
            session.commit()
        rounds = queries.check(session, county.id, month, tz=clock.zone())
    if not rounds:
        raise NothingDone(f"{month} 还没有结账，或没有可抽的探访 / not closed yet, or no visit to draw from")
    right = all(r[name] for r in rounds for name in OK)
    lines = [
        f"{month} 第 {r['round']} 轮 round {r['round']}: {r['size']} / {r['population']}  seed {r['seed']}  "
        + ("重抽一致 / drawn again: the same" if all(r[n] for n in OK) else
           "不一致 / NOT THE SAME: " + ", ".join(n for n in OK if not r[n]))
        + ("" if r["promised_in_time"] else "；种子不是在月初之前公布的 / the seed was not promised before the month")
        for r in rounds
    ]  # fmt: skip
    data = {
        "month": str(month), "formula": sampling.FORMULA, "method": sampling.METHOD, "rounds": rounds, "ok": right,
        "drawn": sum(n for _, n in made),
    }  # fmt: skip
    if check and not right:
        raise NothingDone("\n".join(lines))
    return Outcome("\n".join([*lines, sampling.FORMULA]), data, partly=not right)
