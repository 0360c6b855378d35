"""Bringing a database to the newest revision, and asking whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import Connection

import migrations
from server.database import db

FOLDER = Path(migrations.__file__).parent


def init_app(app: Flask) -> None:
    """Register Flask-Migrate, so that `flask db …` serves developers too."""
    Migrate(app, db, directory=str(FOLDER), render_as_batch=True)


def config(connection: Connection | None = None) -> Config:
    made = Config(str(FOLDER / "alembic.ini"))
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection | None = None, revision: str = "head") -> None:
    """Run what is missing up to `revision`; without a connection on the current app's engine."""
    command.upgrade(config(connection), revision)


def downgrade(connection: Connection | None, revision: str) -> None:
    command.downgrade(config(connection), revision)


def is_current(connection: Connection) -> bool:
    """Whether every revision that this code knows has run."""
    heads = set(ScriptDirectory.from_config(config()).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads
