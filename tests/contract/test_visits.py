"""CONTRACT, "A visit": one sentence, one test."""

import datetime as dt
import json
import math

import pytest

from tests.contract.client import codes, now, picture, uuid7, visit
from tests.contract.test_errors import check_problem

KIB = 1024


def one(phone, item):
    (result,) = phone.push(item)
    return result


def shown(demo, visit_id):
    """The visit as the county's director sees it in the list."""
    answer = demo.get("county_director", f"/visits/{visit_id}")
    assert answer.status == 200, answer.body
    return answer.json()


def check_result(result):
    assert set(result) >= {"id", "status", "assurance", "flags", "photos_missing", "error"}
    assert result["status"] in ("accepted", "duplicate", "rejected")
    if result["status"] == "rejected":
        assert result["assurance"] is None
        assert result["flags"] == []
        assert result["photos_missing"] == []
        assert {"type", "title", "status", "detail", "code"} <= set(result["error"])
    else:
        assert result["assurance"] in ("verified", "plausible", "doubtful")
        assert result["error"] is None
        for flag in result["flags"]:
            assert isinstance(flag["code"], str)
            assert isinstance(flag["message"], str)
            assert flag["message"]


def test_a_batch_answers_one_result_per_visit_in_order_and_a_bad_one_stops_no_other(phone, elder):
    items = [visit(elder["id"]), visit(elder["id"], started_at="yesterday"), "no object", None, 5, {},
             visit(elder["id"], channel="phone", form=None, answers={})]  # fmt: skip
    answer = phone.http.post("/sync/visits", {"visits": items}, token=phone.token)
    assert answer.status == 200
    body = answer.json()
    assert body["server_time"]
    assert body["epoch"] == phone.tokens["epoch"]
    assert [r["status"] for r in body["results"]] == ["accepted", *["rejected"] * 5, "accepted"]
    assert [r["id"] for r in body["results"]] == [items[0]["id"], items[1]["id"], None, None, None, None,
                                                  items[6]["id"]]  # fmt: skip
    for result in body["results"]:
        check_result(result)


@pytest.mark.parametrize("count", [0, 501])
def test_no_visit_and_more_than_500_are_422_batch_size(phone, count):
    answer = phone.http.post("/sync/visits", {"visits": [{}] * count}, token=phone.token)
    check_problem(answer, 422, "batch_size")


@pytest.mark.parametrize("body", [{}, {"visits": None}, {"visits": {}}, [], "x", {"visits": "x"}])
def test_a_body_without_a_list_of_visits_is_422(phone, body):
    check_problem(phone.http.post("/sync/visits", body, token=phone.token), 422)


def test_500_visits_are_a_batch(phone):
    answer = phone.http.post("/sync/visits", {"visits": [{}] * 500}, token=phone.token)
    assert answer.status == 200
    assert len(answer.json()["results"]) == 500


@pytest.mark.parametrize("name", ["id", "channel", "outcome", "started_at"])
@pytest.mark.parametrize("value", ["absent", None, 5, [], {}, "", True])
def test_an_unreadable_required_field_is_rejected_with_its_path(phone, elder, name, value):
    item = visit(elder["id"])
    if value == "absent":
        del item[name]
    else:
        item[name] = value
    result = one(phone, item)
    check_result(result)
    assert result["status"] == "rejected"
    assert set(result["error"]["errors"]) == {name}
    if name != "id":
        assert result["id"] == item["id"]


@pytest.mark.parametrize(
    "at", ["2026-11-03", "2026-11-03T09:12:31", "2026-13-03T09:12:31+08:00", "2026-11-03 9:12", "1762132351"]
)
def test_a_start_that_is_no_rfc_3339_time_with_offset_is_rejected(phone, elder, at):
    assert one(phone, visit(elder["id"], started_at=at))["status"] == "rejected"


