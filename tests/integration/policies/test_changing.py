"""A policy is changed by a new version, and the open months follow; a county's own times for its ladders."""

import pytest
import sqlalchemy as sa

from server import outcomes
from server.alerts.ladder import ladder
from server.audit.model import AuditEntry
from server.duties.model import Duty
from server.policies import service as policies
from server.regions.model import County
from tests import factories as make
from tests.people import COUNTY, COUNTY_B, TOWN, VILLAGE

SAID = {"name": "普遍巡访", "channels": ["home", "phone", "video"], "per_month": 1, "per_week": 0, "home_per_month": 0,
        "stay_min_s": 180}  # fmt: skip


@pytest.fixture
def county(session, place, now):
    policies.create_defaults(session, place.county.id, now)
    visitor = place.user(("volunteer", VILLAGE))
    place.elder = make.elder(session, place.county, place.regions[VILLAGE])
    make.visit(session, place.elder, visitor, now, channel="phone", spoken_to="elder", assurance="plausible")
    outcomes.open_periods(session, place.county.id, now=now)
    outcomes.settle_elders(session, place.county.id, [place.elder.id], now=now)
    session.commit()
    return place.county


def change(client, headers, county_id, policy="universal", **body):
    return client.post(f"/api/v1/counties/{county_id}/policies/{policy}", json={**SAID, **body}, headers=headers)


def state(session, place):
    session.expire_all()
    return session.scalars(sa.select(Duty.state).where(Duty.elder_id == place.elder.id)).all()


def test_a_change_is_a_new_version_and_open_duties_follow(client, session, place, county):
    admin = place.somebody(("admin", COUNTY))
    assert state(session, place) == ["visited"]
    answer = change(client, admin, county.id, channels=["home"])
    assert (answer.status_code, answer.json["version"], answer.json["channels"]) == (201, 2, ["home"])
    assert state(session, place) == ["missing"]
    assert change(client, admin, county.id, channels=["home"]).json["version"] == 2
    assert change(client, admin, county.id).json["version"] == 3
    assert state(session, place) == ["visited"]
    kept = client.get("/api/v1/policies?versions=true", headers=admin).json["items"]
    assert [p["version"] for p in kept if p["id"] == "universal"] == [3, 2, 1]
    logged = session.scalars(sa.select(AuditEntry.details).where(AuditEntry.action == "policy.change")).all()
    assert sorted(d["version"] for d in logged) == [2, 3]


def test_only_who_holds_the_county_whole_changes_what_is_owed(client, place, county):
    assert change(client, place.somebody(("director", COUNTY)), county.id, per_month=2).status_code == 201
    for role, code, status in (("director", TOWN, 404), ("admin", COUNTY_B, 404), ("auditor", COUNTY, 403)):
        assert change(client, place.somebody((role, code)), county.id).status_code == status
    admin = place.somebody(("admin", COUNTY))
    assert change(client, admin, county.id, "no_such").status_code == 404
    for wrong in ({"channels": []}, {"channels": ["fax"]}, {"per_month": 0}, {"stay_min_s": -1}, {"per_week": 8}):
        assert change(client, admin, county.id, **wrong).status_code == 422


def times(client, headers, county_id, **ladders):
    return client.put(f"/api/v1/counties/{county_id}/ladders", json={"ladders": ladders}, headers=headers)


def test_a_county_sets_its_own_times_and_takes_them_back(client, session, place, county):
    admin = place.somebody(("admin", COUNTY))
    answer = times(client, admin, county.id, no_answer=[0, 45, 240, 1440])
    assert answer.json["ladders"]["no_answer"] == [0, 45, 240, 1440]
    assert answer.json["ladders"]["sos"] == [0, 2, 4]
    session.expire_all()
    settings = session.get_one(County, county.id).settings
    assert ladder("no_answer", settings)[1].after.total_seconds() == 45 * 60
    shown = client.get("/api/v1/counties", headers=admin).json["items"]
    assert [c["settings"] for c in shown] == [{"ladders": {"no_answer": [0, 45, 240, 1440]}}]
    times(client, admin, county.id, no_answer=[0, 120, 360, 1440])
    session.expire_all()
    assert session.get_one(County, county.id).settings == {"ladders": {}}


@pytest.mark.parametrize("wrong", [{"no_answer": [0, 45]}, {"no_answer": [0, 60, 30, 90]}, {"fire": [0]},
                                   {"sos": [0, -1, 4]}])  # fmt: skip
def test_times_that_make_no_ladder_are_refused(client, place, county, wrong):
    answer = times(client, place.somebody(("admin", COUNTY)), county.id, **wrong)
    assert (answer.status_code, list(answer.json["errors"])) == (422, list(wrong))
    assert times(client, place.somebody(("admin", COUNTY_B)), county.id).status_code == 404
