"""The page of the duty roster."""

from server.roster.model import Shift
from tests.integration.console.desk import desk
from tests.people import TOWN, VILLAGE, VILLAGE_B

FORM = {"region": f"{VILLAGE:012d}", "starts_at": "2026-11-14T08:00", "ends_at": "2026-11-14T20:00"}


def test_somebody_is_put_on_duty_by_the_countys_clock_and_taken_off(session, client, place):
    worker = place.user(("community_worker", VILLAGE), name="值班员")
    someone = desk(client, place, ("director", TOWN))
    assert "还没有排班" in someone.get("/console/shifts").text
    assert someone.post("/console/shifts", {**FORM, "user": str(worker.id)}).status_code == 303
    page = someone.get("/console/shifts").text
    assert "11月14日 08:00" in page
    assert "正在值班" in page  # it is ten in the morning
    shift = session.query(Shift).one()
    assert someone.post(f"/console/shifts/{shift.id}/cancel").status_code == 303
    assert "还没有排班" in someone.get("/console/shifts").text


def test_hours_that_end_before_they_begin_are_said_to_be_wrong_and_stay_in_the_form(client, place):
    worker = place.user(("community_worker", VILLAGE))
    someone = desk(client, place, ("director", TOWN))
    answer = someone.post("/console/shifts", {**FORM, "user": str(worker.id), "ends_at": "2026-11-14T07:00"})
    assert answer.status_code == 422
    assert "最长 31 天" in answer.text
    assert "2026-11-14T07:00" in answer.text


def test_an_auditor_reads_it_and_is_offered_no_button(client, place):
    page = desk(client, place, ("auditor", VILLAGE_B)).get("/console/shifts").text
    assert "值班表" in page
    assert 'action="/console/shifts"' not in page
