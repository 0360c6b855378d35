"""The audit log is read by whoever holds a county whole; messages by whom they are for."""

import datetime as dt

import pytest

from server.audit import service as audit
from server.notify import service as notify
from server.notify.service import Outgoing
from shared.ids import uuid7
from tests.people import COUNTY, COUNTY_B, VILLAGE


@pytest.fixture
def entries(session, place, now):
    who, about = place.user(("director", VILLAGE), name="王主任"), uuid7()
    for number, action in enumerate(("elder.reveal", "elder.change", "visit.accept")):
        audit.record(
            session, action, action.split(".")[0], about if number else uuid7(), now=now - dt.timedelta(days=number),
            actor_id=who.id, county_id=place.county.id, details={"n": number},
        )  # fmt: skip
    audit.record(session, "month.close", "month", None, now=now, actor_id=None, county_id=place.other_county.id)
    session.commit()
    return who, about


def read(client, headers, **query):
    answer = client.get("/api/v1/audit", headers=headers, query_string=query)
    assert answer.status_code == 200, answer.text
    return [item["action"] for item in answer.json["items"]]


def test_the_log_of_ones_county_newest_first(client, place, entries):
    who, about = entries
    admin = place.somebody(("admin", COUNTY))
    assert read(client, admin) == ["elder.reveal", "elder.change", "visit.accept"]
    assert read(client, admin, action="elder") == ["elder.reveal", "elder.change"]
    assert read(client, admin, action="visit.accept") == ["visit.accept"]
    assert read(client, admin, subject=str(about)) == ["elder.change", "visit.accept"]
    assert read(client, admin, by=str(who.id)) == ["elder.reveal", "elder.change", "visit.accept"]
    assert read(client, admin, **{"from": "2026-11-13", "to": "2026-11-13"}) == ["elder.change"]
    assert read(client, place.somebody(("auditor", COUNTY_B))) == ["month.close"]
    item = client.get("/api/v1/audit", headers=admin).json["items"][0]
    assert (item["by"]["name"], item["details"]) == ("王主任", {"n": 0})


def test_it_comes_in_pages_and_not_to_who_holds_less_than_a_county(client, place, entries):
    admin = place.somebody(("admin", COUNTY))
    first = client.get("/api/v1/audit?limit=2", headers=admin).json
    second = client.get(f"/api/v1/audit?limit=2&cursor={first['next_cursor']}", headers=admin).json
    assert [len(first["items"]), len(second["items"]), second["next_cursor"]] == [2, 1, None]
    assert read(client, place.somebody(("admin", VILLAGE))) == []
    assert client.get("/api/v1/audit", headers=place.somebody(("director", COUNTY))).status_code == 403


def test_messages_are_ones_own(client, session, place, now):
    mine, other = place.user(("volunteer", VILLAGE)), place.user(("volunteer", VILLAGE))
    for n, who in enumerate((mine, mine, other)):
        notify.enqueue(session, place.county.id, [Outgoing(f"k{n}", who.id, "visit_accepted", {"visit_id": str(n)})],
                       now=now + dt.timedelta(minutes=n))  # fmt: skip
    session.commit()
    answer = client.get("/api/v1/messages", headers={**place.bearer(mine), "Accept-Language": "en"})
    assert [m["params"]["visit_id"] for m in answer.json["items"]] == ["1", "0"]
    assert answer.json["items"][0]["title"] == "Visit accepted"
