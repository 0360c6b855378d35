"""`yuetan scheduler` and `yuetan job …`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import signal

import click

from server import clock
from server.commands import Command, Group, NothingDone, Outcome, installed


@click.command("scheduler", cls=Command)
def scheduler() -> None:
    """定时任务进程 / run jobs when their time comes, and long work. Several may run; one leads."""
    from server import logs, schema
    from server.app import create_app
    from server.database import db, session
    from server.scheduler.leader import leadership
    from server.scheduler.process import Process
    from server.settings import Settings

    settings = Settings.from_env(os.environ)
    if settings.direct_database_url:  # locks and prepared statements do not go through PgBouncer
        settings = dataclasses.replace(settings, database_url=settings.direct_database_url, pgbouncer=False)
    app = create_app(settings)
    logs.configure(settings)
    with app.app_context():
        current = schema.is_current(session().connection())
    if not current:
        raise NothingDone("数据库不是最新，请先运行 / first run: yuetan db upgrade")
    process = Process(app, leadership(settings.database_url))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.end())
    process.run()
    with app.app_context():
        db.engine.dispose()


@click.group(cls=Group)
def job() -> None:
    """定时任务 / the scheduler's jobs."""


@job.command("list")
def list_jobs() -> Outcome:
    """List the jobs, when they run, and when each last did."""
    from server.scheduler.claims import last_runs
    from server.scheduler.jobs import JOBS

    with installed(keyless=True) as session:
        last = last_runs(session)
        zone = clock.zone()
    rows = []
    for item in JOBS:
        period, finished = last.get(item.name, (None, None))
        said = finished.astimezone(zone).isoformat(timespec="seconds") if finished else None
        rows.append({"name": item.name, "when": str(item.when), "last_period": period, "last_finished": said})
    text = "\n".join(f"{r['name']:<14} {r['when']:<8} {r['last_finished'] or '-'}" for r in rows)
    return Outcome(text, {"jobs": rows})


@job.command("run")
@click.argument("name")
@click.option("--now", "at", help="RFC 3339；以此为当前时间 / taken for the present")
def run_job(name: str, at: str | None) -> Outcome:
    """Run a job now, whether or not its period was done already: a second time it changes nothing."""
    from flask import current_app

    from server.scheduler.jobs import BY_NAME
    from server.scheduler.running import run

    if name not in BY_NAME:
        raise click.BadParameter(f"{name}; {', '.join(BY_NAME)}", param_hint="NAME")
    now = _instant(at) if at is not None else None
    with installed():
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        done = run(app, BY_NAME[name], now=now or clock.now(), claimed=False)
    if done.failed and not done.results:
        raise next(iter(done.failed.values()))
    result = done.totals()
    data = {"job": name, "period": done.period, **result, "failed": [c for c in done.failed if c is not None]}
    said = ", ".join(f"{key} {value}" for key, value in result.items())
    return Outcome(f"{name} {done.period}: {said or '-'}", data, partly=bool(done.failed))


def _instant(text: str) -> dt.datetime:
    try:
        made = dt.datetime.fromisoformat(text)
    except ValueError:
        made = None
    if made is None or made.tzinfo is None:
        raise click.BadParameter("需要带时区 / RFC 3339 with offset: 2026-12-01T00:30:00+08:00", param_hint="--now")
    return made.astimezone(dt.UTC)
