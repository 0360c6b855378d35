"""Away: asked for by whoever visits, approved by a director, and only then counted; a phone contact keeps the duty."""

import datetime as dt

import pytest

from server import intake, outcomes
from server.elders.vault import Vault
from shared.ids import uuid7
from tests import factories as make
from tests.conftest import NOW, SECRET
from tests.people import VILLAGE, VILLAGE_B
from tests.visits import sent


@pytest.fixture
def world(client, place, session):
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    volunteer = place.user(("volunteer", VILLAGE))
    make.pairing(session, elder, volunteer)
    outcomes.open_periods(session, place.county.id, now=NOW)
    session.commit()
    return elder, volunteer


def ask(client, headers, elder, **changes):
    body = {"id": str(uuid7()), "elder_id": str(elder.id), "reason": "in_hospital", "starts_on": "2026-11-02"}
    return client.post("/api/v1/absences", json=body | changes, headers=headers)


def figures(client, place):
    body = client.get("/api/v1/compliance", headers=place.somebody(("director", VILLAGE))).get_json()
    return body["visited"], body["away"], body["away_kept"], body["missing"]


def test_an_absence_counts_only_once_a_director_approved_it(client, world, place):
    elder, volunteer = world
    asked = ask(client, place.bearer(volunteer), elder)
    assert (asked.status_code, asked.get_json()["state"]) == (201, "asked")
    assert figures(client, place) == (0, 0, 0, 1)
    where = f"/api/v1/absences/{asked.get_json()['id']}/approve"
    assert client.post(where, headers=place.bearer(volunteer)).status_code == 403
    director = place.somebody(("director", VILLAGE))
    for _ in range(2):
        assert client.post(where, headers=director).get_json()["state"] == "approved"
    assert figures(client, place) == (0, 1, 0, 0)


def test_the_carer_on_the_phone_keeps_it_and_the_elder_on_the_phone_makes_it_a_visit(client, world, place, session):
    elder, volunteer = world
    director = place.somebody(("director", VILLAGE))
    made = ask(client, director, elder).get_json()["id"]
    client.post(f"/api/v1/absences/{made}/approve", headers=director)

    def call(spoken_to, hours):
        item = sent(elder, NOW - dt.timedelta(hours=hours)) | {
            "channel": "phone", "form": {"id": "contact-call", "version": 1},
            "answers": {"call.spoken_to": spoken_to},
        }  # fmt: skip
        intake.receive(session, intake.Sender(volunteer.id, place.county.id), [item], vault=Vault(SECRET), now=NOW)

    call("carer", 5)
    assert figures(client, place) == (0, 1, 1, 0)
    call("elder", 3)
    assert figures(client, place) == (1, 0, 0, 0)


def test_ended_or_withdrawn_the_elder_is_owed_a_visit_again(client, world, place):
    elder, _ = world
    director = place.somebody(("director", VILLAGE))
    made = ask(client, director, elder).get_json()["id"]
    client.post(f"/api/v1/absences/{made}/approve", headers=director)
    client.post(f"/api/v1/absences/{made}/withdraw", headers=director)
    assert figures(client, place) == (0, 0, 0, 1)
    [listed] = client.get("/api/v1/absences", headers=director).get_json()["items"]
    assert listed["state"] == "withdrawn"


def test_days_the_wrong_way_round_are_refused_in_words(client, world, place):
    answer = ask(client, place.somebody(("director", VILLAGE)), world[0], ends_on="2026-11-01")
    assert (answer.status_code, answer.get_json()["errors"]) == (422, {"ends_on": ["不能早于开始日期"]})


def test_an_elder_of_another_village_is_not_there(client, world, place):
    foreign = place.somebody(("director", VILLAGE_B))
    assert ask(client, foreign, world[0]).status_code == 404
    made = ask(client, place.somebody(("director", VILLAGE)), world[0]).get_json()["id"]
    assert client.post(f"/api/v1/absences/{made}/approve", headers=foreign).status_code == 404
    assert client.get("/api/v1/absences", headers=foreign).get_json()["items"] == []