@pytest.mark.parametrize("form", ["z", "+00:00", "-05:30", "fraction", "lower"])
def test_every_form_of_rfc_3339_is_read(phone, elder, demo, form):
    at = now(minutes=70)
    text = {
        "z": at.astimezone(tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "+00:00": at.astimezone(tz=dt.UTC).isoformat(),
        "-05:30": at.astimezone(dt.timezone(-dt.timedelta(hours=5, minutes=30)))
        .isoformat(),
        "fraction": at.strftime("%Y-%m-%dT%H:%M:%S.123456789+08:00"),
        "lower": at.astimezone(tz=dt.UTC).strftime("%Y-%m-%dt%H:%M:%Sz"),
    }[form]  # fmt: skip
    item = visit(elder["id"], started_at=text)
    result = one(phone, item)
    assert result["status"] == "accepted"
    assert "value_unknown" not in codes(result)


def test_only_the_four_required_fields_are_enough(phone):
    item = {k: v for k, v in visit(None).items() if k in ("id", "channel", "outcome", "started_at")}
    result = one(phone, item)
    check_result(result)
    assert result["status"] == "accepted"
    assert "elder_unknown" in codes(result)
    assert "value_unknown" not in codes(result)


def test_every_optional_field_may_be_null(phone, elder):
    item = dict.fromkeys(visit(None)) | {
        k: v for k, v in visit(elder["id"]).items() if k in ("id", "elder_id", "channel", "outcome", "started_at")
    }
    result = one(phone, item)
    assert result["status"] == "accepted"
    assert "value_unknown" not in codes(result)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ended_at", "later"), ("ended_at", 5), ("elder_id", "no uuid"), ("tag", 5), ("tag_by", 7), ("reason", []),
        ("clock", "x"), ("clock", {"offset_ms": "x"}), ("start_position", []), ("position", {"lat": 91, "lon": 0}),
        ("position", {"lat": "x", "lon": 113.0}), ("position", {"lat": 34.0, "lon": 113.0, "datum": "mars"}),
        ("position", {"lat": 34.0, "lon": 113.0, "datum": "wgs84", "accuracy_m": "x"}),
        ("form", 5), ("form", {"id": 5}), ("answers", []), ("answers", {"health.mobility": "splendid"}),
        ("answers", {"health.mobility": 5}), ("all_good_tapped", "yes"), ("urgent", "fire"), ("needs", "meals"),
        ("needs", [5]), ("note", 5), ("note", {}), ("photos", "x"), ("photos", ["x"]), ("companion_ids", ["x"]),
        ("companion_ids", {}), ("device_id", "x"), ("v", "one"),
    ],
)  # fmt: skip
def test_any_other_fault_is_accepted_flagged_and_null(phone, elder, demo, name, value):
    item = {**visit(elder["id"]), name: value}
    result = one(phone, item)
    check_result(result)
    assert result["status"] == "accepted"
    assert "value_unknown" in codes(result)
    kept = shown(demo, item["id"])
    if name not in ("clock", "answers", "needs", "photos", "companion_ids", "note", "all_good_tapped", "v"):
        value = kept[name] if value != {"lat": 34.0, "lon": 113.0, "datum": "wgs84", "accuracy_m": "x"} else (
            kept[name]["accuracy_m"])  # fmt: skip
        assert value is None


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_bare_nan_and_infinity_are_null_and_flagged(phone, elder, demo, word):
    item = visit(elder["id"], position={"lat": 34.02, "lon": 113.8, "accuracy_m": 0.5, "datum": "wgs84"})
    raw = json.dumps({"visits": [item]}).replace("0.5", word).encode()
    answer = phone.http.post("/sync/visits", raw=raw, token=phone.token)
    assert answer.status == 200
    result = answer.json()["results"][0]
    assert result["status"] == "accepted"
    assert "value_unknown" in codes(result)
    kept = shown(demo, item["id"])["position"]
    assert kept["lat"] == 34.02
    assert kept["accuracy_m"] is None


def test_nan_as_a_required_field_is_rejected_alone(phone, elder):
    good, bad = visit(elder["id"]), visit(elder["id"], outcome="%")
    raw = json.dumps({"visits": [bad, good]}).replace('"%"', "NaN").encode()
    answer = phone.http.post("/sync/visits", raw=raw, token=phone.token)
    assert [r["status"] for r in answer.json()["results"]] == ["rejected", "accepted"]


def test_u_0000_and_lone_surrogates_become_fffd_in_fields(phone, elder, demo):
    item = visit(
        elder["id"], note="a\x00b\ud800c", needs=[{"kind": "meals", "note": "\udfff"}], tag="\x00",
        urgent={"kind": "ill", "words": "x\ud83d"},
    )
    result = one(phone, item)
    assert result["status"] == "accepted"
    kept = shown(demo, item["id"])
    assert kept["note"] == "a\ufffdb\ufffdc"
    assert kept["needs"] == [{"kind": "meals", "note": "\ufffd"}]
    assert kept["urgent"]["words"] == "x\ufffd"
    assert one(phone, item)["status"] == "duplicate"


