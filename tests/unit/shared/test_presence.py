"""Presence: golden cases, one per flag at least, and what holds for any evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import TrustedTimes
from shared.protocol.flags import FLAGS, message
from shared.protocol.visit import Position, read_visit
from shared.rules.presence import (
    RULE_VERSION,
    RULES,
    WEIGHTS,
    Evidence,
    Home,
    OtherVisit,
    Past,
    evidence_of,
    judge,
    read_evidence,
    write_evidence,
)
from tests.vectors import load

START = datetime(2026, 11, 3, 1, tzinfo=UTC)
ELDER, OTHER = UUID(int=1), UUID(int=2)
CASES = load("presence")
RULE_3 = load("presence_rule3")
"""What rule 3 said of these cases when it was in force."""


def evidence(given: dict) -> Evidence:
    """The evidence of a golden case: a home visit of ELDER at START that met, unless the case says otherwise."""
    told = {"channel": "home", "outcome": "met", **given}
    times = {
        name: told.pop(name)
        for name in ("proved", "notes", "stay_proved", "set_by_s", "phone_stay_s", "ahead_s")
        if name in told
    }
    stay = told.pop("stay_s")
    times["notes"] = frozenset(times.get("notes", ()))
    end = None if stay is None else START + timedelta(seconds=stay)
    for name in ("position", "start_position"):
        told[name] = told[name] and Position(**told[name])
    told["home"] = told["home"] and Home(**{k: tuple(v) if isinstance(v, list) else v for k, v in told["home"].items()})
    told["past"] = Past(**told.get("past", {}))
    told["faults"] = tuple(told.get("faults", ()))
    told["others"] = tuple(
        OtherVisit(
            id=UUID(int=9),
            elder_id=ELDER if other.pop("same_elder", False) else OTHER,
            start=START + timedelta(seconds=other.pop("start_s")),
            end=START + timedelta(seconds=other.pop("end_s")),
            point=tuple(other.pop("point")),
            home=tuple(other.pop("home")) if "home" in other else None,
            **other,
        )
        for other in ({**each} for each in told.get("others", ()))
    )
    times = TrustedTimes(START, end, stay, **{"proved": True, **times})
    return Evidence(times=times, elder_id=ELDER, received_at=START + timedelta(hours=1), **told)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case):
    judged = judge(evidence(case["evidence"]))
    assert judged.assurance == case["assurance"], judged
    assert sorted(judged.codes) == sorted(case["flags"])


def test_every_flag_has_an_example():
    assert {code for case in CASES for code in case["flags"]} == set(FLAGS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_sentence_has_all_its_figures(case):
    for flag in judge(evidence(case["evidence"])).flags:
        for language in ("zh", "en"):
            assert "?" not in message(flag.code, flag.figures, language)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_judgement_can_be_repeated_from_what_was_kept(case):
    looked_at = evidence(case["evidence"])
    kept = json.loads(json.dumps(write_evidence(looked_at)))
    assert read_evidence(kept) == looked_at
    assert judge(read_evidence(kept)) == judge(looked_at)


@pytest.mark.parametrize("was", RULE_3, ids=lambda was: was["name"])
def test_a_judgement_of_rule_3_can_be_repeated_by_rule_3(was):
    case = next(case for case in CASES if case["name"] == was["name"])
    kept = json.loads(json.dumps(write_evidence(evidence(case["evidence"]))))
    again = judge(read_evidence(kept), RULES[3])
    said = {"assurance": again.assurance, "doubt": again.doubt, "alone": again.alone}
    assert said == {name: was[name] for name in said}
    assert {flag.code: flag.weight for flag in again.flags} == was["flags"]
    assert again.rule_version == 3


@pytest.mark.parametrize(
    ("accuracy_m", "gap_m", "share"), [(3.0, 3.0, 0.18), (5.0, 3.0, 0.49), (20.0, 3.0, 1.0), (20.0, 0.0, 1.0)]
)
def test_agreement_with_the_register_says_less_the_more_exact_the_receiver_is(accuracy_m, gap_m, share):
    given = next(case for case in CASES if case["name"] == "to the metre the register's")["evidence"]
    start = {"lat": 34.02 + gap_m / 111_195, "lon": 113.82, "accuracy_m": accuracy_m, "mocked": False}
    visit = evidence({**given, "start_position": start, "position": {**start, "lon": 113.820002}})
    before, now = (
        next(f.weight for f in judge(visit, RULES[version]).flags if f.code == "same_as_register")
        for version in (3, RULE_VERSION)
    )
    assert now / before == pytest.approx(share, abs=0.03)


@given(st.floats(0.0, 1e12), st.floats(0.0, 5.0))
def test_no_accuracy_breaks_the_weighing_of_agreement(accuracy_m, gap_m):
    given = next(case for case in CASES if case["name"] == "to the metre the register's")["evidence"]
    at = {"lat": 34.02 + gap_m / 111_195, "lon": 113.82, "accuracy_m": accuracy_m, "mocked": False}
    assert 0 <= judge(evidence({**given, "start_position": at, "position": at})).doubt < 3


def test_every_version_of_the_rule_knows_every_circumstance():
    for version, rule in RULES.items():
        assert rule.version == version
        assert set(rule.scales) == set(RULES[RULE_VERSION].scales)
        assert set(rule.weights) <= set(WEIGHTS)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
POSITIONS = st.none() | st.builds(
    Position, st.floats(-90, 90), st.floats(-180, 180), st.none() | st.floats(0, 1e9), st.booleans()
)
STAYS = st.none() | st.integers(0, 10**6)


@st.composite
def evidences(draw) -> Evidence:
    stay = draw(STAYS)
    times = TrustedTimes(
        START,
        None if stay is None else START + timedelta(seconds=stay),
        stay,
        draw(st.booleans()),
        draw(st.frozensets(st.sampled_from(["clock_unproved", "time_future", "time_old"]))),
        draw(st.booleans()),
        draw(st.none() | st.integers(-(10**9), 10**9)),
        draw(st.none() | st.integers(-(10**9), 10**9)),
        draw(st.integers(0, 10**9)),
    )
    others = draw(
        st.lists(
            st.builds(
                lambda a, b, point, accuracy, proved: OtherVisit(
                    UUID(int=7), OTHER, START + timedelta(seconds=min(a, b)), START + timedelta(seconds=max(a, b)),
                    point, accuracy, proved,
                ),
                st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6),
                st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)), st.floats(0, 1e5), st.booleans(),
            ),
            max_size=3,
        )
    )  # fmt: skip
    return Evidence(
        channel=draw(st.sampled_from(["home", "phone", "video", "letter"])),
        outcome=draw(st.sampled_from(["met", "not_home", "refused", "odd"])),
        times=times,
        tag=draw(st.sampled_from(["right", "missing", "revoked", "other", "unknown", None])),
        home=draw(
            st.none() | st.builds(Home, st.floats(18, 53), st.floats(74, 135), st.floats(0, 5000), st.booleans())
        ),
        start_position=draw(POSITIONS),
        position=draw(POSITIONS),
        others=tuple(others),
        paired=draw(st.booleans()),
        explained=draw(st.booleans()),
    )


@settings(deadline=None)
@given(evidences())
def test_any_evidence_gives_a_judgement_that_adds_up(looked_at):
    judged = judge(looked_at)
    assert judged.doubt == pytest.approx(sum(flag.weight for flag in judged.flags))
    assert (judged.assurance == "doubtful") == (judged.doubt >= 1)
    assert set(judged.codes) <= set(WEIGHTS)
    if looked_at.channel != "home" or looked_at.outcome != "met":
        assert judged.assurance != "verified"
    if judged.assurance == "verified":
        assert set(judged.support) == {"tag", "near", "stay"}
    json.dumps([flag.figures for flag in judged.flags], allow_nan=False)


@settings(deadline=None)
@given(st.sampled_from(["right", "missing", "unknown", "revoked"]), st.booleans(), st.integers(180, 20_000))
def test_an_honest_visit_without_positioning_is_never_doubted(tag, proved, stay):
    notes = frozenset() if proved else frozenset(("clock_unproved",))
    times = TrustedTimes(START, START + timedelta(seconds=stay), stay, proved, notes)
    assert judge(Evidence("home", "met", times, tag, Home(34.02, 113.82))).assurance == "plausible"


def test_the_evidence_of_a_visit_is_what_it_says_and_what_the_register_adds():
    item = {"id": str(UUID(int=5)), "channel": "home", "outcome": "met", "started_at": "2026-11-03T09:00:00+08:00",
            "elder_id": str(ELDER), "urgent": {"kind": "ill"}, "position": {"lat": 34.02, "lon": 113.82}}  # fmt: skip
    read = read_visit(item)
    times = TrustedTimes(START, None, 30, True, frozenset())
    looked_at = evidence_of(read.visit, times, "right", None, faults=read.faults, paired=False)
    assert looked_at.elder_id == ELDER
    assert looked_at.explained
    assert looked_at.position == Position(34.02, 113.82)
    assert judge(looked_at).codes == ("not_paired", "short_stay")
    assert judge(replace(looked_at, paired=True)).assurance == "plausible"
