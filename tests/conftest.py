"""What every test may ask for.

A test that touches the database asks for `session` (services) or `client` (HTTP): it then runs once on SQLite and once
on PostgreSQL, inside one transaction that is rolled back at its end. Where real commits matter (concurrency, kills),
ask for a `fresh_database` of your own instead.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from server import clock
from server.app import create_app
from server.database import db
from server.settings import Settings
from tests.databases import KINDS, cluster, fresh_database

# The instant at which tests stand unless they say otherwise: a Saturday in the middle of a month.
NOW = dt.datetime(2026, 11, 14, 2, 0, tzinfo=dt.UTC)
SECRET = "a secret that only the tests know"


def pytest_configure(config):
    """Where everything is set up (CI=true, as scripts/test says) a skipped test is a test that was not run."""
    if os.environ.get("CI", "").lower() in ("true", "1", "yes"):
        config.pluginmanager.register(NothingSkipped(), "nothing-skipped")


def pytest_make_parametrize_id(config, val, argname):
    """Workers must find the same names: bytes made while collecting (a gzip header holds the time) name no test."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) and not val.isascii() else None


class NothingSkipped:
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self):
        return _fail_if_skipped((yield))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self):
        return _fail_if_skipped((yield))


def _fail_if_skipped(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"skipped, which counts as a failure under CI=true: {reason}"
    return report


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


@pytest.fixture(scope="module")
def own_url(database_kind, request, tmp_path_factory) -> Iterator[str]:
    """A database for the tests of one module that commit for real (workers, jobs, several processes)."""
    postgres = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    with fresh_database(database_kind, tmp_path_factory.mktemp("own"), postgres) as url:
        yield url


@pytest.fixture(scope="module")
def own_app(own_url, tmp_path_factory) -> Iterator[Flask]:
    """An app on that database, its clock as the wall's."""
    home = tmp_path_factory.mktemp("home")
    app = create_app(Settings(home=home, database_url=own_url, secret_key="a secret of the tests' own"))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def queries(engine) -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """`with queries() as sent:` collects the statements sent meanwhile (an executemany is one; savepoints are none)."""

    @contextlib.contextmanager
    def watch() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
                sent.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return watch


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture(scope="session")
def _app(database_url, tmp_path_factory):
    return create_app(
        Settings(
            home=tmp_path_factory.mktemp("home"), database_url=database_url, secret_key=SECRET,
            public_url="https://yuetan.example", wechat_appid="wx-test", wechat_secret="wx-secret",
            wechat_base_url="http://127.0.0.1:9",  # nobody answers there; tests of WeChat start a fake one
        )
    )  # fmt: skip


@pytest.fixture
def app(_app, session) -> Iterator[Flask]:
    """An app at `NOW` whose requests work in the test's own transaction, undone at its end.

    Commit what `session` has before a request, or the two wait for each other's rows in vain.
    """
    with _app.app_context():
        engines = db.engines
        real = engines[None]
        db.session.configure(join_transaction_mode="create_savepoint")
    engines[None] = session.connection()
    session.commit()
    clock.set_clock(_app, lambda: NOW)
    yield _app
    clock.set_clock(_app, None)
    engines[None] = real
    with _app.app_context():
        db.session.configure(join_transaction_mode="conditional_savepoint")


@pytest.fixture
def client(app) -> FlaskClient:
    """HTTP without a server. `client.post(path, json=…, headers=bearer(…))`."""
    return app.test_client()


@pytest.fixture
def place(session):
    """A small district: regions, two counties, and `place.user(("director", CODE))`, `place.bearer(user)`."""
    from tests.people import make_place

    return make_place(session)
