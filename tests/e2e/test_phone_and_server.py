"""The phone's own code against the server's own code: scanned, saved and sent, seen, counted, credited."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from caregiver_app.fleet.machine import picture
from caregiver_app.platform.fake import FakeClock, FakePosition, fake
from caregiver_app.platform.protocols import Reading
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROLLED, REVOKED
from server import clock, outcomes
from server.devices import service as devices
from server.elders.model import Elder
from server.elders.vault import Vault
from server.pairings.model import Pairing
from server.tags import service as tags
from server.tags.model import Tag
from server.tags.queries import Wanted
from server.tags.tokens import PURPOSE, TagKeys
from server.visits.model import Visit
from shared.ids import uuid7
from tests import factories
from tests.conftest import NOW, SECRET
from tests.fakes.wsgi_line import WsgiLine
from tests.people import KEYS, VILLAGE

URL = "https://yuetan.example"
HOME = (34.03, 113.79)


@dataclass
class District:
    """A volunteer with three elders, their phone, and the director of the village."""

    session: Any
    place: Any
    app: Any
    folder: Path

    def __post_init__(self) -> None:
        self.clock = FakeClock(real=NOW, booted=NOW - dt.timedelta(days=2))
        clock.set_clock(self.app, lambda: self.clock.real)
        self.volunteer = self.place.user(("volunteer", VILLAGE))
        self.director = self.place.user(("director", VILLAGE))
        self.elders = [self.elder() for _ in range(3)]
        self.ties = [factories.pairing(self.session, elder, self.volunteer) for elder in self.elders]
        self.keys = TagKeys.of(KEYS.keys(PURPOSE))
        wanted = Wanted(VILLAGE, VILLAGE, NOW.date())
        tags.issue(self.session, wanted, keys=self.keys, actor_id=None, now=NOW)
        outcomes.open_periods(self.session, self.place.county.id, now=NOW)
        issued = devices.issue_code(self.session, KEYS, self.volunteer.id, now=NOW, today=NOW.date())
        self.session.commit()
        self.code = issued.code
        self.line = WsgiLine(self.app)
        self.platform = fake(self.clock)
        self.phone = self.open()

    def elder(self) -> Elder:
        """An elder with a key of their own, whose home's position is known."""
        id_, county = uuid7(NOW), self.place.county
        _, wrapped = Vault(SECRET).new_key(county.id, id_)
        place = {"lat": HOME[0], "lon": HOME[1], "id": id_, "data_key": wrapped}
        return factories.elder(self.session, county, self.place.regions[VILLAGE], **place)

    def open(self) -> Phone:
        return Phone(open_store(self.folder), self.platform, self.line, random.Random(1))

    def kill(self) -> None:
        self.phone.store.close()
        self.phone = self.open()

    def tag_text(self, elder: Elder) -> str:
        tag = self.session.scalar(sa.select(Tag).where(Tag.elder_id == elder.id))
        return f"{URL}/t/{self.keys.token(tag)}"

    def settle(self) -> None:
        self.phone.outbox.send_now()
        for _ in range(100):
            wait = self.phone.engine.step()
            if wait is None or wait > 400:
                return
            self.clock.advance(wait)
        raise AssertionError(self.phone.engine.status)

    def get(self, path: str, who: Any = None) -> Any:
        headers = self.place.bearer(who or self.director, at=self.clock.real)
        answer = self.app.test_client().get(f"/api/v1{path}", headers=headers)
        assert answer.status_code == 200, answer.json
        return answer.json

    def record(self, number: int = 0, *, photo: bytes = b"", urgent: bool = False) -> str:
        """Scan, one tap, save: offline or not."""
        position = self.platform.position
        assert isinstance(position, FakePosition)
        position.here = Reading(HOME[0] + 0.00008, HOME[1] - 0.00005, 14.0)
        found = self.phone.scan.read_text(self.tag_text(self.elders[number]))
        assert found.elder is not None
        assert found.elder.id == str(self.elders[number].id)
        visit = self.phone.begin_visit(found.elder.id, tag=found.text, tag_by=found.by)
        self.clock.advance(20 * 60)
        position.here = Reading(HOME[0] + 0.00006, HOME[1] - 0.00002, 11.0)
        visit.all_good()
        if photo:
            visit.add_photo(photo)
        if urgent:
            visit.set_urgent("fallen", "在厕所")
        return visit.save().visit_id


@pytest.fixture
def district(session, place, app, tmp_path):
    made = District(session, place, app, tmp_path / "phone")
    view = made.phone.enrol.submit(URL, made.code)
    assert view.done, view.problem
    yield made
    made.phone.stop()


