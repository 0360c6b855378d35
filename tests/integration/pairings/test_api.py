"""/pairings and /policies over HTTP: who may tie whom, and what stays on record."""

import uuid

import pytest
import sqlalchemy as sa

from server.elders.model import ElderCard
from server.pairings import queries
from server.policies import service as policies
from tests import factories as make
from tests.people import COUNTY, ELSEWHERE, VILLAGE, VILLAGE_B


@pytest.fixture
def elder(session, place):
    return make.elder(session, place.county, place.regions[VILLAGE])


@pytest.fixture
def tie(place, elder):
    """The body of a POST that ties a volunteer of the village to the elder."""
    volunteer = place.user(("volunteer", VILLAGE))
    return {"id": str(uuid.uuid4()), "elder_id": str(elder.id), "user_id": str(volunteer.id), "role": "main"}


def test_a_director_ties_a_visitor_once_and_the_card_tells_the_phones(client, session, place, elder, tie):
    director = place.somebody(("director", VILLAGE))
    answers = [client.post("/api/v1/pairings", json=tie, headers=director) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert answers[0].json["elder"]["region"]["code"] == str(VILLAGE)
    assert session.scalar(sa.select(ElderCard.version).where(ElderCard.elder_id == elder.id)) == 2
    assert len(queries.ties(session, elder.county_id, uuid.UUID(tie["user_id"]))) == 1


def test_the_same_id_for_another_tie_and_the_same_tie_under_another_id_are_refused(client, place, tie):
    director = place.somebody(("director", VILLAGE))
    client.post("/api/v1/pairings", json=tie, headers=director)
    other = client.post("/api/v1/pairings", json={**tie, "role": "stand_in"}, headers=director)
    assert (other.status_code, other.json["code"]) == (409, "id_reused")
    again = client.post("/api/v1/pairings", json={**tie, "id": str(uuid.uuid4())}, headers=director)
    assert (again.status_code, again.json["code"], again.json["pairing_id"]) == (409, "conflict", tie["id"])


def test_a_tie_that_ended_stays_on_record(client, place, tie):
    director = place.somebody(("director", VILLAGE))
    client.post("/api/v1/pairings", json=tie, headers=director)
    url = f"/api/v1/pairings/{tie['id']}/end"
    first, second = (client.post(url, json={}, headers=director) for _ in range(2))
    assert first.json["ends_at"] is not None
    assert second.json == first.json
    assert client.get("/api/v1/pairings", headers=director).json["items"] == []
    kept = client.get("/api/v1/pairings?ended=true", headers=director).json["items"]
    assert [item["id"] for item in kept] == [tie["id"]]


def test_elders_and_people_out_of_reach_are_not_found(client, place, tie):
    stranger = place.user(("volunteer", ELSEWHERE))
    for who, change in ((VILLAGE_B, {}), (VILLAGE, {"user_id": str(stranger.id)})):
        answer = client.post("/api/v1/pairings", json={**tie, **change}, headers=place.somebody(("director", who)))
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_kin_may_be_tied_but_only_as_family(client, place, tie):
    director = place.somebody(("director", VILLAGE))
    kin = str(place.user(("family", VILLAGE)).id)
    assert client.post("/api/v1/pairings", json={**tie, "user_id": kin}, headers=director).status_code == 422
    answer = client.post("/api/v1/pairings", json={**tie, "user_id": kin, "role": "family"}, headers=director)
    assert answer.status_code == 201


def test_visitors_see_their_own_ties_and_directors_those_of_their_village(client, session, place, elder):
    mine, other = place.user(("volunteer", VILLAGE)), place.user(("volunteer", VILLAGE))
    next_door = make.elder(session, place.county, place.regions[VILLAGE_B])
    for to, of in ((mine, elder), (other, elder), (other, next_door)):
        make.pairing(session, of, to)
    session.commit()

    def seen(headers, query=""):
        return len(client.get(f"/api/v1/pairings{query}", headers=headers).json["items"])

    assert seen(place.bearer(mine)) == 1
    director = place.somebody(("director", VILLAGE))
    assert seen(director) == 2
    assert seen(director, f"?user={other.id}") == 1
    assert seen(place.somebody(("director", COUNTY)), f"?elder={next_door.id}") == 1
    assert client.get("/api/v1/pairings", headers=place.somebody(("family", VILLAGE))).status_code == 403
    page = client.get("/api/v1/pairings?limit=1", headers=director).json
    rest = client.get(f"/api/v1/pairings?limit=1&cursor={page['next_cursor']}", headers=director).json
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)


def test_policies_are_those_of_ones_own_county_in_their_newest_version(client, session, place, now):
    from dataclasses import replace

    from shared.rules.policy import UNIVERSAL

    policies.create_defaults(session, place.county.id, now)
    policies.create_defaults(session, place.county.id, now)
    policies.create_defaults(session, place.other_county.id, now)
    policies.add_versions(session, place.county.id, [replace(UNIVERSAL, version=2, per_month=2)], now)
    session.commit()
    headers = place.somebody(("volunteer", VILLAGE))
    items = client.get("/api/v1/policies", headers=headers).json["items"]
    assert [(p["id"], p["version"], p["per_month"]) for p in items] == [("focused", 1, 1), ("universal", 2, 2)]
    assert len(client.get("/api/v1/policies?versions=true", headers=headers).json["items"]) == 3
    first = client.get("/api/v1/policies?versions=true&limit=2", headers=headers).json
    rest = client.get(f"/api/v1/policies?versions=true&limit=2&cursor={first['next_cursor']}", headers=headers).json
    assert [p["version"] for p in rest["items"]] == [1]
