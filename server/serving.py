"""`yuetan serve`: checks that it may start, then becomes gunicorn (the same process, so signals mean what they say)."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from server.commands import Command, NothingDone, installed
from server.settings import Settings


@click.command("serve", cls=Command)
@click.option("--bind", help="YUETAN_BIND")
@click.option("--port", type=int, help="YUETAN_PORT")
@click.option("--workers", type=int, help="YUETAN_WORKERS")
def serve(bind: str | None, port: int | None, workers: int | None) -> None:
    """启动网页服务 / start the web server."""
    for name, value in (("BIND", bind), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ["YUETAN_" + name] = str(value)
    settings = Settings.from_env(os.environ)
    check_ready()
    figures = settings.home / "run" / f"metrics-{settings.port}"
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir(parents=True, exist_ok=True)
    # read by prometheus_client when it is first imported, so it must stand before gunicorn loads the app
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures)
    config = Path(__file__).with_name("gunicorn.py")
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "-c", str(config), "server.wsgi:app"])


def check_ready() -> None:
    """Refuse to serve an old database, or one that is not there."""
    from server import schema

    with installed() as session:
        if not schema.is_current(session.connection()):
            raise NothingDone("数据库不是最新，请先运行 / first run: yuetan db upgrade")
