"""The one place that knows how rows are kept: session, base class, naming, column types.

Two databases run the same code. SQLite (an embedded one, for a demo or a small county) gets WAL, foreign keys, a
busy timeout and `BEGIN IMMEDIATE`, so that two writers wait for each other at the start of a transaction and never
fail in its middle; PostgreSQL needs none of that. Only this module imports Flask-SQLAlchemy; services are handed a
session.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# A row's `reading` execution option: this transaction only reads, so SQLite need not take the write lock.
READING = "yuetan_reading"
BUSY_TIMEOUT_MS, DRIVERS_TIMEOUT_MS = 10_000, 5_000
CONNECT_TIMEOUT_S = 5  # of a PostgreSQL that does not answer: then 503, not a thread that waits for minutes


class UtcDateTime(sa.TypeDecorator[dt.datetime]):
    """An instant. Takes and gives aware datetimes in UTC; a naive one is a mistake and raises ValueError."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone cannot be stored")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


# JSONB where it exists: figures of flags are searched when rules are compared.
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own name and form)
        uuid.UUID: sa.Uuid(),
        dt.datetime: UtcDateTime(),
        dt.date: sa.Date(),
        bytes: sa.LargeBinary(),
        dict[str, Any]: Json,
        list[str]: Json,
    }


class CountyRow:
    """A row of one county's own data: its key begins with the county, so that counties can be spread over
    machines later without a new key (see docs/database.md)."""

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


def county_reference(column: str, table: str, *, name: str | None = None) -> sa.ForeignKeyConstraint:
    """A foreign key to a county's own table: (county_id, column) -> table(county_id, id)."""
    return sa.ForeignKeyConstraint(["county_id", column], [f"{table}.county_id", f"{table}.id"], name=name)


# Rows are plain declarative classes on Base: the extension lends only its session and engines.
db = SQLAlchemy(metadata=Base.metadata)


def session() -> Session:
    """The session of this request or command (`server.app` gives every one its own)."""
    return db.session()


def plan_anew(on: Session) -> None:
    """For this transaction, have PostgreSQL plan each statement for its own values. A plan kept from before compares
    every row with each of the thousand values of an `IN` in turn; planned with them, it looks them up in a hash table
    (measured: 1 s against 13 ms at 25,000 rows); and pages lie in memory or on flash, so a thousand looks into an index
    are cheaper than reading the table."""
    if on.get_bind().dialect.name == "postgresql":
        on.execute(sa.text("SET LOCAL plan_cache_mode = force_custom_plan"))
        on.execute(sa.text("SET LOCAL random_page_cost = 1.1"))


def begin_reading(on: Session) -> None:
    """Say that the transaction which `on` is about to begin only reads: to SQLite, where writers wait for each other.
    Call it before the first statement; one that has already begun stays as it is."""
    if on.get_bind().dialect.name == "sqlite" and not on.in_transaction():
        on.connection(execution_options={READING: True})


def begin_snapshot(on: Session) -> None:
    """As `begin_reading`, and every statement of the transaction sees the same moment (SQLite's do anyway)."""
    options: dict[str, Any] = {READING: True}
    if on.get_bind().dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    on.connection(execution_options=options)


def insert_into(on: Session, table: Any) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`: both databases spell them alike."""
    return (postgresql if on.get_bind().dialect.name == "postgresql" else sqlite).insert(table)


def engine_options(url: str, *, prepared_statements: bool = True) -> dict[str, Any]:
    """What `create_engine` needs for `url` beside the address itself."""
    if url.startswith("sqlite"):
        return {}
    # No ping before use: it would cost every request three more trips to the database. After a restart of the
    # database one request per process is told to come back (503), and the pool begins anew.
    options: dict[str, Any] = {"pool_size": 10, "max_overflow": 10, "pool_timeout": 10, "connect_args": {}}
    if "connect_timeout" not in sa.make_url(url).query:
        options["connect_args"]["connect_timeout"] = CONNECT_TIMEOUT_S
    if not prepared_statements:  # behind PgBouncer in transaction mode they break
        options["connect_args"]["prepare_threshold"] = None
    return options


@event.listens_for(Engine, "do_connect")
def _connect_postgresql(dialect: sa.Dialect, _record: Any, args: Any, options: Any) -> Any:
    if dialect.driver != "psycopg":
        return None  # as usual
    from server.postgres import Connection as Kept  # needs psycopg, which SQLite does without

    return Kept.connect(*args, **options)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the driver must not begin transactions of its own
    if connection.execute("PRAGMA busy_timeout").fetchone() == (DRIVERS_TIMEOUT_MS,):
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")  # else the address said: sqlite:///…?timeout=2
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        reading = connection.get_execution_options().get(READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def init_app(app: Flask, url: str, **options: Any) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, **options)
    db.init_app(app)


def import_models() -> None:
    """Load every noun's rows, so that the metadata is whole (migrations, tests)."""
    import importlib

    for noun in NOUNS:
        importlib.import_module(f"server.{noun}.model")


# Lowest first. A noun knows only those before it; tests/architecture keeps it so.
NOUNS = (
    "audit", "regions", "people", "auth", "devices", "files", "tasks", "elders", "absences", "pairings", "policies",
    "tags", "visits", "homes", "callbacks", "duties", "reviews", "requests", "roster", "alerts", "timebank", "notify",
    "courses", "sync",
)  # fmt: skip
