"""Who is in the fault runs: visitors who share elders, so that those who send at once meet on the same rows."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

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
from server.pairings.model import Pairing
from server.people.model import User
from server.policies import service as policies
from server.regions.model import Region
from server.settings import Settings
from tests import factories
from tests.databases import fresh_database
from tests.faults.served import SECRET
from tests.faults.talk import Talk
from tests.phones import FakePhone

VILLAGES = (411002001001, 411002001002, 411002002001)
HOME = (34.02, 113.82)


@dataclass
class World:
    """A county with visitors and elders in a database of its own. `paired[username]`: their elders."""

    kind: str
    url: str
    home: Path
    app: Flask
    county_id: int = 0
    visitors: dict[str, uuid.UUID] = field(default_factory=dict)
    paired: dict[str, list[uuid.UUID]] = field(default_factory=dict)
    director: uuid.UUID | None = None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A session of the harness's own beside the server's."""
        with self.app.app_context():
            try:
                yield session()
            finally:
                session().close()

    def forget_connections(self) -> None:
        """After the database was restarted under us: the harness begins anew."""
        with self.app.app_context():
            db.engine.dispose()

    def code(self, username: str) -> str:
        """A fresh code that enrols one phone of that visitor."""
        with self.session() as own:
            now = clock.now()
            issued = devices.issue_code(own, ring(), self.visitors[username], now=now, today=now.date())
            return issued.code

    def reassign(self, username: str) -> None:
        """That visitor's list changes: one elder goes, one comes."""
        with self.session() as own:
            now = clock.now()
            village = own.scalars(sa.select(Region).where(Region.code == VILLAGES[0])).one()
            values = {"name": "新来老人", "region_id": village.id, "categories": ["living_alone"],
                      "policy_id": "universal", "registered_on": dt.date(2026, 1, 1)}  # fmt: skip
            comes = elders.add_elder(own, self.county_id, values, vault=vault.current(), now=now, today=now.date())
            own.flush()
            factories.pairing(own, comes, own.get_one(User, self.visitors[username]))
            goes = self.paired[username].pop()
            own.execute(
                sa.delete(Pairing).where(Pairing.elder_id == goes, Pairing.user_id == self.visitors[username])
            )
            self.paired[username].append(comes.id)
            own.commit()

    def phone(self, port: int, username: str) -> Talk:
        """A phone of that visitor, enrolled over HTTP: what it says carries its token."""
        answer = FakePhone(Talk(port)).enrol(self.code(username))
        assert answer.status == 200, answer.body
        return Talk(port, answer.json["access_token"])

    def bearer(self, user_id: uuid.UUID) -> str:
        """A login token."""
        with self.session() as own:
            now = clock.now()
            held = auth.open_session(own, user_id, now)
            own.flush()
            tokens = Issuer(ring(), dt.timedelta(hours=3)).issue(held, own.get_one(User, user_id), now)
            own.commit()
            return tokens.access_token


@contextlib.contextmanager
def world(
    kind: str, folder: Path, postgres: str | None, *, visitors: int, elders_each: int, seed: int
) -> Iterator[World]:
    """A fresh database with so many visitors, each paired with about `elders_each` elders; every elder has three."""
    home = folder / "home"
    home.mkdir(parents=True)
    with fresh_database(kind, folder, postgres) as url:
        app = create_app(Settings(home=home, database_url=url, secret_key=SECRET))
        made = World(kind, url, home, app)
        try:
            with made.session() as own:
                _fill(own, made, visitors, elders_each, random.Random(seed))
            yield made
        finally:
            with app.app_context():
                db.engine.dispose()


def _fill(own: Session, made: World, visitors: int, elders_each: int, rng: random.Random) -> None:
    now = clock.now()
    villages = [factories.region(own, code) for code in VILLAGES]
    county = factories.county(own)
    policies.create_defaults(own, county.id, factories.LONG_AGO)
    made.county_id = county.id
    director = factories.user(own, "director")
    factories.grant(own, director, "director", factories.region(own, factories.WEIDU), county)
    made.director = director.id
    people = []
    for number in range(visitors):
        # Staff see their whole village; most visitors are volunteers, who are credited.
        role = "volunteer" if number % 5 else "social_worker"
        user = factories.user(own, f"visitor{number:03d}")
        factories.grant(own, user, role, villages[number % len(villages)], county)
        people.append(user)
        made.visitors[user.username], made.paired[user.username] = user.id, []
    for number in range(max(1, visitors * elders_each // 3)):
        village = villages[number % len(villages)]
        values = {
            "name": f"老人{number}", "region_id": village.id, "categories": ["living_alone"],
            "policy_id": "focused" if number % 4 == 0 else "universal", "registered_on": dt.date(2026, 1, 1),
            "lat": round(HOME[0] + rng.uniform(-0.02, 0.02), 6), "lon": round(HOME[1] + rng.uniform(-0.02, 0.02), 6),
        }  # fmt: skip
        elder = elders.add_elder(own, county.id, values, vault=vault.current(), now=now, today=dt.date(2026, 1, 1))
        own.flush()
        for user in rng.sample(people, min(3, len(people))):
            factories.pairing(own, elder, user)
            made.paired[user.username].append(elder.id)
    for user in people:
        if not made.paired[user.username]:  # nobody goes without
            elder = own.scalars(sa.select(factories.Elder).limit(1)).one()
            factories.pairing(own, elder, user)
            made.paired[user.username].append(elder.id)
    outcomes.open_periods(own, county.id, now=now)
    own.commit()
