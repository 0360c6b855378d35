"""CONTRACT: alerts that visits raise, and what directors decide about doubtful ones."""

import datetime as dt
import threading

import pytest

from tests.contract.client import Http, now, uuid7, visit
from tests.contract.test_errors import check_problem
from tests.contract.test_login import check_region


def alerts(demo, account="county_director", **query):
    answer = demo.get(account, "/alerts", limit=500, **query)
    assert answer.status == 200, answer.body
    return answer.json()["items"]


def raised(demo, item, kind):
    return [a for a in alerts(demo, kind=kind) if a["period"] == item["id"]]


def check_alert(alert):
    assert {"id", "kind", "elder", "period", "state", "step", "opened_at", "due_at", "acknowledged_by",
            "resolved"} <= set(alert)  # fmt: skip
    assert alert["state"] in ("open", "acknowledged", "resolved")
    assert isinstance(alert["period"], str)
    assert isinstance(alert["step"], int)
    assert dt.datetime.fromisoformat(alert["opened_at"]).utcoffset() is not None
    if alert["elder"] is not None:
        assert {"id", "name", "region"} <= set(alert["elder"])
        check_region(alert["elder"]["region"])
    assert (alert["resolved"] is None) == (alert["state"] != "resolved")
    if alert["resolved"] is not None:
        assert {"by", "at", "result"} <= set(alert["resolved"])


def test_every_alert_has_the_fields_of_the_contract(demo):
    found = alerts(demo)
    assert found
    for alert in found:
        check_alert(alert)
    for state in ("open", "acknowledged", "resolved"):
        assert {a["state"] for a in alerts(demo, state=state)} <= {state}


def test_not_home_starts_the_ladder_once_and_a_visit_that_reaches_the_elder_ends_it(demo, phone, elder):
    item = visit(elder["id"], outcome="not_home", reason="no_answer")
    phone.push(item)
    phone.push(item)
    (alert,) = raised(demo, item, "no_answer")
    assert alert["state"] == "open"
    assert alert["elder"]["id"] == elder["id"]
    assert alert["due_at"] is not None
    assert [a["id"] for a in phone.pull().json()["alerts"] if a["id"] == alert["id"]]
    phone.push(visit(elder["id"], channel="phone", started_at=now(minutes=5).isoformat(), ended_at=None,
                     form={"id": "contact-call", "version": 1}, answers={"call.spoken_to": "elder"}))  # fmt: skip
    (alert,) = raised(demo, item, "no_answer")
    check_alert(alert)
    assert alert["state"] == "resolved"


@pytest.mark.parametrize("change", [{"reason": "in_hospital"}, {"reason": "with_family"}, {"reason": "travelling"},
                                    {"reason": "moved"}, {"reason": "died"}, {"channel": "phone"},
                                    {"channel": "video"}])  # fmt: skip
def test_a_reason_that_says_where_they_are_and_a_call_start_no_ladder(demo, phone, elder, change):
    item = visit(elder["id"], **{"outcome": "not_home", "reason": "no_answer", **change})
    phone.push(item)
    assert raised(demo, item, "no_answer") == []


@pytest.mark.parametrize("reason", ["no_answer", "neighbour_says_out", "door_unsafe", "other", None])
def test_every_other_reason_and_none_start_it(demo, phone, elder, reason):
    item = visit(elder["id"], outcome="not_home", reason=reason)
    phone.push(item)
    assert len(raised(demo, item, "no_answer")) == 1


@pytest.mark.parametrize("kind", ["ill", "fallen", "danger_at_home", "no_food", "abuse", "other"])
def test_urgent_raises_an_alert_of_the_visit(demo, phone, elder, kind):
    item = visit(elder["id"], urgent={"kind": kind, "words": "快来"})
    phone.push(item)
    assert len(raised(demo, item, "urgent")) == 1


def test_an_alert_is_acknowledged_and_resolved_with_a_note_and_not_opened_again(demo, phone, elder):
    item = visit(elder["id"], urgent={"kind": "ill", "words": ""})
    phone.push(item)
    (alert,) = raised(demo, item, "urgent")
    for _ in range(2):
        answer = demo.post("county_director", f"/alerts/{alert['id']}/acknowledge", {"note": "在路上"})
        assert answer.status == 200
        assert answer.json()["state"] == "acknowledged"
        assert answer.json()["acknowledged_by"] is not None
    for _ in range(2):
        answer = demo.post("county_director", f"/alerts/{alert['id']}/resolve", {"note": "已送医"})
        assert answer.status == 200
        done = answer.json()
        check_alert(done)
        assert done["state"] == "resolved"
        assert done["resolved"]["result"] == "已送医"
    phone.push(item)
    assert [a["state"] for a in raised(demo, item, "urgent")] == ["resolved"]
    for path in (f"/alerts/{uuid7()}/resolve", f"/alerts/{uuid7()}/acknowledge"):
        check_problem(demo.post("county_director", path, {"note": ""}), 404)