@pytest.mark.parametrize("value", ["pigeon", "carrier-pigeon", "HOME", "上门", "x" * 41, "wechat video"])
@pytest.mark.parametrize("name", ["channel", "outcome"])
def test_an_unknown_channel_or_outcome_is_kept_flagged_and_qualifies_for_nothing(phone, elder, demo, name, value):
    item = visit(elder["id"], **{name: value})
    result = one(phone, item)
    assert result["status"] == "accepted"
    assert "value_unknown" in codes(result)
    kept = shown(demo, item["id"])
    assert kept[name] == value[:40]  # the raw item has the whole
    assert not kept["counts"]
    assert one(phone, item)["status"] == "duplicate"


@pytest.mark.parametrize("outcome", ["not_home", "refused"])
def test_an_outcome_without_its_reason_is_accepted_and_flagged(phone, elder, outcome):
    without = one(phone, visit(elder["id"], outcome=outcome, channel="phone", form=None, answers={}))
    assert without["status"] == "accepted"
    assert codes(without) - codes(
        one(phone, visit(elder["id"], outcome=outcome, channel="phone", form=None, answers={}, reason="other"))
    )


def test_a_new_reason_kind_of_need_and_urgency_are_kept(phone, elder, demo):
    item = visit(
        elder["id"], outcome="refused", reason="went_fishing", needs=[{"kind": "haircut", "note": ""}],
        urgent={"kind": "flood", "words": ""},
    )
    assert "value_unknown" not in codes(one(phone, item))
    kept = shown(demo, item["id"])
    assert kept["reason"] == "went_fishing"
    assert kept["needs"][0]["kind"] == "haircut"
    assert kept["urgent"]["kind"] == "flood"


def test_gcj02_is_converted_on_arrival(phone, elder, demo):
    item = visit(
        elder["id"], position={"lat": 34.029271, "lon": 113.789565, "accuracy_m": 20, "datum": "gcj02"},
        start_position={"lat": 34.029271, "lon": 113.789565, "accuracy_m": 20, "datum": "wgs84", "mocked": False},
    )
    assert "value_unknown" not in codes(one(phone, item))
    kept = shown(demo, item["id"])
    assert kept["position"]["datum"] == "wgs84"
    metres = math.hypot(
        (kept["position"]["lat"] - 34.029271) * 111_320, (kept["position"]["lon"] - 113.789565) * 92_300
    )
    assert 100 < metres < 1000
    assert kept["start_position"]["lat"] == 34.029271


def test_64_kib_are_taken_and_more_are_rejected_alone_as_item_too_large(phone, elder):
    item = visit(elder["id"])
    room = 64 * KIB - len(json.dumps(item, separators=(",", ":")))
    fits, burst = visit(elder["id"], note="x" * room), visit(elder["id"], note="x" * (room + 1))
    small = visit(elder["id"])
    results = phone.push(fits, burst, small)
    assert [r["status"] for r in results] == ["accepted", "rejected", "accepted"]
    check_result(results[1])
    assert results[1]["id"] == burst["id"]
    assert results[1]["error"]["code"] == "item_too_large"
    assert str(64 * KIB) in results[1]["error"]["detail"]


def test_a_long_note_and_many_photos_are_no_reason_to_reject(phone, elder):
    result = one(phone, visit(elder["id"], note="字" * 5000, photos=[picture(str(i))[1] for i in range(30)],
                              needs=[{"kind": "meals", "note": ""}] * 40))  # fmt: skip
    assert result["status"] == "accepted"


def test_unknown_fields_are_ignored(phone, elder):
    result = one(phone, visit(elder["id"], invented={"deep": [1, 2]}, started="x"))
    assert result["status"] == "accepted"
    assert "value_unknown" not in codes(result)


# The same again.


def test_the_same_visit_again_is_a_duplicate_with_the_first_answer(phone, elder):
    item = visit(elder["id"], outcome="refused", photos=[picture()[1]])
    first = one(phone, item)
    again = one(phone, item)
    assert first["status"] == "accepted"
    assert again == {**first, "status": "duplicate"}


