"""426 `app_too_old`: an app that is too old is told nothing more, and everything it sends is taken."""

import pytest

from server.devices import service as devices
from server.devices.model import Device
from server.problems import Problem
from server.regions import service as regions
from shared.protocol.version import newest, older, read_version
from tests import factories as make
from tests.conftest import NOW
from tests.integration.sync.test_sealed import enrol
from tests.people import KEYS, VILLAGE
from tests.phones import FakePhone
from tests.visits import sent


@pytest.fixture
def volunteer(place):
    return place.user(("volunteer", VILLAGE))


@pytest.fixture
def elder(session, place, volunteer):
    made = make.elder(session, place.county, place.regions[VILLAGE])
    make.pairing(session, made, volunteer)
    session.commit()
    return made


@pytest.fixture
def phone(session, client, volunteer, elder):
    return enrol(session, client, volunteer)  # its app says 0.1.0


@pytest.fixture
def asks_for(session, place):
    def set_(version, county=None):
        regions.set_own(session, (county or place.county).id, "min_app", version, now=NOW)

    return set_


def pull(phone, **headers):
    bearer = {"Authorization": f"Bearer {phone.tokens['access_token']}"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return phone.client.get("/api/v1/sync/changes", headers={**bearer, **names})


def test_an_app_that_is_too_old_is_told_nothing_and_which_version_it_takes(phone, asks_for):
    assert pull(phone).json["config"]["min_app"] == "0.1.0"
    asks_for("0.2.0")
    answer = pull(phone)
    assert (answer.status_code, answer.json["code"], answer.json["min_app"]) == (426, "app_too_old", "0.2.0")
    assert "elders" not in answer.json


def test_whatever_it_sends_is_taken_all_the_same(phone, elder, asks_for):
    asks_for("9.0")
    headers = {"Authorization": f"Bearer {phone.tokens['access_token']}", "Yuetan-App": "0.1.0"}
    plain = phone.client.post("/api/v1/sync/visits", json={"visits": [sent(elder)]}, headers=headers)
    assert plain.json["results"][0]["status"] == "accepted"
    sealed = phone.send_sealed(phone.sealed(sent(elder)), headers=headers)
    assert sealed.json["results"][0]["status"] == "accepted"
    event = {"id": sent(elder)["id"], "kind": "anything"}
    told = phone.client.post("/api/v1/sync/events", json={"events": [event]}, headers=headers)
    assert told.json["results"][0]["status"] == "accepted"
    photo = f"/api/v1/sync/visits/{event['id']}/photos/{'a' * 64}"
    assert phone.client.put(photo, data=b"", headers=headers).status_code == 404
    assert phone.refresh(phone.tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("headers", [{"Yuetan_App": "0.2.0"}, {"User_Agent": "Yuetan/0.2.1"}])
def test_what_the_request_says_goes_before_what_was_said_at_enrolment(phone, asks_for, headers):
    asks_for("0.2.0")
    assert pull(phone, **headers).status_code == 200
    assert pull(phone, Yuetan_App="0.1.9").status_code == 426


def test_an_updated_app_is_known_by_its_next_refresh(session, phone, asks_for):
    asks_for("0.2.0")
    body = phone.signed(phone.tokens["refresh_token"])
    phone.client.post("/api/v1/devices/refresh", json=body, headers={"Yuetan-App": "0.2.0"})
    session.expire_all()
    assert session.get_one(Device, phone.id).app_version == "0.2.0"
    assert pull(phone).status_code == 200


@pytest.mark.parametrize("version", ["", "a build of my own"])
def test_an_app_that_says_nothing_that_can_be_compared_is_served(session, client, volunteer, elder, asks_for, version):
    asks_for("0.2.0")
    phone = FakePhone(client)
    code = devices.issue_code(session, KEYS, volunteer.id, now=NOW, today=NOW.date()).code
    phone.tokens = phone.enrol(code, app_version=version).json
    assert pull(phone).status_code == 200


def test_another_countys_wish_is_not_this_ones_and_a_login_has_no_app(client, place, phone, asks_for, volunteer):
    asks_for("9.0", place.other_county)
    assert pull(phone).status_code == 200
    asks_for("9.0")
    answer = client.get("/api/v1/sync/changes", headers=place.bearer(volunteer))
    assert answer.status_code == 200


def test_a_county_cannot_ask_for_less_than_the_server(phone, asks_for):
    asks_for("0.0.1")
    assert pull(phone).json["config"]["min_app"] == "0.1.0"
    assert pull(phone, Yuetan_App="0.0.9").status_code == 426


def test_versions_are_compared_by_their_numbers():
    assert read_version("v1.2.0-beta+7") == read_version("1.2") == (1, 2)
    assert older("0.9.9", "0.10")
    assert not older("0.10", "0.9.9")
    assert not older("nightly", "0.9.9")
    assert not older(None, "1")
    assert newest("0.2", "0.10") == "0.10"
    assert newest("0.2", None) == newest("0.2", "soon") == "0.2"


@pytest.mark.parametrize(
    ("name", "value"),
    [("min_app", "soon"), ("min_app", 7), ("ladders", {"sos": 3}), ("timebank", {"standard_min": "9"}), ("nothing", 1)],
)
def test_what_a_county_cannot_set_is_told(session, place, name, value):
    with pytest.raises(Problem) as wrong:
        regions.set_own(session, place.county.id, name, value, now=NOW)
    assert wrong.value.code == "validation"


def test_a_countys_own_number_can_be_taken_back(session, place):
    regions.set_own(session, place.county.id, "ladders", {"sos": [0, 1]}, now=NOW)
    assert place.county.settings == {"ladders": {"sos": [0, 1]}}
    regions.set_own(session, place.county.id, "ladders", None, now=NOW)
    assert place.county.settings == {}
