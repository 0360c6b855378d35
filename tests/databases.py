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


class Cluster:
    """A PostgreSQL of our own in a folder of its own, to be stopped and started at will."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = "on" if fsync else "off"
        self._programs, self._port = postgres_programs(), free_port()
        self._folder = tempfile.mkdtemp(prefix="yuetan-pg-")
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
        self.address = f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"
        if self._as_user:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")

    def start(self) -> None:
        settings = f"-p {self._port} -k {self._folder} -h 127.0.0.1 -c fsync={self._fsync} -c max_connections=200"
        self._run("pg_ctl", "-o", settings, "-l", f"{self._folder}/log", "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """`fast`: connections are told to end; `immediate`: as if the machine had lost power."""
        self._run("pg_ctl", "-m", mode, "-w", "stop")

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), "-D", f"{self._folder}/data", *arguments]
        # The server inherits what pg_ctl has: a pipe would stay open, so its words go to a file.
        with open(os.devnull, "w") as nowhere:
            subprocess.run(command, check=True, cwd="/", stdout=nowhere)


@contextlib.contextmanager
def own_cluster(*, fsync: bool = False) -> Iterator[Cluster]:
    """A cluster that runs, and is gone afterwards."""
    made = Cluster(fsync=fsync)
    try:
        made.start()
        yield made
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):  # stopped already
            made.stop()
        made.remove()


@contextlib.contextmanager
def cluster(*, fsync: bool = False) -> Iterator[str]:
    """The address of a PostgreSQL to make databases in. `fsync`: one of our own that keeps what it says (benches)."""
    if not fsync and (given := os.environ.get("YUETAN_TEST_POSTGRES")):
        yield given
        return
    with own_cluster(fsync=fsync) as made:
        yield made.address


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
    server.dispose()  # whoever uses it may stop and start the whole cluster
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
