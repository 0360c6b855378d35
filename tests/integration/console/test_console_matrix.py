"""Every page × every role × foreign things: who may never is 403, what lies outside is 404 and on no page.

A page that is added is in here by itself. Foreign things are those of the API's matrix.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from server.absences.model import Absence
from server.auth.rights import RIGHTS, ROLES
from shared.ids import uuid7
from tests.conftest import NOW
from tests.integration.console.desk import desk
from tests.integration.test_matrix import FOREIGN_NAME, SAYS_NOTHING, Foreign
from tests.integration.test_matrix import foreign_things as api_things
from tests.people import CITY, ELSEWHERE, VILLAGE, VILLAGE_C, Place

ACTORS = [(role, VILLAGE) for role in sorted(ROLES)] + [("director", CITY), ("auditor", CITY)]
# forms that say something valid; {name} is filled with a foreign thing
FORMS: dict[str, dict[str, str]] = {
    "review": {"decision": "accept", "ground": "called"},
    "reopen": {"reason": "重看"},
    "reply": {"words": "我去过"},
    "look_at_death": {"finding": "expected"},
    "receive_request": {"kind": "access", "asked_by": "self", "received_on": NOW.date().isoformat()},
    "finish_request": {"outcome": "done"},
    "change_policy": {"name": "普遍", "channels": "home", "per_month": "1", "per_week": "0", "home_per_month": "0",
                      "stay_min_s": "180"},
    "decide_home": {"decision": "decline", "reason": "看过了"},
    "record_callback": {"outcome": "confirmed"},
    "assign_callback": {"user_id": "{user_id}"},
    "record_status": {"status": "hospital", "effective_on": NOW.date().isoformat()},
    "ask_absence": {"reason": "in_hospital", "starts_on": NOW.date().isoformat()},
    "add_pairing": {"user": "{user_id}", "role": "main"},
    "resolve": {"note": "已见到"},
    "grant_role": {"role": "volunteer", "region": "{code}"},
    "set_disabled": {"disabled": "1"},
    "set_password": {"password": "a long new password"},
    "revoke_device": {"as": "lost"},
    "create_user": {"username": "neu", "name": "新人", "role": "volunteer", "region": "{code}"},
    "print_tags": {"region": "{code}"},
    "add_shift": {
        "user": "{user_id}", "region": "{code}", "starts_at": "2026-11-14T08:00", "ends_at": "2026-11-14T18:00",
    },
}
# pages without a thing in their address that name one in the form
NAMING = {"print_tags", "add_shift"}
_PARAMETER = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


def foreign_things(place: Place, code: int) -> Foreign:
    """The API's, and an absence that waits for a director."""
    found, county = api_things(place, code), place.county_of(code)
    assert county is not None
    if "absence_id" not in found.values:
        absence = Absence(
            county_id=county.id, id=uuid7(), elder_id=UUID(found.values["elder_id"]), reason="in_hospital",
            starts_on=NOW.date(), recorded_at=NOW,
        )  # fmt: skip
        place.session.add(absence)
        place.session.commit()
        found.values["absence_id"] = str(absence.id)
    return found


@pytest.fixture
def pages(app):
    return app.extensions["yuetan_pages"]


def call(someone, route, foreign, **options):
    names = {**foreign.values, "digest": foreign.values["sha256"], "name": "console.css", "rest": "nowhere"}
    address = _PARAMETER.sub(lambda m: names[m[1]], route.path)
    if route.method == "GET":
        return someone.get(address, **options)
    form: dict[str, Any] = {k: v.format(**names) for k, v in FORMS.get(route.name, {}).items()}
    return someone.post(address, form, **options)


def test_strangers_are_shown_the_door(client, place, pages):
    foreign = foreign_things(place, VILLAGE_C)
    for route in pages:
        if repr(route.right) == "PUBLIC":
            continue
        names = {**foreign.values, "digest": "a" * 64}
        address = _PARAMETER.sub(lambda m, names=names: names[m[1]], route.path)
        answer = client.open(address, method=route.method)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/console/login"), route.name


