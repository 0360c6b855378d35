"""`yuetan timebank …`."""

from __future__ import annotations

from dataclasses import asdict

import click

from server.commands import Group, NothingDone, Outcome, installed, say
from server.language import Text

_SHOWN = 20


@click.group(cls=Group)
def timebank() -> None:
    """时间银行 / the time bank."""


@timebank.command("verify")
@click.option("--county", type=int, help="只查这个县的编号；默认全部 / this county's id only; default: all")
def verify(county: int | None) -> Outcome:
    """Work the whole ledger out again and compare; exit status 3 where anything differs."""
    from server.database import begin_snapshot
    from server.regions import queries as regions
    from server.timebank import checking

    with installed() as session:
        begin_snapshot(session)
        ids = [c.id for c, _ in regions.counties(session) if county in (None, c.id)]
        if not ids:
            raise NothingDone("没有这个县 / there is no such county")
        found = checking.verify(session, ids)
    for fault in found.faults[:_SHOWN]:
        say(Text("不符：{fault}", "differs: {fault}"), fault=fault)
    data = {"sound": found.sound, **asdict(found)}
    words = "账目无误 / sound" if found.sound else f"{len(found.faults)} 处不符 / differences"
    text = (
        f"{words}: {found.transactions} 笔 / transactions, {found.accounts} 个账户 / accounts, "
        f"{found.visits} 次探访 / visits"
    )
    return Outcome(text, data, partly=not found.sound)
