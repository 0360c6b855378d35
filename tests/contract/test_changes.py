"""CONTRACT: GET /sync/changes, and the items that it carries."""

import datetime as dt
import hashlib
import re

import pytest

from tests.contract.client import now, uuid7, visit
from tests.contract.test_errors import check_problem
from tests.contract.test_login import check_region


@pytest.fixture(scope="module")
def first(phone):
    answer = phone.pull()
    assert answer.status == 200
    return answer.json()


def test_an_answer_has_every_part_of_the_contract(first, phone):
    assert {"cursor", "has_more", "server_time", "epoch", "elders", "removed_elder_ids", "tag_hashes", "policies",
            "forms", "alerts", "account", "courses", "people", "config"} <= set(first)  # fmt: skip
    assert isinstance(first["cursor"], str)
    assert first["has_more"] is False
    assert first["removed_elder_ids"] == []
    assert first["epoch"] == phone.tokens["epoch"]
    assert dt.datetime.fromisoformat(first["server_time"]).utcoffset() is not None
    for name in ("elders", "policies", "forms", "alerts", "courses", "people"):
        assert isinstance(first[name], list), name


def test_an_elder_has_the_fields_of_the_contract(first):
    assert first["elders"]
    for elder in first["elders"]:
        assert {"id", "short_no", "name", "sex", "birth_year", "region", "address", "lat", "lon", "categories",
                "status", "focused", "phone", "contacts", "last_visit", "due", "notes", "version",
                "policy_id"} <= set(elder)  # fmt: skip
        check_region(elder["region"])
        assert elder["sex"] in ("m", "f", None)
        assert isinstance(elder["birth_year"], int)
        assert isinstance(elder["categories"], list)
        assert isinstance(elder["focused"], bool)
        assert isinstance(elder["version"], int)
        assert elder["status"] in ("active", "away", "in_hospital", "with_family", "travelling")
        for contact in elder["contacts"]:
            assert {"name", "relation", "phone"} <= set(contact)
        for duty in elder["due"]:
            assert {"period", "start", "end", "needed", "done"} <= set(duty)
            assert duty["period"] in ("month", "week")
            for day in (duty["start"], duty["end"]):
                dt.date.fromisoformat(day)
            assert isinstance(duty["needed"], int)
            assert isinstance(duty["done"], int)
        if elder["last_visit"] is not None:
            assert set(elder["last_visit"]) >= {"at", "outcome", "summary"}
            assert dt.datetime.fromisoformat(elder["last_visit"]["at"]).utcoffset() is not None
        assert elder["policy_id"] in {p["id"] for p in first["policies"]}


def test_a_volunteer_gets_the_elders_paired_with_them_and_no_other(demo, phone, first):
    ties = demo.get("county_director", "/pairings", user=phone.user_id, limit=500).json()["items"]
    assert {e["id"] for e in first["elders"]} == {t["elder"]["id"] for t in ties}


def test_staff_get_those_of_their_village_too(demo):
    worker = demo.phone("community_worker")
    village = worker.http.get("/auth/me", token=worker.token).json()["roles"][0]["region"]["code"]
    of_village = demo.get("county_director", "/elders", region=village, limit=500).json()["items"]
    assert {e["id"] for e in of_village if e["status"] not in ("died", "moved", "institution")} <= {
        e["id"] for e in worker.elders()
    }


def test_policies_forms_people_and_config_have_their_fields(first, demo):
    for policy in first["policies"]:
        assert {"id", "version", "channels", "stay_min_s"} <= set(policy)
        assert set(policy["channels"]) <= {"home", "phone", "video"}
    forms = {(f["id"], f["version"]): f for f in first["forms"]}
    assert {("home-visit", 1), ("contact-call", 1)} <= set(forms)
    for form in forms.values():
        assert {"id", "version", "channels", "items"} <= set(form)
        for item in form["items"]:
            assert {"id", "title", "type", "options", "required"} <= set(item)
            assert set(item["title"]) == {"zh", "en"}
    graded = [i for i in forms["home-visit", 1]["items"] if "good" in (i["options"] or ())]
    assert len(graded) == 15
    assert [i["options"] for i in graded] == [["good", "fair", "poor"]] * 15
    calls = {i["id"] for i in forms["contact-call", 1]["items"]}
    assert calls == {"call.spoken_to", "call.health", "call.mood", "call.food", "call.safety", "call.family_contact",
                     "call.wants_visit"}  # fmt: skip
    for person in demo.phone_of("volunteer").pull().json()["people"]:
        assert set(person) >= {"id", "name", "role", "phone"}
    assert all(set(k) >= {"id", "key"} for k in first["config"]["server_keys"])
    assert "min_app" in first["config"]