@pytest.mark.parametrize(("role", "code"), ACTORS)
def test_a_role_that_may_never_is_refused_on_every_page(client, place, pages, role, code):
    someone, foreign = desk(client, place, (role, code)), foreign_things(place, VILLAGE_C)
    for route in pages:
        if isinstance(route.right, str) and role not in RIGHTS[route.right].roles:
            assert call(someone, route, foreign).status_code == 403, route.name


@pytest.mark.parametrize("where", [VILLAGE_C, ELSEWHERE])
@pytest.mark.parametrize(("role", "code"), ACTORS)
def test_what_lies_outside_is_on_no_page(client, place, pages, role, code, where):
    someone, foreign = desk(client, place, (role, code)), foreign_things(place, where)
    hidden = {v for name, v in foreign.values.items() if name not in SAYS_NOTHING} | {FOREIGN_NAME}
    for route in pages:
        if not isinstance(route.right, str) or role not in RIGHTS[route.right].roles:
            continue
        answer = call(someone, route, foreign)
        if code == CITY and RIGHTS[route.right].figures:
            continue  # the city lies above both: their figures are not foreign to it
        if "<" in route.path or route.name in NAMING:
            assert answer.status_code == 404, f"{route.name}: {answer.status_code} {answer.text[-900:]}"
        # the address itself, said back in links, tells nothing; everything else would
        said = answer.text.replace(f"/console{answer.request.path.removeprefix('/console')}", "")
        assert not [thing for thing in hidden if thing in said], route.name
        if route.method == "GET" and "<" not in route.path:
            for query in ({"region": foreign.values["code"]}, {"elder": foreign.values["elder_id"]}):
                answer = someone.get(route.path, query_string=query)
                said = answer.text.replace(foreign.values["elder_id"], "") if "elder" in query else answer.text
                assert not [thing for thing in hidden if thing in said], f"{route.name}?{query}"


@pytest.mark.parametrize("role", ["auditor"])
def test_an_auditor_sees_everything_and_may_write_nothing(client, place, pages, role):
    someone, ours = desk(client, place, (role, VILLAGE)), foreign_things(place, VILLAGE)
    for route in pages:
        if route.method == "POST" and isinstance(route.right, str) and route.name != "search_elders":
            assert call(someone, route, ours).status_code == 403, route.name
    for path in ("/console/elders/{elder_id}", "/console/visits/{visit_id}", "/console/users/{user_id}",
                 "/console/alerts", "/console/tags", "/console/month", "/console/missing"):  # fmt: skip
        answer = someone.get(ours.fill(path))
        assert answer.status_code == 200, path
        forms = re.findall(r'<form method="post" action="([^"]+)"', answer.text)
        assert forms == ["/console/logout"], path


def test_the_same_things_are_there_for_those_whose_they_are(client, place, pages):
    """So that the tests above do not pass because nothing is ever found."""
    ours = foreign_things(place, VILLAGE)
    director = desk(client, place, ("director", VILLAGE), ("auditor", VILLAGE))
    for route in pages:
        if route.method == "GET" and isinstance(route.right, str):
            if route.name in ("task_file", "visit_photo"):
                continue
            answer = call(director, route, ours)
            assert answer.status_code == 200, f"{route.path}: {answer.status_code}"


def test_every_form_needs_its_token(client, place, pages):
    ours = foreign_things(place, VILLAGE)
    director = desk(client, place, ("admin", VILLAGE), ("volunteer", VILLAGE))
    for route in pages:
        if route.method == "POST" and repr(route.right) != "PUBLIC":
            names = {**ours.values, "digest": "a" * 64}
            address = _PARAMETER.sub(lambda m, names=names: names[m[1]], route.path)
            answer = director.post(address, {"csrf": "x", **FORMS.get(route.name, {})})
            assert answer.status_code == 403, route.name
            assert "页面已过期" in answer.text
