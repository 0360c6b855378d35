"""Many at once, with real commits, on both databases: the lock-out, an enrolment, a refresh."""

import datetime as dt
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.model import AuthSession
from server.devices import service
from server.devices.model import Device, Installation
from server.keys import KeyRing, ring
from server.people.passwords import hash_password
from server.regions.model import County
from shared.ids import uuid7
from tests import factories
from tests.people import VILLAGE
from tests.phones import FakePhone

PASSWORD = "春风十里不如你 2026"
MANY = 12


@pytest.fixture
def people(own_app, own_url):
    """(session, user, keys): somebody new in a committed county."""
    engine = sa.create_engine(own_url)
    with own_app.app_context():
        keys: KeyRing = ring()
    with Session(engine, expire_on_commit=False) as session:
        county = session.scalar(sa.select(County)) or factories.county(session)
        user = factories.user(session, f"wang{uuid7().hex}", password_hash=hash_password(PASSWORD))
        factories.grant(session, user, "volunteer", factories.region(session, VILLAGE), county)
        session.commit()
        yield session, user, keys
    engine.dispose()


def at_once(do):
    """What `do(number)` gave, called by many threads at the same moment."""
    gate = threading.Barrier(MANY)

    def one(number):
        gate.wait(30)
        return do(number)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


def test_of_many_guesses_at_once_no_more_than_five_are_answered(own_app, people):
    _, user, _ = people

    def guess(number):
        body = {"username": user.username, "password": PASSWORD if number == MANY - 1 else "wrong"}
        return own_app.test_client().post("/api/v1/auth/login", json=body).json.get("code", "in")

    seen = Counter(at_once(guess))
    assert seen["login_failed"] <= 5 + seen["in"] * 5  # a success in between forgets the failures before it
    assert seen["login_failed"] + seen["locked"] + seen["in"] == MANY
    assert seen["locked"] >= 1


def test_one_enrolment_sent_many_times_at_once_is_one_phone(own_app, people):
    session, user, keys = people
    now = dt.datetime.now(dt.UTC)
    code = service.issue_code(session, keys, user.id, now=now, today=now.date()).code
    phone = FakePhone(own_app.test_client())

    def enrol(_number):
        return FakePhone(own_app.test_client(), phone.id, phone.key).enrol(code)

    answers = at_once(enrol)
    assert [answer.status_code for answer in answers] == [200] * MANY
    assert len({answer.json["epoch"] for answer in answers}) == 1
    mine = sa.select(sa.func.count()).select_from(Device).where(Device.user_id == user.id)
    assert session.scalar(mine) == 1
    sessions = sa.select(sa.func.count()).select_from(AuthSession).where(AuthSession.device_id == phone.id)
    assert session.scalar(sessions) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Installation)) == 1
    session.commit()  # SQLite has one writer, and every transaction that may write is one
    token = answers[0].json["refresh_token"]

    def refresh(_number):
        again = FakePhone(own_app.test_client(), phone.id, phone.key)
        return again.refresh(token, dt.datetime.now(dt.UTC)).status_code

    assert at_once(refresh) == [200] * MANY
