"""What is said with a call for help, and where the phone was: kept sealed, and shown to whoever goes there."""

import uuid

import pytest
import sqlalchemy as sa

from server.alerts.model import Alert
from server.elders.vault import Vault
from tests import factories as make
from tests.conftest import NOW, SECRET
from tests.integration.console.desk import desk
from tests.people import COUNTY, VILLAGE, VILLAGE_B

HERE = {"lat": 34.02927, "lon": 113.78957, "accuracy_m": 31.0, "datum": "wgs84", "mocked": False}


@pytest.fixture
def caller(session, place):
    """(volunteer, their elder, whose home is some 40 m from HERE)."""
    elder_id = uuid.uuid4()
    _, wrapped = Vault(SECRET).new_key(place.county.id, elder_id)
    elder = make.elder(
        session, place.county, place.regions[VILLAGE], id=elder_id, data_key=wrapped, lat=34.0296, lon=113.7898
    )
    volunteer = place.user(("volunteer", VILLAGE), name="刘梅")
    make.pairing(session, elder, volunteer)
    session.commit()
    return volunteer, elder


def press(client, place, who, elder, **more):
    call = {"id": str(uuid.uuid4()), "elder_id": str(elder.id) if elder else None, **more}
    answer = client.post("/api/v1/sos", json=call, headers=place.bearer(who))
    assert answer.status_code == 201, answer.json
    return call["id"]


def event(client, place, who, elder, data):
    item = {"id": str(uuid.uuid4()), "kind": "sos", "subject_id": str(elder.id) if elder else None, "data": data}
    answer = client.post("/api/v1/sync/events", json={"events": [item]}, headers=place.bearer(who))
    assert answer.json["results"][0]["status"] == "accepted"
    return item["id"]


def story(client, headers, alert_id):
    return client.get(f"/api/v1/alerts/{alert_id}", headers=headers)


@pytest.mark.parametrize("way", ["phone", "online"])
def test_the_director_sees_who_called_what_they_said_and_where_the_phone_was(client, session, place, caller, way):
    volunteer, elder = caller
    if way == "phone":
        alert_id = event(client, place, volunteer, elder, {"words": "在厨房摔倒了", "position": HERE})
    else:
        alert_id = press(client, place, volunteer, elder, words="在厨房摔倒了", position=HERE)
    said = story(client, place.somebody(("director", VILLAGE)), alert_id).json["said"]
    assert (said["words"], said["by"], said["position"]) == ("在厨房摔倒了", "刘梅", HERE)
    assert 30 < said["from_home_m"] < 60
    assert story(client, place.somebody(("director", VILLAGE_B)), alert_id).status_code == 404
    page = desk(client, place, ("director", COUNTY)).get("/console/alerts").text
    for words in ("刘梅 求助", "在厨房摔倒了", "geo:34.02927,113.78957", "误差 31 米", f"约 {said['from_home_m']} 米"):
        assert words in page
    kept = session.scalars(sa.select(Alert.said)).one()
    assert "厨房".encode() not in kept
    assert b"34.0" not in kept


def test_the_position_of_a_call_for_an_elder_who_refused_positions_is_not_kept(client, session, place, caller):
    volunteer, elder = caller
    elder.consent_position = False
    session.commit()
    quiet, spoken = (
        event(client, place, volunteer, elder, {"words": words, "position": HERE}) for words in ("", "快来")
    )
    headers = place.somebody(("director", VILLAGE))
    assert story(client, headers, quiet).json["said"] == {
        "words": "", "position": None, "from_home_m": None, "by": "刘梅",
    }  # fmt: skip
    assert story(client, headers, spoken).json["said"]["words"] == "快来"
    assert sorted(one is None for one in session.scalars(sa.select(Alert.said))) == [False, True]


def test_a_call_of_nobody_in_particular_says_where_the_caller_is(client, session, place, caller):
    volunteer, _ = caller
    alert_id = event(client, place, volunteer, None, {"words": "", "position": {**HERE, "accuracy_m": None}})
    said = story(client, place.somebody(("director", VILLAGE)), alert_id).json["said"]
    assert (said["position"]["lat"], said["from_home_m"]) == (HERE["lat"], None)
    page = desk(client, place, ("director", COUNTY)).get("/console/alerts").text
    assert "没有指明老人" in page
    assert "geo:34.02927,113.78957" in page


@pytest.mark.parametrize("position", ["here", {"lat": 340, "lon": 1}, {"lat": None}, [], 7])
def test_a_position_that_cannot_be_read_stops_no_call(client, place, caller, position):
    volunteer, elder = caller
    headers = place.somebody(("director", VILLAGE))
    for alert_id in (
        event(client, place, volunteer, elder, {"position": position}),
        press(client, place, volunteer, elder, position=position),
    ):
        assert story(client, headers, alert_id).json["said"]["position"] is None


def test_what_was_said_ends_with_the_elders_key(client, session, place, caller):
    volunteer, elder = caller
    alert_id = event(client, place, volunteer, elder, {"words": "在厨房摔倒了", "position": HERE})
    elder.data_key = None
    session.commit()
    said = story(client, place.somebody(("director", VILLAGE)), alert_id).json["said"]
    assert (said["words"], said["position"]) == ("", None)


def test_only_a_call_for_help_says_something(client, session, place, caller):
    from server.alerts import service


    _, elder = caller
    wanted = service.Wanted(elder.county_id, "missing", elder.id, "2026-10", elder.id, None, elder.region_id)
    (alert_id,) = service.raise_alerts(session, [wanted], now=NOW)
    session.commit()
    assert story(client, place.somebody(("director", VILLAGE)), alert_id).json["said"] is None
