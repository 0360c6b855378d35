"""A person's phones in the console: revoked with a reason that can be mended, and replaced when the new one comes."""

import pytest

from server.devices.model import Device, EnrolmentCode
from tests.integration.console.desk import desk
from tests.integration.sync.test_sealed import enrol
from tests.people import VILLAGE, VILLAGE_B


@pytest.fixture
def volunteer(place):
    return place.user(("volunteer", VILLAGE))


@pytest.fixture
def phone(session, client, volunteer):
    return enrol(session, client, volunteer)


def test_the_phone_in_use_is_offered_to_be_replaced(session, client, place, volunteer, phone):
    someone = desk(client, place, ("director", VILLAGE))
    page = someone.get(f"/console/users/{volunteer.id}").text
    assert f'<option value="{phone.id}">' in page
    answer = someone.post(f"/console/users/{volunteer.id}/code", {"id": "", "replaces": str(phone.id)})
    assert answer.status_code == 200
    newest = session.query(EnrolmentCode).filter_by(used_at=None).one()
    assert newest.replaces == phone.id
    someone.post(f"/console/users/{volunteer.id}/code", {"replaces": ""})
    assert session.query(EnrolmentCode).filter_by(used_at=None, replaces=None).count() == 1


def test_somebody_elses_phone_is_not_there(session, client, place, volunteer):
    other = enrol(session, client, place.user(("volunteer", VILLAGE_B)))
    someone = desk(client, place, ("director", VILLAGE))
    answer = someone.post(f"/console/users/{volunteer.id}/code", {"replaces": str(other.id)})
    assert answer.status_code == 404


def test_a_reason_can_be_mended(session, client, place, volunteer, phone):
    someone = desk(client, place, ("director", VILLAGE))
    for how in ("replaced", "lost"):
        assert someone.post(f"/console/devices/{phone.id}/revoke", {"as": how}).status_code == 303
    session.expire_all()
    assert session.get_one(Device, phone.id).revoked_as == "lost"
    assert "改停用原因" in someone.get(f"/console/users/{volunteer.id}").text
