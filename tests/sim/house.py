"""The real server application in this process: asked through WSGI, copied from a template, crashed, restored.

A world is cheap because the county is made once (`Template`) and copied for every seed. A crash is an exception that
nothing in the server catches, thrown at a random statement or commit: what had been committed stays, the rest never
was. A backup is a copy of database and files, as an operator makes it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import io
import json
import logging
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from server import clock, outcomes
from server.app import create_app
from server.auth import service as auth
from server.auth.service import Issuer
from server.database import db, session
from server.devices import service as devices
from server.elders import service as elders
from server.elders import vault
from server.keys import ring
from server.people.model import User
from server.policies import service as policies
from server.scheduler import jobs, running
from server.settings import Settings
from server.tags import service as tags
from server.tags import tokens
from server.tags.queries import Wanted
from tests import factories
from tests.copies import Copies
from tests.databases import fresh_database
from tests.sim.chance import BEGIN, CHINA, Time, seeded

VILLAGES = (411002001001, 411002001002)
VISITORS = (("zhao", "volunteer"), ("qian", "volunteer"), ("sun", "volunteer"), ("li", "social_worker"))
ELDERS = 7
HOME = (34.02, 113.82)
SECRET = "a secret of the simulator only"
BASE_URL = "http://house.sim"
AGES = dt.timedelta(days=3650)


class Crash(BaseException):
    """The server's process ended here. No `except Exception` may survive it."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class County:
    """Who is there when a world begins. `ties`: (pairing, elder, visitor)."""

    id: int
    director: uuid.UUID
    bearer: str
    visitors: dict[str, uuid.UUID]
    elders: tuple[uuid.UUID, ...]
    tags: dict[uuid.UUID, str]


