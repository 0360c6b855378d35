"""`yuetan db …`: the database's shape, and its life after a restore."""

from __future__ import annotations

import click

from server import clock
from server.commands import Group, Outcome, installed


@click.group(cls=Group)
def db() -> None:
    """数据库结构 / the database's shape."""


@db.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> Outcome:
    """Bring the database to the newest revision."""
    from server import schema
    from server.database import db as database

    with installed(keyless=True), database.engine.begin() as connection:
        before = schema.is_current(connection)
        schema.upgrade(connection, revision)
    return Outcome("数据库已是最新 / up to date" if before else "数据库已升级 / upgraded", {"upgraded": not before})


@db.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> Outcome:
    """Take the database back to a revision."""
    from server import schema
    from server.database import db as database

    with installed(keyless=True), database.engine.begin() as connection:
        schema.downgrade(connection, revision)
    return Outcome(f"数据库已退回 / downgraded: {revision}", {"revision": revision})


@db.command("restored")
def restored() -> Outcome:
    """Say that the database was restored from a backup: phones then send again what they keep."""
    from server.devices import service

    with installed(keyless=True) as session:
        epoch = service.begin_epoch(session, clock.now())
    return Outcome(f"新纪元 / new epoch: {epoch}", {"epoch": str(epoch)})