def test_a_volunteer_sees_alerts_of_their_own_elders_and_visits_and_no_other(demo, phone):
    mine = {e["id"] for e in phone.elders()}
    answer = phone.http.get("/alerts", token=phone.token, query={"limit": 500})
    assert answer.status == 200
    own = phone.http.get("/visits", token=phone.token, query={"limit": 500}).json()["items"]
    visits = {v["id"] for v in own}
    for alert in answer.json()["items"]:
        assert (alert["elder"] and alert["elder"]["id"] in mine) or alert["visit_id"] in visits
    assert {v["visitor"]["id"] for v in own} <= {phone.user_id}


# Reviews.


def doubtful(phone, elder, **changes):
    """A visit of one minute without tag or position."""
    item = visit(elder["id"], started_at=now(minutes=60).isoformat(), ended_at=now(minutes=59).isoformat(), **changes)
    (result,) = phone.push(item)
    assert result["assurance"] == "doubtful"
    return item


def review(demo, item, decision="accept", account="county_director"):
    return demo.post(account, f"/visits/{item['id']}/review", {"decision": decision, "reason": "看过照片"})


def read(demo, item):
    return demo.get("county_director", f"/visits/{item['id']}").json()


def test_a_decision_stands_and_decided_again_it_is_409_for_others_and_otherwise(demo, phone, elder):
    item = doubtful(phone, elder)
    for _ in range(2):  # the same by the same person
        answer = review(demo, item)
        assert answer.status == 200
    decided = read(demo, item)
    assert decided["review"]["decision"] == "accept"
    assert decided["review"]["reason"] == "看过照片"
    assert decided["review"]["by"] is not None
    assert dt.datetime.fromisoformat(decided["review"]["at"]).utcoffset() is not None
    assert decided["counts"] is True
    check_problem(review(demo, item, "reject"), 409, "already_reviewed")
    check_problem(review(demo, item, account="admin"), 409, "already_reviewed")
    listed = demo.get("county_director", "/visits", review="accept", limit=500).json()["items"]
    assert item["id"] in {v["id"] for v in listed}


def test_a_director_above_reopens_and_it_is_decided_anew(demo, phone, elder):
    item = doubtful(phone, elder)
    review(demo, item, "reject")
    path = f"/visits/{item['id']}/reopen"
    check_problem(demo.post("county_director", path, {"reason": "doubt"}), 403)  # above them stands the admin
    assert demo.post("admin", path, {"reason": "doubt"}).status == 200
    assert read(demo, item)["review"] is None
    assert review(demo, item).status == 200
    assert read(demo, item)["counts"] is True


def test_the_visitor_replies_once_and_it_may_be_decided_anew(demo, phone, elder):
    item = doubtful(phone, elder)
    path = f"/visits/{item['id']}/reply"
    review(demo, item, "reject")
    check_problem(demo.post("volunteer", path, {"words": "not mine"}), 404)
    assert phone.http.post(path, {"words": "我确实去了"}, token=phone.token).status == 200
    check_problem(review(demo, item), 403, "other_reviewer")  # somebody else takes it anew
    assert review(demo, item, account="admin").status == 200
    again = phone.http.post(path, {"words": "something else"}, token=phone.token)
    check_problem(again, 409)


def test_nobody_reviews_a_visit_of_their_own_or_that_names_them(demo, phone, elder):
    director = demo.login("county_director")["user"]["id"]
    named = doubtful(phone, elder, companion_ids=[director])
    check_problem(review(demo, named), 403, "own_visit")
    assert review(demo, named, account="admin").status == 200
    own = visit(elder["id"])
    answer = demo.post("county_director", "/sync/visits", {"visits": [own]})
    assert answer.json()["results"][0]["status"] == "accepted"
    check_problem(review(demo, own), 403, "own_visit")


def test_roles_that_do_not_decide_are_403_and_a_foreign_visit_is_404(demo, phone, elder):
    item = doubtful(phone, elder)
    for account in ("volunteer", "auditor", "family", "social_worker"):
        check_problem(review(demo, item, account=account), 403, "forbidden")
    check_problem(review(demo, {"id": uuid7()}), 404)
    if elder["region"]["code"] != demo.login("village_director")["user"]["roles"][0]["region"]["code"]:
        check_problem(review(demo, item, account="village_director"), 404)
    check_problem(demo.post("county_director", f"/visits/{item['id']}/review", {"decision": "maybe"}), 422)


def test_the_same_body_twenty_times_at_once_creates_each_visit_once(demo, phone, elder):
    items = [visit(elder["id"]) for _ in range(3)]
    seen = []

    def send():
        line = Http(demo.base)
        answer = line.post("/sync/visits", {"visits": items}, token=phone.token)
        line.close()
        seen.append((answer.status, [r["status"] for r in answer.json().get("results", [])]))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in seen} == {200}
    flat = [s for _, statuses in seen for s in statuses]
    assert flat.count("accepted") == 3
    assert flat.count("duplicate") == 57


def test_an_sos_is_raised_once_for_one_id(demo, phone, elder):
    body = {"id": uuid7(), "elder_id": elder["id"]}
    first = phone.http.post("/sos", body, token=phone.token)
    again = phone.http.post("/sos", body, token=phone.token)
    assert first.status == 201
    assert again.status in (200, 201)
    assert again.json() == first.json()
    assert len([a for a in alerts(demo, kind="sos") if a["id"] == body["id"]]) == 1