class Complaints(logging.Handler):
    """What the server says is wrong with itself."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        wrong = record.exc_info[1] if record.exc_info else ""
        self.said.append(f"{record.name}: {record.getMessage()} {wrong!r}"[:600])


class House:
    """One server, again and again from the same county. Times are the running world's."""

    def __init__(self, folder: Path, url: str, kind: str) -> None:
        self.kind, self.url, self.folder = kind, url, folder
        self.home = folder / "home"
        self.home.mkdir()
        self._copies = Copies(folder, url, self.home)
        self.time = Time()
        self.app: Flask = create_app(Settings(home=self.home, database_url=url, secret_key=SECRET, public_url=BASE_URL))
        clock.set_clock(self.app, lambda: self.time.now())
        self.complaints = Complaints()
        self._fuse: int | None = None
        self._open: list[Any] = []  # connections of the driver's, which end with the process that holds them
        with self.app.app_context():
            if kind != "sqlite":
                sa.event.listen(db.engine, "before_cursor_execute", self._tick)
            sa.event.listen(db.engine, "commit", self._tick)
            sa.event.listen(db.engine, "do_connect", self._connect)
        with seeded("the county", self.time):
            self.county = self._settle_county()
        self._keep("template")

    def begin(self, time: Time) -> None:
        """Everything as it was when the county was made; nothing of an earlier world is left."""
        self.time = time
        self.complaints.said.clear()
        self._fuse = None
        self.restore("template")

    # --- asking it -----------------------------------------------------------------------------------------------

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None, *, missing: int = 0
    ) -> Answer:
        """One request through WSGI, of whose body so many bytes never come. Raises Crash if one was due on its way."""
        path, _, query = path.partition("?")
        came = (body or b"")[: len(body or b"") - missing]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "house.sim",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "10.9.8.7", "SCRIPT_NAME": "",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(came),
            "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }  # fmt: skip
        if body is not None:
            environ["CONTENT_LENGTH"] = str(len(body))
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        told: list[Any] = []
        chunks = self.app.wsgi_app(environ, lambda status, heads, wrong=None: told.append((status, heads)))
        try:
            content = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, heads = told[-1]
        return Answer(int(status.split()[0]), {k.lower(): v for k, v in heads}, content)

    def director(self, method: str, path: str, value: Any = None) -> Answer:
        """The director asks, over a line that holds."""
        headers = {"Authorization": f"Bearer {self.county.bearer}", "Accept": "application/json"}
        body = None
        if value is not None:
            headers["Content-Type"], body = "application/json", json.dumps(value).encode()
        return self.ask(method, f"/api/v1{path}", headers, body)

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A look into its database."""
        with self.app.app_context():
            yield session()

    def run_jobs(self) -> dict[str, dict[str, Any]]:
        """What a scheduler does that wakes now: every job whose period nobody has done yet."""
        done = {}
        for job in jobs.JOBS:
            if not job.commits or job.name != "deliver":
                run = running.run(self.app, job, now=self.time.now(), claimed=True)
                if run.failed:
                    self.complaints.said.append(f"job {job.name}: {run.failed}")
                done[job.name] = run.totals()
        return done

    # --- harming it ----------------------------------------------------------------------------------------------

    def light(self, fuse: int) -> None:
        """Crash at the so-manyth statement or commit from now."""
        self._fuse = fuse

    def extinguish(self) -> None:
        """No crash after all."""
        self._fuse = None

    def _tick(self, *_args: Any) -> None:
        if self._fuse is not None:
            self._fuse -= 1
            if self._fuse <= 0:
                self._fuse = None
                raise Crash

    def _connect(self, dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
        """A connection whose every statement is a moment at which the server may end."""
        tick = self._tick

        class Cursor(sqlite3.Cursor):
            def execute(self, *given: Any) -> sqlite3.Cursor:
                tick()
                return super().execute(*given)

            def executemany(self, *given: Any) -> sqlite3.Cursor:
                tick()
                return super().executemany(*given)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

        if self.kind == "sqlite":
            named = {**named, "factory": Connection}
        raw = dialect.connect(*arguments, **named)
        self._open.append(raw)
        return raw

    def start_again(self) -> None:
        """After a crash: another process, with connections of its own. What the dead one held is let go, also where a
        traceback holds it in a circle: SQLite keeps a closed connection for as long as one of its statements lives."""
        self._close()
        gc.collect()

    def backup(self) -> None:
        """A copy of database and files, over the one before."""
        self._keep("backup")

    def restore(self, name: str = "backup") -> None:
        """Put a copy back. What came since is forgotten; telling phones so is the operator's next step."""
        self._close()
        self._copies.restore(name)

    def begin_epoch(self) -> None:
        """`yuetan db restored`: every phone is told at its next contact."""
        with self.session() as own:
            devices.begin_epoch(own, self.time.now())

    def close(self) -> None:
        """Give everything back."""
        self._close()
        self._copies.drop()

    def _keep(self, name: str) -> None:
        self._close()
        self._copies.keep(name)

    def _close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for raw in self._open:
            with contextlib.suppress(Exception):  # closed by the pool already
                raw.rollback()
            raw.close()
        self._open.clear()

    # --- making the county ---------------------------------------------------------------------------------------

    def _settle_county(self) -> County:
        with self.session() as own:
            now = self.time.now()
            villages = [factories.region(own, code) for code in VILLAGES]
            county = factories.county(own)
            policies.create_defaults(own, county.id, factories.LONG_AGO)
            director = factories.user(own, "director")
            factories.grant(own, director, "director", factories.region(own, factories.WEIDU), county)
            factories.grant(own, director, "admin", factories.region(own, factories.WEIDU), county)
            visitors = {}
            for name, role in VISITORS:
                user = factories.user(own, name)
                factories.grant(own, user, role, villages[0], county)
                visitors[name] = user.id
            made = []
            for number in range(ELDERS):
                values = {
                    "name": f"老人{number}", "region_id": villages[number % 2].id, "categories": ["living_alone"],
                    "policy_id": "focused" if number == 2 else "universal", "registered_on": dt.date(2026, 1, 1),
                    "lat": HOME[0] + number * 0.004, "lon": HOME[1], "phone": f"1380000{number:04d}",
                }  # fmt: skip
                since = dt.date(2026, 1, 1)
                made.append(elders.add_elder(own, county.id, values, vault=vault.current(), now=now, today=since))
            own.flush()
            people = list(visitors.values())
            for number, elder in enumerate(made):
                for user_id in {people[number % 4], people[(number + 1) % 3]}:
                    factories.pairing(own, elder, own.get_one(User, user_id))
            keys = tokens.current()
            wanted = Wanted(VILLAGES[0], VILLAGES[-1], dt.date(2026, 11, 1), county.id)
            tags.issue(own, wanted, keys=keys, actor_id=None, now=now)
            own.flush()
            found = own.scalars(sa.select(tokens.Tag)).all()
            codes = {tag.id: f"{BASE_URL}/t/{keys.token(tag)}" for tag in found}
            outcomes.open_periods(own, county.id, now=now)
            held = auth.open_session(own, director.id, now)
            held.expires_at = now + AGES
            own.flush()
            bearer = Issuer(ring(), AGES).issue(held, director, now).access_token
            devices.installation(own, now - dt.timedelta(days=30))
            own.commit()
            return County(county.id, director.id, bearer, visitors, tuple(e.id for e in made), codes)


@contextlib.contextmanager
def built(folder: Path, kind: str = "sqlite", postgres: str | None = None) -> Iterator[House]:
    """A house in a folder of its own (on a memory disk, if the machine is to be fast)."""
    with fresh_database(kind, folder, postgres) as url:
        house = House(folder, url, kind)
        logging.getLogger().addHandler(house.complaints)
        propagated = logging.getLogger("yuetan").propagate
        try:
            yield house
        finally:
            logging.getLogger().removeHandler(house.complaints)
            logging.getLogger("yuetan").propagate = propagated
            house.close()


__all__ = ["BASE_URL", "BEGIN", "CHINA", "Answer", "County", "Crash", "House", "built"]
