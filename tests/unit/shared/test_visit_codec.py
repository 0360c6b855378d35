"""Reading and writing visits: golden cases, and that nothing a phone can send breaks the reader."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.protocol.visit import (
    FormRef,
    Need,
    PhoneClock,
    Position,
    Urgent,
    Visit,
    loads,
    raw_text,
    read_time,
    read_visit,
    same_content,
    size,
    spoken_to,
    write_visit,
)
from shared.rules.forms import FORMS, all_good
from tests.vectors import load

CASES = load("visits")
FULL = {
    "v": 1, "id": "0193a4c2-7e1f-7abc-8def-0123456789ab", "elder_id": "0193a4c2-7e1f-7abc-8def-0123456789ac",
    "tag": "https://yuetan.example/t/abcdefghijklmnopqrstuvwxyz", "tag_by": "camera", "channel": "home",
    "outcome": "met", "reason": None, "started_at": "2026-11-03T09:12:31+08:00",
    "ended_at": "2026-11-03T09:22:31+08:00",
    "clock": {"offset_ms": -204, "learnt_at": "2026-11-03T08:40:02+08:00", "learnt_uptime_ms": 1125326000,
              "learnt_boot": "b7c1", "boot": "b7c1", "start_uptime_ms": 1127275130, "end_boot": "b7c1",
              "end_uptime_ms": 1127735301},
    "start_position": {"lat": 34.029271, "lon": 113.789565, "accuracy_m": 31.0, "datum": "wgs84", "mocked": False},
    "position": {"lat": 34.0293, "lon": 113.7896, "accuracy_m": 12.0, "datum": "wgs84", "mocked": False},
    "form": {"id": "home-visit", "version": 1}, "answers": all_good(FORMS[0]), "all_good_tapped": True,
    "urgent": {"kind": "ill", "words": "发烧"}, "needs": [{"kind": "meals", "note": "中午"}], "note": "都好",
    "photos": ["ab" * 32], "companion_ids": ["0193a4c2-7e1f-7abc-8def-0123456789ad"],
    "device_id": "0193a4c2-7e1f-7abc-8def-0123456789ae",
}  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.binary().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
# A visit in which any value, at any depth, may be replaced by anything.
PATHS = [
    (key,) for key in FULL
] + [(key, inner) for key in ("clock", "position", "form", "answers", "urgent") for inner in FULL[key]]  # fmt: skip


def spoilt(path, value):
    item = json.loads(json.dumps(FULL))
    target = item
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return item


def near(value):
    """Floats are compared to the micro-degree."""
    if isinstance(value, dict) and "lat" in value:
        return {**value, "lat": pytest.approx(value["lat"], abs=1e-5), "lon": pytest.approx(value["lon"], abs=1e-5)}
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case):
    read = read_visit(loads(case["text"].encode()))
    if "errors" in case:
        assert read.errors == case["errors"]
        assert read.visit is None
        assert read.id == (case["id"] and UUID(case["id"]))
        return
    assert read.errors == {}
    assert list(read.faults) == case["faults"]
    written = write_visit(read.visit)
    for name, value in case["fields"].items():
        assert written[name] == near(value), name


def test_a_full_visit_is_read_without_fault_and_written_as_it_came():
    read = read_visit(FULL)
    assert read.faults == ()
    again = write_visit(read.visit)
    for name, value in FULL.items():
        if name in ("started_at", "ended_at"):
            assert datetime.fromisoformat(again[name]) == datetime.fromisoformat(value)
        elif name == "clock":
            assert {**again[name], "learnt_at": None} == {**value, "learnt_at": None}
        else:
            assert again[name] == value


@given(JSON)
def test_no_json_whatever_breaks_the_reader(item):
    read = read_visit(item)
    assert (read.visit is None) == bool(read.errors)


@given(st.sampled_from(PATHS), JSON)
def test_a_visit_with_one_spoilt_value_is_read_or_says_which(path, value):
    item = spoilt(path, value)
    read = read_visit(item)
    if path[0] in ("id", "channel", "outcome", "started_at"):
        assert set(read.errors) <= {path[0]}
    else:
        assert read.errors == {}
        assert all(fault.split(".")[0] == path[0] for fault in read.faults)
    if read.visit is not None:
        text = json.dumps(write_visit(read.visit), allow_nan=False)
        assert "\\u0000" not in text
        json.dumps(write_visit(read.visit), ensure_ascii=False).encode("utf-8")  # no lone surrogate is left
        assert all(fault.isprintable() for fault in read.faults)


@given(st.dictionaries(st.sampled_from(list(FULL)), JSON, max_size=6))
def test_any_mixture_of_fields_is_read_and_reads_the_same_when_written(fields):
    read = read_visit({**FULL, **fields})
    if read.visit is not None:
        again = read_visit(json.loads(json.dumps(write_visit(read.visit))))
        assert not [fault for fault in again.faults if fault not in ("channel", "outcome") and ".kind" not in fault]
        assert same_content(again.visit, read.visit)


def test_faults_are_told_but_not_by_the_thousand():
    assert len(read_visit({**FULL, "photos": [1] * 5000}).faults) <= 50


# The same content


def test_order_unknown_fields_nulls_and_spellings_of_an_instant_make_no_other_content():
    a = read_visit(FULL).visit
    shuffled = list(FULL.items())
    random.Random(4).shuffle(shuffled)
    item = {**dict(shuffled), "started_at": "2026-11-03T01:12:31.000Z", "colour": "red", "id": FULL["id"].upper()}
    item["position"] = {**dict(reversed(FULL["position"].items())), "satellites": 9}
    item["answers"] = {**FULL["answers"], "shoe.size": 42}
    assert same_content(a, read_visit(item).visit)


@pytest.mark.parametrize("name", sorted(set(FULL) - {"id", "channel", "outcome", "started_at", "v", "reason"}))
def test_a_field_that_is_left_out_is_other_content(name):
    a = read_visit(FULL).visit
    assert not same_content(a, read_visit({k: v for k, v in FULL.items() if k != name}).visit)


def test_missing_null_and_default_are_one():
    least = {k: FULL[k] for k in ("id", "channel", "outcome", "started_at")}
    defaults = {"v": 1, "note": "", "needs": [], "photos": [], "answers": {}, "all_good_tapped": False,
                "companion_ids": [], "clock": {}, "urgent": None}  # fmt: skip
    nulls = dict.fromkeys(set(FULL) - set(least))
    a = read_visit(least).visit
    assert same_content(a, read_visit({**least, **defaults}).visit)
    assert same_content(a, read_visit({**least, **nulls}).visit)
    assert same_content(
        read_visit({**least, "position": {"lat": 34, "lon": 113}}).visit,
        read_visit({**least, "position": {"lat": 34.0, "lon": 113.0, "datum": "wgs84", "mocked": False}}).visit,
    )


def test_one_second_or_one_letter_is_other_content():
    a = read_visit(FULL).visit
    assert not same_content(a, read_visit({**FULL, "started_at": "2026-11-03T09:12:32+08:00"}).visit)
    assert not same_content(a, read_visit({**FULL, "note": "都好。"}).visit)
    assert not same_content(a, read_visit({**FULL, "answers": {**FULL["answers"], "safety.gas": "poor"}}).visit)


# Who was spoken to


def test_a_call_s_own_form_says_who_was_spoken_to():
    call = replace(read_visit(FULL).visit, channel="phone", form=FormRef("contact-call", 1), answers={})
    assert spoken_to(call) == "not_said"
    assert spoken_to(replace(call, answers={"call.spoken_to": "carer"})) == "carer"
    assert spoken_to(replace(call, form=None)) is None
    assert spoken_to(read_visit(FULL).visit) is None


# Times and text


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-1439, 1439))  # noqa: DTZ001
def test_every_time_with_an_offset_is_read_as_its_instant(naive, minutes):
    sign, minutes = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{naive.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"
    assert read_time(text) == datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-11-03", "2026-11-03T09:12+08:00", "20261103T091231Z", "2026-11-03T09:12:31+08", "2026-W45-2T00:00:00Z",
     "2026-11-03T09:12:31+25:00", "2026-11-03T25:00:00Z", "２０２６-11-03T09:12:31Z", "2026-11-03T09:12:31Z\n",
     1793668351],
)  # fmt: skip
def test_what_is_no_rfc_3339_time_is_not_read(text):
    assert read_time(text) is None


@given(JSON)
def test_what_is_kept_is_ascii_and_reads_as_what_came(item):
    text = raw_text(item)
    assert text.isascii()
    assert raw_text(loads(text.encode())) == text
    assert size(item) > 0


def test_a_body_with_one_deep_item_is_refused_or_read_but_never_a_crash():
    fine = b'{"visits":[' + b"[" * 300 + b"]" * 300 + b"]}"
    assert loads(raw_text(loads(fine)).encode()) == loads(fine)
    with pytest.raises(ValueError, match="deep"):
        loads(b"[" * 200_000 + b"]" * 200_000)


def test_what_the_encoder_cannot_nest_is_written_all_the_same():
    item: object = {"a": [1, "é", None, True, {}], "b": []}
    for _ in range(5000):
        item = [item, {"k": 1}]
    text = raw_text(item)
    assert text.startswith("[" * 5000 + '{"a":[1,"\\u00e9",null,true,{}],"b":[]},{"k":1}]')
    assert size(item) == len(text)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xff", b"{'a':1}", b"\x80"])
def test_what_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r".*"):
        loads(body)


def test_a_number_of_ten_thousand_digits_costs_nobody_the_batch():
    body = loads(b'{"visits":[{"v":' + b"9" * 10_000 + b'},{"v":1}]}')
    assert body["visits"][1] == {"v": 1}
    assert read_visit({**FULL, "v": body["visits"][0]["v"]}).faults == ("v",)


def test_a_visit_made_in_code_survives_the_wire():
    visit = Visit(
        UUID(FULL["id"]), "video", "refused", datetime(2026, 11, 3, 1, 2, 3, 4, tzinfo=UTC),
        clock=PhoneClock(offset_ms=0), position=Position(34.1, 113.9), urgent=Urgent("other", "x"),
        needs=(Need("meals"), Need("other", "y")), form=FormRef("contact-call", 1),
        answers={"call.spoken_to": "elder"},
    )  # fmt: skip
    read = read_visit(json.loads(json.dumps(write_visit(visit))))
    assert read.faults == ()
    assert same_content(read.visit, visit)