def test_order_offset_unknown_fields_and_missing_instead_of_null_are_the_same_content(phone, elder):
    item = visit(elder["id"], note="", photos=["ab" * 32])
    first = one(phone, item)
    changed = dict(reversed(item.items()))
    changed["started_at"] = dt.datetime.fromisoformat(item["started_at"]).astimezone(dt.UTC).isoformat()
    changed["later_field"] = 1
    for name in ("clock", "note", "urgent", "needs", "companion_ids", "all_good_tapped", "v", "device_id"):
        del changed[name]
    changed["photos"] = ["AB" * 32]
    assert one(phone, changed) == {**first, "status": "duplicate"}


@pytest.mark.parametrize(
    "change", [{"note": "other"}, {"outcome": "refused"}, {"answers": {}}, {"photos": ["cd" * 32]},
               {"started_at": now(minutes=61).isoformat()}, {"elder_id": None}]
)  # fmt: skip
def test_an_accepted_id_with_other_content_is_id_reused_and_nothing_is_disclosed(phone, elder, demo, change):
    item = visit(elder["id"])
    one(phone, item)
    result = one(phone, {**item, **change})
    check_result(result)
    assert result["status"] == "rejected"
    assert result["error"]["code"] == "id_reused"
    assert elder["id"] not in json.dumps(result)
    assert one(phone, item)["status"] == "duplicate"


def test_an_accepted_id_sent_by_another_person_is_id_reused(phone, elder, demo):
    item = visit(elder["id"])
    one(phone, item)
    result = one(demo.phone_of("social_worker"), item)
    assert result["status"] == "rejected"
    assert result["error"]["code"] == "id_reused"


def test_the_id_is_looked_up_before_anything_else(phone, elder):
    """Also before the rest is found unreadable or too large."""
    item = visit(elder["id"])
    one(phone, item)
    unreadable = one(phone, {**item, "started_at": "yesterday"})
    too_large = one(phone, {**item, "note": "x" * (64 * KIB)})
    assert [unreadable["error"]["code"], too_large["error"]["code"]] == ["id_reused", "id_reused"]


def test_a_rejected_id_was_not_used_and_may_be_sent_again_mended_or_not(phone, elder):
    item = visit(elder["id"])
    broken = {**item, "outcome": None}
    assert [one(phone, broken)["status"] for _ in range(2)] == ["rejected"] * 2
    large = {**item, "note": "x" * (64 * KIB)}
    assert one(phone, large)["error"]["code"] == "item_too_large"
    assert one(phone, item)["status"] == "accepted"


def test_the_same_visit_twice_in_one_batch_is_one_visit(phone, elder, demo):
    item = visit(elder["id"])
    results = phone.push(item, item, {**item, "note": "other"})
    assert results[0]["status"] == "accepted"
    assert results[1]["status"] in ("accepted", "duplicate")
    assert results[2]["error"]["code"] == "id_reused"
    listed = demo.get("county_director", "/visits", visitor=phone.user_id, limit=500).json()["items"]
    assert [v["id"] for v in listed].count(item["id"]) == 1


def test_an_id_in_capitals_is_the_same_id(phone, elder):
    item = visit(elder["id"])
    one(phone, item)
    assert one(phone, {**item, "id": item["id"].upper()})["status"] == "duplicate"


# Whose elder.


def test_an_elder_whom_the_visitor_is_not_paired_with_is_flagged_not_paired_and_counts_after_review(demo, phone):
    mine = {e["id"] for e in phone.elders()}
    other = next(e for e in demo.get("county_director", "/elders", limit=500).json()["items"] if e["id"] not in mine)
    item = visit(other["id"])
    result = one(phone, item)
    assert result["status"] == "accepted"
    assert "not_paired" in codes(result)
    assert result["assurance"] == "doubtful"
    assert not shown(demo, item["id"])["counts"]
    answer = demo.post("county_director", f"/visits/{item['id']}/review", {"decision": "accept", "reason": "known"})
    assert answer.status == 200
    assert shown(demo, item["id"])["counts"]


def test_an_elder_who_is_not_to_be_found_is_flagged_elder_unknown_and_bound_to_nobody(demo, phone):
    for item in (visit(uuid7()), visit(None), visit(None, tag="https://x.example/t/" + "a" * 26)):
        result = one(phone, item)
        assert result["status"] == "accepted"
        assert "elder_unknown" in codes(result)
        kept = shown(demo, item["id"])  # the visitor's director sees it
        assert kept["elder"] is None
        assert not kept["counts"]


