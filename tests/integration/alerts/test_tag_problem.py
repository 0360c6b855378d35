"""`tag_problem`: what a visit says of the tag at the door, once per elder and month, until it is scanned as it should
be."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa

from server import intake, outcomes
from server.alerts.model import Alert
from server.elders.vault import Vault
from server.tags.model import Tag
from shared.ids import uuid7
from shared.protocol.tags import make_token, token_hash
from tests import factories as make
from tests.conftest import NOW, SECRET
from tests.people import VILLAGE
from tests.visits import sent

DAY = dt.timedelta(days=1)


class Doors:
    """A village whose elders have tags, and a volunteer who visits them."""

    def __init__(self, session, place):
        self.session, self.place = session, place
        self.volunteer = place.user(("volunteer", VILLAGE))
        self.sender = intake.Sender(self.volunteer.id, place.county.id)
        self.vault = Vault(SECRET)

    def elder(self, tag=True):
        elder = make.elder(self.session, self.place.county, self.place.regions[VILLAGE])
        make.pairing(self.session, elder, self.volunteer)
        if tag:
            self.tag(elder)
        self.session.flush()
        return elder

    def tag(self, elder, generation=1, **more):
        token = make_token(b"k" * 32, "k1", elder.id, generation)
        self.session.add(
            Tag(county_id=elder.county_id, id=elder.id, generation=generation, elder_id=elder.id, key_id="k1",
                token_hash=token_hash(token), issued_at=NOW, **more)
        )  # fmt: skip
        return f"https://yuetan.example/t/{make_token(b'k' * 32, 'k1', elder.id, generation)}"

    def code(self, elder, generation=1):
        return f"https://yuetan.example/t/{make_token(b'k' * 32, 'k1', elder.id, generation)}"

    def visit(self, elder, start=None, **changes):
        item = sent(elder, start, **changes)
        [result] = intake.receive(self.session, self.sender, [item], vault=self.vault, now=NOW)
        assert result.status == "accepted"
        return item

    def alerts(self, elder):
        self.session.expire_all()
        found = sa.select(Alert).where(Alert.kind == "tag_problem", Alert.subject == elder.id).order_by(Alert.period)
        return [(a.period, a.state) for a in self.session.scalars(found)]


@pytest.fixture
def doors(app, session, place):
    made = Doors(session, place)
    with app.app_context():
        outcomes.open_periods(session, place.county.id, now=NOW)
        session.commit()
        yield made


def test_a_tag_that_was_not_scanned_is_looked_at_once_a_month(doors):
    elder = doors.elder()
    doors.visit(elder)
    doors.visit(elder, NOW - 2 * DAY)
    assert doors.alerts(elder) == [("2026-11", "open")]
    doors.visit(elder, NOW - 30 * DAY)
    assert doors.alerts(elder) == [("2026-10", "open"), ("2026-11", "open")]


@pytest.mark.parametrize("what", ["another's", "revoked", "not ours"])
def test_a_wrong_tag_is_a_problem_of_the_door_where_it_was_scanned(doors, what):
    elder, other = doors.elder(), doors.elder()
    text = {
        "another's": lambda: doors.code(other),
        "revoked": lambda: doors.tag(elder, 2, revoked_at=NOW - DAY),
        "not ours": lambda: "https://yuetan.example/t/" + "a" * 26,
    }[what]()
    doors.visit(elder, tag=text)
    assert doors.alerts(elder) == [("2026-11", "open")]
    assert doors.alerts(other) == []


def test_the_right_tag_is_none_and_ends_one(doors):
    elder = doors.elder()
    doors.visit(elder, NOW - 3 * DAY, tag=doors.code(elder))
    assert doors.alerts(elder) == []
    doors.visit(elder, NOW - 2 * DAY)
    doors.visit(elder, NOW - 1 * DAY, tag=doors.code(elder))
    assert doors.alerts(elder) == [("2026-11", "resolved")]


def test_where_no_tag_hangs_none_is_missing(doors):
    elder = doors.elder(tag=False)
    doors.visit(elder)
    assert doors.alerts(elder) == []


def test_a_call_and_a_closed_door_say_nothing_of_the_tag(doors):
    elder = doors.elder()
    doors.visit(elder, channel="phone", form={"id": "contact-call", "version": 1}, answers={"call.spoken_to": "elder"})
    doors.visit(elder, NOW - DAY, outcome="not_home", reason="no_answer")
    assert doors.alerts(elder) == []


def test_what_a_person_resolved_is_not_opened_again_that_month(doors, session):
    elder = doors.elder()
    doors.visit(elder)
    alert = session.scalars(sa.select(Alert).where(Alert.kind == "tag_problem")).one()
    alert.state, alert.resolved_by, alert.resolved_at = "resolved", doors.volunteer.id, NOW
    session.commit()
    doors.visit(elder, NOW - 2 * DAY)
    assert doors.alerts(elder) == [("2026-11", "resolved")]


def test_many_doors_take_as_many_statements_as_one(doors, session, queries):
    days = itertools.count(1)

    def batch(count, tag):
        elders = [doors.elder(tag) for _ in range(count)]
        items = [sent(elder, NOW - next(days) * DAY, id=str(uuid7())) for elder in elders]
        session.commit()
        with queries() as statements:
            results = intake.receive(session, doors.sender, items, vault=doors.vault, now=NOW)
        assert {r.status for r in results} == {"accepted"}
        return len(statements)

    batch(1, True)
    one, many = batch(1, True), batch(4, True)
    assert many <= one
