"""Visits judged with their past at ingest, and again by the hourly job, on both databases."""

import datetime as dt
import hashlib
import io
import json
import random

import pytest
import sqlalchemy as sa
from PIL import Image

from server import intake, outcomes, rejudging
from server.duties.model import Duty
from server.elders.vault import Vault
from server.tags.model import Tag
from server.visits import histories, prints
from server.visits.model import History, Judgement, Visit
from server.visits.sealing import key_for, unseal
from shared.geo import move
from shared.ids import uuid7
from shared.protocol.tags import make_token, token_hash
from shared.rules.history import ALIKE_BITS
from shared.rules.inputs import read_evidence
from shared.rules.presence import judge
from tests import factories as make
from tests.conftest import NOW
from tests.people import VILLAGE, make_place
from tests.visits import sent

VAULT = Vault("a secret that only the tests know")
HERE = (34.02, 113.82)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def reading(point, accuracy_m=15.0):
    return {"lat": point[0], "lon": point[1], "accuracy_m": accuracy_m, "datum": "wgs84", "mocked": False}


class World:
    """Five homes that lie 400 m apart, and two volunteers who go to all of them."""

    def __init__(self, session):
        self.session = session
        self.place = make_place(session)
        self.county = self.place.county
        village = self.place.regions[VILLAGE]
        self.volunteer, self.other = self.place.user(("volunteer", VILLAGE)), self.place.user(("volunteer", VILLAGE))
        self.elders, self.tokens = [], {}
        for number in range(5):
            elder_id = uuid7()
            lat, lon = move(HERE, 400.0 * number, 0)
            _, wrapped = VAULT.new_key(self.county.id, elder_id)
            elder = make.elder(session, self.county, village, id=elder_id, lat=lat, lon=lon, data_key=wrapped)
            for user in (self.volunteer, self.other):
                make.pairing(session, elder, user)
            token = make_token(b"k" * 32, "k1", elder_id, 1)
            session.add(Tag(
                county_id=self.county.id, id=elder_id, generation=1, elder_id=elder_id, key_id="k1",
                token_hash=token_hash(token), issued_at=NOW - 90 * DAY,
            ))  # fmt: skip
            self.tokens[elder_id] = token
            self.elders.append(elder)
        outcomes.open_periods(session, self.county.id, now=NOW)
        session.commit()

    def send(self, *items, user=None, now=NOW):
        sender = intake.Sender((user or self.volunteer).id, self.county.id)
        return intake.receive(self.session, sender, list(items), vault=VAULT, now=now)

    def rejudge(self, now):
        told = rejudging.rejudge(self.session, self.county.id, vault=VAULT, now=now)
        self.session.commit()
        return told

    def visits(self):
        found = sa.select(Visit).order_by(Visit.start).execution_options(populate_existing=True)
        return self.session.scalars(found).all()

    def home(self, elder, user=None, start=None, at=None, **more):
        at = at or (elder.lat, elder.lon)
        start = start or NOW - HOUR
        jitter = start.timestamp() / 60 % 97 / 17  # receivers scatter
        usual = {
            "tag": self.tokens[elder.id], "start_position": reading(move(at, 9 + jitter, 4)),
            "position": reading(move(at, -6, 8 - jitter)),
        }  # fmt: skip
        return sent(elder, start, **{**usual, **more})


@pytest.fixture
def world(session):
    return World(session)


def album(world, now=NOW):
    """Four homes reported one by one, each for twenty minutes, from a spot a kilometre away."""
    spot = move(HERE, -600, 700)
    start = now - 2 * HOUR
    for elder in world.elders[:4]:
        world.send(world.home(elder, start=start, at=spot), now=start + dt.timedelta(minutes=21))
        start += dt.timedelta(minutes=24)


def test_many_homes_from_one_spot_show_as_they_come_and_the_first_when_judged_again(world, session):
    album(world)
    assert [v.assurance for v in world.visits()] == ["plausible", "plausible", "doubtful", "doubtful"]
    assert world.rejudge(NOW)["revised"] >= 2
    assert [v.assurance for v in world.visits()] == ["doubtful"] * 4
    first = world.visits()[0]
    assert "one_spot" in [flag["code"] for flag in first.flags]
    kept = session.scalars(sa.select(Judgement).where(Judgement.visit_id == first.id).order_by(Judgement.id)).all()
    assert [j.assurance for j in kept] == ["plausible", "doubtful"]


def test_judging_again_takes_back_what_the_visit_had_met(world, session):
    album(world)
    duty = sa.select(Duty.state).where(Duty.elder_id == world.elders[0].id, Duty.kind == "month")
    assert session.scalar(duty) == "visited"
    world.rejudge(NOW)
    assert session.scalar(duty) == "missing"


def test_judging_again_twice_changes_nothing(world, session):
    album(world)
    world.rejudge(NOW)
    count = sa.select(sa.func.count()).select_from(Judgement)
    before = session.scalar(count)
    assert world.rejudge(NOW + HOUR)["revised"] == 0  # homes forgot what they had learnt of these visits
    assert world.rejudge(NOW + 2 * HOUR) == {"visitors": 0, "judged": 0, "revised": 0}
    assert session.scalar(count) == before


def test_after_seven_days_a_judgement_stands(world):
    album(world)
    assert world.rejudge(NOW + 8 * DAY)["judged"] == 0
    assert world.visits()[0].assurance == "plausible"


