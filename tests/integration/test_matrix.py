"""Every route × every role × foreign objects: who may never is 403, what lies outside is 404 and in no list.

A route that is added is in here by itself; if its path or body is new to this page, the test says what to teach it.
Foreign things lie in another village of the same county and in another county, and carry a name that nobody else has.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from server.absences.model import Absence
from server.alerts.model import Alert
from server.auth.rights import RIGHTS, ROLES
from server.callbacks.model import Callback
from server.courses.reading import Wanted
from server.courses.service import put_course
from server.devices.model import Device
from server.elders.vault import Vault
from server.homes.model import HomeProposal
from server.people.model import RoleGrant
from server.requests.model import DataRequest
from server.roster.model import Shift
from server.tasks.model import Task
from shared.ids import uuid7
from tests import factories
from tests.conftest import NOW, SECRET
from tests.people import CITY, ELSEWHERE, VILLAGE, VILLAGE_C, Place

FOREIGN_NAME = "外人甲"
SHA256 = "a" * 64
# roles with where they act: also a city's director, who sees figures and no persons
ACTORS = [(role, VILLAGE) for role in sorted(ROLES)] + [("director", CITY), ("auditor", CITY)]
# bodies that say something valid; {name} is filled with a foreign thing
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/alerts/<uuid:alert_id>/acknowledge": {"note": "在路上"},
    "POST /api/v1/alerts/<uuid:alert_id>/resolve": {"note": "已见到"},
    "POST /api/v1/homes/proposals/<uuid:proposal_id>/decision": {"decision": "decline", "reason": "看过了"},
    "POST /api/v1/callbacks/<uuid:callback_id>/outcome": {"outcome": "confirmed"},
    "POST /api/v1/callbacks/<uuid:callback_id>/assign": {"user_id": "{user_id}"},
    "POST /api/v1/deaths/<uuid:elder_id>/review": {"finding": "expected"},
    "POST /api/v1/requests": {"elder_id": "{elder_id}", "kind": "access", "asked_by": "self",
                              "received_on": "2026-11-01"},
    "POST /api/v1/requests/<uuid:request_id>/finish": {"outcome": "done"},
    "POST /api/v1/counties/<int:county_id>/policies/<string:policy_id>": {
        "name": "普遍", "channels": ["home"], "per_month": 1, "per_week": 0, "home_per_month": 0, "stay_min_s": 180,
    },
    "PUT /api/v1/counties/<int:county_id>/ladders": {"ladders": {}},
    "POST /api/v1/absences": {"elder_id": "{elder_id}", "reason": "travelling", "starts_on": "2026-11-10"},
    "POST /api/v1/absences/<uuid:absence_id>/end": {"ends_on": "2026-11-12"},
    "POST /api/v1/tags/print": {"region": "{code}"},
    "POST /api/v1/sos": {"elder_id": "{elder_id}"},
    "POST /api/v1/devices/codes": {"user_id": "{user_id}"},
    "POST /api/v1/devices/<uuid:device_id>/revoke": {"as": "lost"},
    "POST /api/v1/elders": {"region": "{code}", "name": "新来的", "id_number": None},
    "PATCH /api/v1/elders/<uuid:elder_id>": {"name": "改名"},
    "POST /api/v1/elders/<uuid:elder_id>/status": {"status": "active", "effective_on": "2026-11-01"},
    "POST /api/v1/shifts": {
        "user_id": "{user_id}", "region": "{code}", "starts_at": "2026-11-14T08:00:00+08:00",
        "ends_at": "2026-11-14T18:00:00+08:00",
    },
    "POST /api/v1/pairings": {"elder_id": "{elder_id}", "user_id": "{user_id}"},
    "POST /api/v1/pairings/<uuid:pairing_id>/end": {},
    "PATCH /api/v1/users/<uuid:user_id>": {"disabled": True},
    "POST /api/v1/users/<uuid:user_id>/roles": {"role": "volunteer", "region": "{code}"},
    "POST /api/v1/visits/<uuid:visit_id>/review": {"decision": "accept", "reason": "看过了"},
    "POST /api/v1/visits/<uuid:visit_id>/reopen": {"reason": "重看"},
    "POST /api/v1/visits/<uuid:visit_id>/reply": {"words": "我去过"},
}
# routes whose body names something that may not be touched, and what they answer to that
NAMING = {
    "POST /api/v1/sos", "POST /api/v1/devices/codes", "POST /api/v1/elders", "POST /api/v1/pairings",
    "POST /api/v1/absences", "POST /api/v1/tags/print", "POST /api/v1/requests", "POST /api/v1/shifts",
}  # fmt: skip
SAYS_NOTHING = {"sha256", "code", "county_id", "policy_id", "digest", "name", "rest"}
_PARAMETER = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


@dataclass
class Foreign:
    """One of everything, in a village that is not ours."""

    values: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        return text.format(**self.values)


def foreign_things(place: Place, code: int) -> Foreign:
    session, region, county = place.session, place.regions[code], place.county_of(code)
    assert county is not None
    visitor = place.user(("volunteer", code), name=FOREIGN_NAME)
    elder_id, proposal_id = uuid7(), uuid7()
    key, wrapped = Vault(SECRET).new_key(county.id, elder_id)
    elder = factories.elder(session, county, region, id=elder_id, data_key=wrapped, name=FOREIGN_NAME)
    pairing = factories.pairing(session, elder, visitor)
    visit = factories.visit(session, elder, visitor, NOW)
    alert = Alert(
        county_id=county.id, id=uuid7(), kind="missing", subject=elder.id, elder_id=elder.id, region_id=region.id,
        period="2026-11", state="open", step=0, opened_at=NOW, since=NOW,
    )  # fmt: skip
    absence = Absence(
        county_id=county.id, id=uuid7(), elder_id=elder.id, reason="travelling", starts_on=NOW.date(),
        recorded_at=NOW, recorded_by=visitor.id,
    )  # fmt: skip
    device = Device(
        id=uuid7(), user_id=visitor.id, county_id=county.id, public_key=bytes(32), model="", os="", app_version="",
        enrolled_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    task = Task(
        county_id=county.id, id=uuid7(), kind="elders.import", params={}, state="done", progress=0, attempts=1,
        region_id=region.id, created_by=visitor.id, created_at=NOW, result={"name": FOREIGN_NAME},
    )  # fmt: skip
    callback = Callback(
        county_id=county.id, id=uuid7(), month=NOW.date().replace(day=1), round=1, visit_id=visit.id, elder_id=elder.id,
        visitor_id=visitor.id, region_id=region.id,
    )  # fmt: skip
    proposal = HomeProposal(
        county_id=county.id, id=proposal_id, elder_id=elder.id, found_at=NOW, changed_at=NOW, several=False, days=3,
        readings=1, state="open", place=key.seal(
            "home_proposals", "place", proposal_id,
            json.dumps({"lat": 34.0, "lon": 113.8, "spread_m": 10, "readings": [[visit.id.hex, 34.0, 113.8, 10]]}),
        ),
    )  # fmt: skip
    # a course is its whole county's: foreign is only the other one's
    course = put_course(
        session, (county if code == VILLAGE else place.other_county).id,
        Wanted(uuid7(), {"zh": FOREIGN_NAME, "en": ""}, {"zh": FOREIGN_NAME, "en": ""}), now=NOW,
    ).course  # fmt: skip
    request = DataRequest(
        county_id=county.id, id=uuid7(), elder_id=elder.id, kind="access", asked_by="self", received_on=NOW.date(),
        due_on=NOW.date(), recorded_by=visitor.id, recorded_at=NOW,
    )  # fmt: skip
    shift = Shift(
        county_id=county.id, id=uuid7(), region_id=region.id, user_id=visitor.id, starts_at=NOW,
        ends_at=NOW + dt.timedelta(hours=8), created_at=NOW,
    )  # fmt: skip
    session.add_all([absence, alert, callback, proposal, request, device, shift, task])
    session.flush()
    grant = session.query(RoleGrant).filter_by(user_id=visitor.id).one()
    made: dict[str, UUID | str] = {
        "elder_id": elder.id, "pairing_id": pairing.id, "visit_id": visit.id, "alert_id": alert.id,
        "absence_id": absence.id, "callback_id": callback.id, "request_id": request.id,
        "proposal_id": proposal.id,
        "device_id": device.id, "course_id": course.id,
        "shift_id": shift.id,
        "task_id": task.id, "user_id": visitor.id, "grant_id": grant.id,
        "code": f"{code:012d}", "sha256": SHA256, "county_id": str(county.id), "policy_id": "universal",
    }  # fmt: skip
    values = {name: str(value) for name, value in made.items()}
    session.commit()
    return Foreign(values)


@pytest.fixture
def routes(app):
    return [r for r in app.extensions["yuetan_routes"] if r.path.startswith("/api/") and r.router != "things"]


def call(client, route, foreign, headers, **options):
    path = _PARAMETER.sub(lambda m: "{" + m[1] + "}", route.path)
    try:
        address = foreign.fill(path)
    except KeyError as unknown:
        raise AssertionError(f"{route.path}: teach test_matrix.foreign_things about {unknown}") from None
    if route.method in ("POST", "PATCH") or (route.method == "PUT" and "/counties/" in route.path):
        body = BODIES.get(f"{route.method} {route.path}", {})
        options["json"] = {k: foreign.fill(v) if isinstance(v, str) else v for k, v in body.items()}
    return client.open(address, method=route.method, headers=headers, **options)


def test_nothing_but_what_says_so_is_open_to_strangers(client, place, routes):
    foreign = foreign_things(place, VILLAGE_C)
    for route in routes:
        answer = call(client, route, foreign, {})
        if repr(route.right) != "PUBLIC":
            assert answer.status_code == 401, f"{route.method} {route.path}"


@pytest.mark.parametrize(("role", "code"), ACTORS)
def test_a_role_that_may_never_is_refused_on_every_route(client, place, routes, role, code):
    headers, foreign = place.somebody((role, code)), foreign_things(place, VILLAGE_C)
    for route in routes:
        if isinstance(route.right, str) and role not in RIGHTS[route.right].roles:
            answer = call(client, route, foreign, headers)
            assert answer.status_code == 403, f"{route.method} {route.path}"
            if route.method != "HEAD":
                assert answer.json["code"] == "forbidden"


@pytest.mark.parametrize("where", [VILLAGE_C, ELSEWHERE])
@pytest.mark.parametrize(("role", "code"), ACTORS)
def test_what_lies_outside_is_not_there(client, place, routes, role, code, where):
    headers, foreign = place.somebody((role, code)), foreign_things(place, where)
    hidden = {v for name, v in foreign.values.items() if name not in SAYS_NOTHING} | {FOREIGN_NAME}
    for route in routes:
        if not isinstance(route.right, str) or role not in RIGHTS[route.right].roles:
            continue
        name = f"{route.method} {route.path}"
        answer = call(client, route, foreign, headers)
        if code == CITY and RIGHTS[route.right].figures:
            continue  # the city lies above both: their figures are not foreign to it
        if "<" in route.path or name in NAMING:
            assert answer.status_code == 404, f"{name}: {answer.status_code} {answer.text[:300]}"
        assert not [thing for thing in hidden if thing in answer.text], name
        for query in {"region": foreign.values["code"], "month": "2026-11"}, {"elder_id": foreign.values["elder_id"]}:
            if route.method == "GET" and route.query is not None and "<" not in route.path:
                answer = call(client, route, foreign, headers, query_string=query)
                shown = [thing for thing in hidden if thing in answer.text]
                assert not shown, f"{name}?{query}: {answer.text[:300]}"
                if "region" in query and "region" in route.query.fields and code != CITY:
                    assert answer.status_code == 404, f"{name}?{query}: {answer.status_code} {answer.text[:300]}"


def test_the_same_things_are_there_for_those_whose_they_are(client, place, routes):
    """So that the tests above do not pass because nothing is ever found."""
    ours = foreign_things(place, VILLAGE)
    director = place.somebody(("director", VILLAGE))
    for route in routes:
        if route.method == "GET" and isinstance(route.right, str) and "<" in route.path:
            if route.path.endswith(("/file", "/copy")):  # of things that these are not
                continue
            assert "director" in RIGHTS[route.right].roles
            answer = call(client, route, ours, director)
            assert answer.status_code == 200, f"{route.path}: {answer.text[:300]}"
