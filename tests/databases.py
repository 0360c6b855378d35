"""Throw-away databases for the tests: a SQLite file, and a PostgreSQL database in a cluster that is given
(`YUETAN_TEST_POSTGRES`, an address that may create databases) or made for this run and removed after it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from server import schema

KINDS = ("sqlite", "postgresql")


def postgres_programs() -> Path:
    """The folder with initdb and pg_ctl of the newest PostgreSQL here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    if (elsewhere := shutil.which("initdb")) is None:
        raise RuntimeError("no PostgreSQL here: scripts/test installs one (Debian: apt-get install postgresql)")
    return Path(elsewhere).parent


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def cluster(*, fsync: bool = False) -> Iterator[str]:
    """The address of a PostgreSQL to make databases in. `fsync`: one of our own that keeps what it says (benches)."""
    if not fsync and (given := os.environ.get("YUETAN_TEST_POSTGRES")):
        yield given
        return
    programs, folder, port = postgres_programs(), tempfile.mkdtemp(prefix="yuetan-pg-"), free_port()
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
    if as_user:
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        # The server inherits what pg_ctl has: a pipe would stay open, so its words go to a file.
        with open(os.devnull, "w") as nowhere:
            subprocess.run([*as_user, str(programs / program), *arguments], check=True, cwd="/", stdout=nowhere)

    run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    settings = f"-p {port} -k {folder} -h 127.0.0.1 -c fsync={'on' if fsync else 'off'} -c max_connections=200"
    run("pg_ctl", "-D", f"{folder}/data", "-o", settings, "-l", f"{folder}/log", "-w", "start")
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def fresh_database(kind: str, folder: Path, postgres: str | None, *, migrate: bool = True) -> Iterator[str]:
    """The address of a new database of `kind`, with every migration run unless told otherwise."""
    if kind == "sqlite":
        path = folder / f"{uuid.uuid4().hex}.db"
        url = f"sqlite:///{path}"
        _migrate(url, migrate)
        yield url
        return
    assert postgres is not None
    name = f"test_{uuid.uuid4().hex[:16]}"
    server = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as c:
        c.execute(sa.text(f"CREATE DATABASE {name}"))
    url = sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
    _migrate(url, migrate)
    yield url
    with server.connect() as c:
        c.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def _migrate(url: str, wanted: bool) -> None:
    if not wanted:
        return
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        schema.upgrade(connection)
        connection.commit()
    engine.dispose()