def test_the_account_has_its_figures_as_of_and_recent_entries_or_is_null(demo, first):
    account = demo.phone_of("volunteer").pull().json()["account"]
    assert {"free_minutes", "pending_minutes", "held_minutes", "debt_minutes", "as_of", "entries"} <= set(account)
    assert dt.datetime.fromisoformat(account["as_of"]).utcoffset() is not None
    for entry in account["entries"]:
        assert {"id", "at", "minutes", "bucket", "kind", "visit_id", "order_id", "reverses", "memo"} <= set(entry)
    assert demo.phone_of("social_worker").pull().json()["account"] is None


def test_tag_hashes_are_the_sha_256_of_the_printed_tokens(links, first):
    assert first["tag_hashes"]
    for digest, elder_id in first["tag_hashes"].items():
        assert re.fullmatch("[0-9a-f]{64}", digest)
        assert elder_id in {e["id"] for e in first["elders"]}
    elder_id = first["elders"][0]["id"]
    token = links[elder_id].rpartition("/t/")[2]
    assert first["tag_hashes"][hashlib.sha256(token.encode()).hexdigest()] == elder_id


def test_with_a_cursor_only_what_changed_comes(phone, first):
    nothing = phone.pull(first["cursor"]).json()
    assert nothing["elders"] == nothing["policies"] == nothing["forms"] == nothing["people"] == []
    assert nothing["tag_hashes"] == {}
    (elder, *_) = first["elders"]
    assert phone.push(visit(elder["id"], channel="phone", form=None, answers={}))[0]["status"] == "accepted"
    changed = phone.pull(nothing["cursor"]).json()
    assert [e["id"] for e in changed["elders"]] == [elder["id"]]
    assert changed["elders"][0]["last_visit"]["outcome"] == "met"
    assert phone.pull(changed["cursor"]).json()["elders"] == []
    again = phone.pull(nothing["cursor"])  # the reply was lost
    assert again.status == 200
    assert [e["id"] for e in again.json()["elders"]] == [elder["id"]]


@pytest.mark.parametrize("cursor", ["x", "0", "a" * 600, "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_cursor_is_410_cursor_unknown(phone, cursor):
    check_problem(phone.pull(cursor), 410, "cursor_unknown")


def test_somebody_elses_cursor_is_unknown(demo, first):
    check_problem(demo.phone_of("volunteer").pull(first["cursor"]), 410, "cursor_unknown")


def test_an_elder_whose_pairing_ended_is_removed_and_their_tag_with_them(demo):
    phone = demo.phone()
    before = phone.pull().json()
    elder_id = before["elders"][0]["id"]
    ties = demo.get("county_director", "/pairings", user=phone.user_id, elder=elder_id).json()["items"]
    for tie in ties:
        answer = demo.post("county_director", f"/pairings/{tie['id']}/end", {})
        assert answer.status == 200, answer.body
    after = phone.pull(before["cursor"]).json()
    assert after["removed_elder_ids"] == [elder_id]
    assert elder_id not in {e["id"] for e in phone.pull().json()["elders"]}
    assert phone.pull(after["cursor"]).json()["removed_elder_ids"] == []
    # a visit of then is attributed and counts; one of now is of nobody's visitor
    old = visit(elder_id, started_at=now(hours=3).isoformat(), ended_at=now(hours=2.5).isoformat())
    new = visit(elder_id, started_at=now(seconds=-5).isoformat(), ended_at=None)
    flags = [{f["code"] for f in r["flags"]} for r in phone.push(old, new)]
    assert "not_paired" not in flags[0]
    assert "not_paired" in flags[1]


def test_a_revoked_tag_is_null_in_tag_hashes(demo):
    phone = demo.phone()
    before = phone.pull().json()
    digest, elder_id = next((d, e) for d, e in before["tag_hashes"].items() if e)
    made = demo.post("county_director", f"/elders/{elder_id}/tag/reissue", {})
    assert made.status == 200, made.body
    after = phone.pull(before["cursor"]).json()["tag_hashes"]
    assert after.pop(digest, "absent") is None
    assert list(after.values()) == [elder_id]  # the new one
    whole = phone.pull().json()["tag_hashes"]
    assert whole[digest] is None


def test_a_person_of_the_office_has_no_phone_to_fill(demo):
    for account in ("auditor", "family"):
        check_problem(demo.get(account, "/sync/changes"), 403, "forbidden")
        check_problem(demo.post(account, "/sync/visits", {"visits": [{"id": uuid7()}]}), 403, "forbidden")