def test_a_visit_saved_without_signal_is_seen_counted_and_credited_once_there_is_one(district):
    before = district.phone.today.view()
    assert (before.progress_done, before.progress_total) == (0, 3)
    assert district.get(f"/compliance?region={VILLAGE}&month=2026-11")["missing"] == 3

    district.line.down = True
    visit_id = district.record(photo=picture(random.Random(1)))
    assert district.phone.engine.step() > 0
    district.kill()
    offline = district.phone.today.view()
    assert (offline.progress_done, offline.progress_saved) == (0, 1)
    assert offline.badge.waiting == 1

    district.line.down = False
    district.settle()
    sent = district.phone.outbox.view().sent[0]
    assert (sent.id, sent.state, sent.detail) == (visit_id, "sent", "")
    assert district.phone.store.photos.counts() == {"sent": 1}
    after = district.phone.today.view()
    assert (after.progress_done, after.progress_saved) == (1, 0)

    seen = district.get(f"/visits?region={VILLAGE}")["items"]
    assert [(item["id"], item["assurance"], item["flags"]) for item in seen] == [(visit_id, "verified", [])]
    figures = district.get(f"/compliance?region={VILLAGE}&month=2026-11")
    assert (figures["visited"], figures["missing"], figures["visited_home"]) == (1, 2, 1)
    assert district.get("/timebank/account", district.volunteer)["pending_minutes"] == 20
    assert district.phone.store.meta.get("account")["pending_minutes"] == 20


def test_a_lost_reply_makes_no_second_visit_and_no_second_credit(district):
    visit_id = district.record()
    district.line.unanswered = 1
    district.settle()
    assert district.phone.store.outbox.get(visit_id).answer["status"] == "duplicate"
    assert district.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1
    assert district.get("/timebank/account", district.volunteer)["pending_minutes"] == 20


def test_an_urgent_visit_opens_an_alert_that_the_phone_then_shows(district):
    district.record(1, urgent=True)
    district.settle()
    alerts = district.get(f"/alerts?region={VILLAGE}")["items"]
    assert "urgent" in [alert["kind"] for alert in alerts]
    row = next(row for row in district.phone.today.view().rows if row.id == str(district.elders[1].id))
    assert row.due == "alert"


def test_an_elder_who_is_no_longer_mine_goes_from_the_phone_and_the_visit_before_counts(district):
    district.line.down = True
    visit_id = district.record(2)
    district.clock.advance(3600)
    tie = district.session.get_one(Pairing, (district.place.county.id, district.ties[2].id))
    tie.ends_at = district.clock.real
    district.session.commit()
    district.line.down = False
    district.clock.advance(60)
    district.settle()
    assert district.phone.elder.view(str(district.elders[2].id)) is None
    assert district.phone.store.outbox.get(visit_id).state == "sent"
    figures = district.get(f"/compliance?region={VILLAGE}&month=2026-11")
    assert figures["visited"] == 1


def test_weeks_without_network_and_a_wrong_clock_end_in_a_sent_visit(district):
    district.line.down = True
    district.clock.advance(3 * 7 * 86400)
    district.clock.reboot()
    district.clock.wrong = dt.timedelta(days=2)
    visit_id = district.record()
    district.line.down = False
    district.settle()
    assert district.phone.store.standing == ENROLLED
    assert district.phone.store.outbox.get(visit_id).state == "sent"


def test_a_revoked_phone_forgets_its_elders_and_sends_its_outbox_sealed(district):
    visit_id = district.record(photo=picture(random.Random(2)))
    device = district.phone.settings.view().device_id
    devices.revoke(district.session, UUID(device), "lost", now=district.clock.real, actor_id=None)
    district.settle()
    assert district.phone.store.standing == REVOKED
    assert district.phone.today.view().rows == ()
    assert district.phone.store.outbox.get(visit_id).state == "sent"
    assert district.phone.store.photos.counts() == {"sent": 1}
    paths = [path.split("/")[4] for path in district.line.paths if "/sync/sealed" in path]
    assert paths[0] == "sealed"
    assert district.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1
    seen = district.get(f"/visits?region={VILLAGE}")["items"][0]
    assert seen["id"] == visit_id


def test_a_restored_server_gets_the_visits_again(district):
    visit_id = district.record()
    district.settle()
    devices.begin_epoch(district.session, district.clock.real)
    district.settle()
    row = district.phone.store.outbox.get(visit_id)
    assert (row.state, row.answer["status"]) == ("sent", "duplicate")
    assert district.line.paths.count("POST /api/v1/sync/visits") == 2
