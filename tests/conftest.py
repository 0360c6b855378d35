"""What every test may ask for.

A test that touches the database asks for `session` (services) or `client` (HTTP): it then runs once on SQLite and once
on PostgreSQL, inside one transaction that is rolled back at its end. Where real commits matter (concurrency, kills),
ask for a `fresh_database` of your own instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.databases import KINDS, cluster, fresh_database

# The instant at which tests stand unless they say otherwise: a Saturday in the middle of a month.
NOW = dt.datetime(2026, 11, 14, 2, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server to make databases in; started when the first test asks."""
    with cluster() as address:
        yield address


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def database_url(database_kind, request, tmp_path_factory) -> Iterator[str]:
    """One migrated database for the whole run; tests leave it empty."""
    postgres = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    with fresh_database(database_kind, tmp_path_factory.mktemp("db"), postgres) as url:
        yield url


@pytest.fixture(scope="session")
def engine(database_url) -> Iterator[sa.Engine]:
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine) -> Iterator[Session]:
    """A session whose commits are undone at the end of the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as made:
            yield made
        outer.rollback()


@pytest.fixture
def now() -> dt.datetime:
    return NOW