def test_what_a_person_decided_stays(world, session):
    album(world)
    session.execute(sa.update(Visit).values(decision="accept"))
    session.commit()
    world.rejudge(NOW)
    assert world.visits()[0].assurance == "plausible"


def test_a_home_is_where_two_visitors_on_two_days_found_it(world):
    elder, truth = world.elders[0], move(HERE, -500, -500)
    for days, user in ((3, world.volunteer), (2, world.other), (1, world.volunteer)):
        start = NOW - days * DAY
        world.send(world.home(elder, start=start, at=truth), user=user, now=start + HOUR)
    seen = world.visits()
    assert [f["code"] for f in seen[0].flags if f["code"] == "far"] == ["far"]
    assert "far" not in [f["code"] for f in seen[2].flags]
    world.rejudge(NOW)
    assert all("far" not in [f["code"] for f in v.flags] for v in world.visits())


def test_every_judgement_can_be_repeated_from_its_inputs(world, session):
    album(world)
    world.rejudge(NOW)
    keys = {elder.id: elder.data_key for elder in world.elders}
    rows = session.execute(
        sa.select(Judgement.visit_id, Judgement.inputs, Judgement.assurance, Judgement.flags, Visit.elder_id).join(
            Visit, Visit.id == Judgement.visit_id
        )
    ).all()
    assert len(rows) > 4
    for visit_id, inputs, assurance, flags, elder_id in rows:
        key = key_for(VAULT, world.county.id, elder_id, keys[elder_id])
        again = judge(read_evidence(json.loads(unseal(key, "inputs", visit_id, inputs))))
        assert again.assurance == assurance
        assert [(f.code, f.weight) for f in again.flags] == [(f["code"], f["weight"]) for f in flags]


def test_a_history_lies_sealed_and_a_homes_ends_with_its_elders_key(world, session):
    world.send(world.home(world.elders[0]))
    rows = {row.kind: row for row in session.scalars(sa.select(History))}
    assert set(rows) == {"visitor", "home"}
    keys = {world.elders[0].id: world.elders[0].data_key}
    read = histories.read(session, world.county.id, VAULT, keys, [world.volunteer.id], [], [])
    assert len(read.memory.homes[world.elders[0].id.bytes].seen) == 1
    erased = histories.read(session, world.county.id, VAULT, {world.elders[0].id: None}, [], [], [])
    assert erased.memory.homes[world.elders[0].id.bytes].seen == []


def test_the_same_photo_for_two_homes_is_seen_in_both(world):
    photo = "ab" * 32
    world.send(world.home(world.elders[0], start=NOW - 3 * HOUR, photos=[photo]), now=NOW - 2 * HOUR)
    world.send(world.home(world.elders[3], start=NOW - HOUR, photos=[photo]))
    assert world.visits()[1].assurance == "doubtful"
    world.rejudge(NOW)
    assert ["photo_reused" in [f["code"] for f in v.flags] for v in world.visits()] == [True, True]


def picture(seed, brighter=0, quality=85):
    """A JPEG of some scene: blocks of light and dark."""
    scene = random.Random(seed)
    small = Image.new("L", (12, 9))
    small.putdata([min(255, scene.randrange(200) + brighter) for _ in range(108)])
    out = io.BytesIO()
    small.resize((640, 480), Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()


def test_a_picture_saved_anew_looks_alike_another_does_not_and_a_dark_one_says_nothing():
    one, anew, other = (prints.print_of(p) for p in (picture(1), picture(1, brighter=20, quality=40), picture(2)))
    assert (one ^ anew).bit_count() <= ALIKE_BITS
    assert (one ^ other).bit_count() > 4 * ALIKE_BITS
    out = io.BytesIO()
    Image.new("L", (640, 480), 12).save(out, "JPEG")
    assert prints.print_of(out.getvalue()) is None
    assert prints.print_of(b"\xff\xd8\xff no picture") is None


def test_a_photo_saved_anew_for_another_home_is_told_of_both_visits(world, session):
    photos = [picture(1), picture(1, quality=40), picture(2)]
    digests = [hashlib.sha256(photo).hexdigest() for photo in photos]
    for elder, digest, hours in ((world.elders[0], digests[0], 5), (world.elders[3], digests[1], 3),
                                 (world.elders[4], digests[2], 1)):  # fmt: skip
        start = NOW - hours * HOUR
        world.send(world.home(elder, start=start, photos=[digest]), now=start + HOUR / 2)
    for visit, digest, photo in zip(world.visits(), digests, photos, strict=True):
        prints.note(
            session, world.county.id, world.volunteer.id, visit.id, digest, prints.print_of(photo), vault=VAULT, now=NOW
        )
    session.commit()
    world.rejudge(NOW)
    alike = ["photo_alike" in [f["code"] for f in v.flags] for v in world.visits()]
    assert alike == [True, True, False]


def test_histories_cost_the_same_statements_for_one_visit_and_for_five(world, queries):
    world.send(world.home(world.elders[0], start=NOW - 30 * HOUR), now=NOW - 29 * HOUR)
    with queries() as one:
        world.send(world.home(world.elders[1], start=NOW - 20 * HOUR), now=NOW - 19 * HOUR)
    with queries() as five:
        items = [world.home(e, start=NOW - 5 * HOUR + n * HOUR / 2) for n, e in enumerate(world.elders)]
        world.send(*items)
    assert sum("presence_histories" in statement for statement in one) == 2
    assert sum("presence_histories" in statement for statement in five) == 2
