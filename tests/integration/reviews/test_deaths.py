"""Deaths are listed with the days since the last contact, and looked at by a director every time."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server.elders import service as elders
from server.elders import vault
from server.elders.model import ElderStatus
from tests import factories as make
from tests.people import COUNTY, VILLAGE, VILLAGE_B

DIED = dt.date(2026, 11, 12)


@pytest.fixture
def gone(app, session, place, now):
    """One who died nine days after the last meeting, one whom nobody ever visited, one who moved."""
    visitor = place.user(("volunteer", VILLAGE))
    found = [make.elder(session, place.county, place.regions[VILLAGE], name=n) for n in ("王一", "李二", "张三")]
    make.visit(session, found[0], visitor, dt.datetime(2026, 11, 3, 2, tzinfo=dt.UTC))
    make.visit(session, found[0], visitor, dt.datetime(2026, 11, 10, 2, tzinfo=dt.UTC), outcome="not_home")
    make.visit(session, found[0], visitor, dt.datetime(2026, 11, 13, 2, tzinfo=dt.UTC))  # after it: a mistake
    for elder, status in zip(found, ("died", "died", "moved"), strict=True):
        with app.app_context():
            elders.record_status(session, elder, status, DIED, vault=vault.current(), now=now, today=now.date())
    return found


def listed(client, headers, **query):
    answer = client.get("/api/v1/deaths", headers=headers, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


def look(client, headers, elder, **body):
    return client.post(f"/api/v1/deaths/{elder.id}/review", json=body, headers=headers)


def test_deaths_stand_with_the_days_since_somebody_met_the_elder(client, place, gone):
    director = place.somebody(("director", VILLAGE))
    found = {item["elder"]["name"]: item for item in listed(client, director)}
    assert set(found) == {"王一", "李二"}
    assert (found["王一"]["days_since"], found["王一"]["visited_that_month"]) == (9, True)
    assert (found["李二"]["days_since"], found["李二"]["last_contact_at"]) == (None, None)
    assert [item["elder"]["name"] for item in listed(client, director, kind="moved")] == ["张三"]
    assert listed(client, place.somebody(("director", VILLAGE_B))) == []


def test_a_death_is_looked_at_once_and_by_name(client, place, gone):
    director, other = place.somebody(("director", VILLAGE)), place.somebody(("director", COUNTY))
    for _ in range(2):
        answer = look(client, director, gone[0], finding="expected", note="久病")
        assert answer.status_code == 200, answer.text
    assert answer.json["review"]["finding"] == "expected"
    assert look(client, other, gone[0], finding="visits_missed").json["code"] == "already_reviewed"
    assert [i["elder"]["name"] for i in listed(client, director, state="open")] == ["李二"]
    assert [i["elder"]["name"] for i in listed(client, director, state="done")] == ["王一"]
    assert look(client, director, gone[2], finding="expected").status_code == 404  # moved
    assert list(look(client, director, gone[1], finding="other").json["errors"]) == ["note"]
    assert look(client, place.somebody(("auditor", VILLAGE)), gone[1], finding="expected").status_code == 403


def test_a_death_undone_leaves_the_list_and_another_is_looked_at_anew(app, client, session, place, gone, now):
    director = place.somebody(("director", VILLAGE))
    look(client, director, gone[0], finding="expected")
    event = session.scalars(
        sa.select(ElderStatus.id).where(ElderStatus.elder_id == gone[0].id, ElderStatus.status == "died")
    ).one()
    with app.app_context():
        elders.record_status(
            session, gone[0], "active", DIED, vault=vault.current(), now=now, today=now.date(), supersedes=event
        )
    assert {i["elder"]["name"] for i in listed(client, director)} == {"李二"}
    day = DIED + dt.timedelta(days=1)
    with app.app_context():
        elders.record_status(
            session, gone[0], "died", day, vault=vault.current(), now=now + dt.timedelta(hours=1), today=now.date()
        )
    assert {i["elder"]["name"] for i in listed(client, director, state="open")} == {"王一", "李二"}