def test_the_clock_of_a_phone_gives_the_trusted_start_and_leaves_what_it_said(demo, phone, elder):
    true = now(minutes=90)
    wrong = true.replace(year=true.year - 1)  # somebody set the phone back by a year
    start_up = 9_000_000
    item = visit(
        elder["id"], started_at=wrong.isoformat(),
        ended_at=(wrong + dt.timedelta(minutes=15)).isoformat(),
        clock={"offset_ms": 0, "learnt_at": now(minutes=150).isoformat(), "learnt_uptime_ms": start_up - 3_600_000,
               "learnt_boot": "b7c1", "boot": "b7c1", "start_uptime_ms": start_up, "end_boot": "b7c1",
               "end_uptime_ms": start_up + 900_000},
    )  # fmt: skip
    one(phone, item)
    kept = shown(demo, item["id"])
    assert abs((dt.datetime.fromisoformat(kept["trusted_start"]) - true).total_seconds()) < 5
    assert dt.datetime.fromisoformat(kept["started_at"]) == wrong


def test_a_visit_of_long_ago_is_kept_and_late(demo, phone, elder):
    item = visit(
        elder["id"], started_at=now(days=40).isoformat(),
        ended_at=(now(days=40) + dt.timedelta(minutes=15)).isoformat(),
    )
    result = one(phone, item)
    assert result["status"] == "accepted"
    assert "late" in codes(result)
    kept = shown(demo, item["id"])
    assert kept["late"] is True


def test_what_the_list_of_visits_shows_of_each(demo, phone, elder):
    item = visit(elder["id"], note="饭菜可口", photos=[picture()[1]])
    one(phone, item)
    listed = demo.get("county_director", "/visits", visitor=phone.user_id, limit=500).json()["items"]
    kept = next(v for v in listed if v["id"] == item["id"])
    for name in ("v", "elder_id", "tag", "tag_by", "channel", "outcome", "reason", "clock", "start_position",
                 "position", "form", "answers", "all_good_tapped", "urgent", "needs", "note", "photos",
                 "companion_ids", "device_id"):  # fmt: skip
        assert kept[name] == item[name], name
    for name in ("started_at", "ended_at"):
        assert dt.datetime.fromisoformat(kept[name]) == dt.datetime.fromisoformat(item[name])
    assert kept["elder"]["id"] == elder["id"]
    assert kept["elder"]["name"] == elder["name"]
    assert kept["visitor"]["id"] == phone.user_id
    assert kept["assurance"] in ("verified", "plausible", "doubtful")
    assert kept["review"] is None
    assert kept["late"] is False
    assert all({"code", "message"} <= set(f) for f in kept["flags"])
    for name in ("received_at", "trusted_start"):
        assert dt.datetime.fromisoformat(kept[name]).utcoffset() is not None


# Events.


def test_events_are_answered_as_visits_are_and_unknown_kinds_are_kept(phone, elder):
    event = {"id": uuid7(), "kind": "saw_a_heron", "at": now().isoformat(), "clock": None, "subject_id": elder["id"],
             "data": {"legs": 1}}  # fmt: skip
    for expected in ("accepted", "duplicate"):
        answer = phone.http.post("/sync/events", {"events": [event, {"id": "x"}]}, token=phone.token)
        assert answer.status == 200
        results = answer.json()["results"]
        assert [r["status"] for r in results] == [expected, "rejected"]
        assert results[0]["id"] == event["id"]
        check_keys = {"id", "status", "assurance", "flags", "photos_missing", "error"}
        assert all(check_keys <= set(r) for r in results)
    check_problem(phone.http.post("/sync/events", {"events": []}, token=phone.token), 422, "batch_size")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:60Z",
                                "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"])  # fmt: skip
def test_a_start_at_the_ends_of_time_breaks_nothing(phone, elder, at):
    good, odd = visit(elder["id"]), visit(elder["id"], started_at=at, ended_at=None)
    results = phone.push(odd, good)
    check_result(results[0])
    assert results[0]["status"] == "accepted" or results[0]["error"]["code"] == "validation"
    assert results[1]["status"] == "accepted"
    assert phone.pull().status == 200
