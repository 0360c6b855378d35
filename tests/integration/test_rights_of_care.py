"""Ties, alerts, decisions and accounts of another village: 403 for a role that may never, 404 for one that may
elsewhere, and nothing of them in lists."""

import uuid

import pytest

from server.alerts import service as alerts
from server.alerts.service import Wanted
from server.auth.rights import RIGHTS, ROLES
from tests import factories as make
from tests.conftest import NOW
from tests.people import CITY, ELSEWHERE, VILLAGE, VILLAGE_B

# route → (right, method, address, body); {…} name things of the foreign village
ROUTES = {
    "read a tie": ("pairings.read", "get", "/pairings/{pairing}", None),
    "tie": ("pairings.write", "post", "/pairings", {"id": "{new}", "elder_id": "{elder}", "user_id": "{volunteer}"}),
    "end a tie": ("pairings.write", "post", "/pairings/{pairing}/end", {}),
    "read an alert": ("alerts.read", "get", "/alerts/{alert}", None),
    "list its region's alerts": ("alerts.read", "get", "/alerts?region={region}", None),
    "take an alert on": ("alerts.act", "post", "/alerts/{alert}/acknowledge", {"note": ""}),
    "end an alert": ("alerts.act", "post", "/alerts/{alert}/resolve", {"note": "x"}),
    "call for help": ("sos.press", "post", "/sos", {"id": "{new}", "elder_id": "{elder}"}),
    "review": ("visits.review", "post", "/visits/{visit}/review", {"decision": "accept", "reason": "x"}),
    "reopen": ("visits.reopen", "post", "/visits/{visit}/reopen", {"reason": "x"}),
    "reply": ("visits.reply", "post", "/visits/{visit}/reply", {"words": "x"}),
    "read an account": ("timebank.read", "get", "/timebank/account?user={volunteer}", None),
    "read entries": ("timebank.read", "get", "/timebank/entries?user={volunteer}", None),
}
LISTS = {"/pairings?ended=true": "pairings.read", "/alerts": "alerts.read"}


@pytest.fixture
def things(session, place) -> dict[str, str]:
    """An elder of VILLAGE, with everything that one can have."""
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    volunteer = place.user(("volunteer", VILLAGE))
    pairing = make.pairing(session, elder, volunteer)
    visit = make.visit(session, elder, volunteer, NOW, assurance="doubtful", counts=False)
    wanted = Wanted(elder.county_id, "missing", elder.id, "2026-10", elder.id, None, elder.region_id)
    (alert,) = alerts.raise_alerts(session, [wanted], now=NOW)
    session.commit()
    return {
        "elder": str(elder.id), "volunteer": str(volunteer.id), "pairing": str(pairing.id), "visit": str(visit.id),
        "alert": str(alert), "region": str(VILLAGE), "new": str(uuid.uuid4()),
    }  # fmt: skip


def asked(client, headers, route, things) -> int:
    _, method, address, body = ROUTES[route]
    if body is not None:
        body = {name: value.format(**things) for name, value in body.items()}
    return client.open(f"/api/v1{address.format(**things)}", method=method, json=body, headers=headers).status_code


@pytest.mark.parametrize("where", [VILLAGE_B, ELSEWHERE])
def test_nobody_reaches_what_is_of_another_village_or_county(client, place, things, where):
    for role in sorted(ROLES):
        headers = place.somebody((role, where))
        for route, (right, *_) in ROUTES.items():
            expected = 404 if role in RIGHTS[right].roles else 403
            assert asked(client, headers, route, things) == expected, (role, route)
        for address, right in LISTS.items():
            answer = client.get(f"/api/v1{address}", headers=headers)
            if role in RIGHTS[right].roles:
                assert answer.json["items"] == [], (role, address)
            else:
                assert answer.status_code == 403, (role, address)


def test_a_city_sees_no_persons(client, place, things):
    headers = place.somebody(("director", CITY))
    for route in ROUTES:
        assert asked(client, headers, route, things) in (403, 404), route


def test_without_a_token_everything_is_401(client, things):
    for route in ROUTES:
        assert asked(client, {}, route, things) == 401, route
