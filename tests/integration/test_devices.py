"""Phones: enrolment by code, refresh through lost answers and weeks without network, and being shut out."""

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server import clock
from server.devices import codes, service
from server.problems import Problem
from shared.ids import uuid7
from shared.protocol.signing import unb64
from tests.conftest import NOW
from tests.people import COUNTY, ELSEWHERE, KEYS, VILLAGE, VILLAGE_B
from tests.phones import FakePhone

TODAY = NOW.date()


@pytest.fixture
def wang(place):
    return place.user(("volunteer", VILLAGE), username="wang")


@pytest.fixture
def code(session, wang):
    return service.issue_code(session, KEYS, wang.id, now=NOW, today=TODAY).code


@pytest.fixture
def phone(client):
    return FakePhone(client)


@pytest.fixture
def enrolled(phone, code):
    return phone.enrol(code).json


def stand_at(app, when):
    clock.set_clock(app, lambda: when)


def test_a_code_enrols_a_phone_which_then_is_its_holder(phone, code, wang):
    answer = phone.enrol(code)
    assert answer.status_code == 200
    assert set(answer.json) == {
        "access_token", "refresh_token", "expires_in", "user", "server_time", "epoch", "server_key", "config"
    }  # fmt: skip
    assert len(unb64(answer.json["server_key"])) == 32
    assert answer.json["config"]["server_keys"][0]["key"] == answer.json["server_key"]
    assert phone.me(answer.json["access_token"]).json["device_id"] == str(phone.id)
    assert answer.json["user"]["id"] == str(wang.id)


def test_a_code_may_be_typed_carelessly(phone, code):
    assert phone.enrol(f"  {code.lower().replace('-', ' – ')} ").status_code == 200


def test_what_looks_alike_is_read_alike():
    assert codes.read("o0Il1-ABCDE") == codes.read("００111abcde") == "00111ABCDE"
    assert codes.read("ABCDE-ABCD") is None
    assert codes.read("ABCDE-ABCDU") is None


def test_the_same_enrolment_again_is_the_same_with_fresh_tokens(app, phone, code):
    lost = phone.enrol(code).json
    stand_at(app, NOW + dt.timedelta(hours=23, minutes=59))
    again = phone.enrol(code)
    assert again.status_code == 200
    assert again.json["access_token"] != lost["access_token"]
    assert phone.me(again.json["access_token"]).status_code == 200
    # an answer that arrives late after all is as good as the other
    later = NOW + dt.timedelta(hours=23, minutes=59)
    assert phone.refresh(lost["refresh_token"], at=later).status_code == 200


def test_a_used_code_serves_no_other_phone_and_no_other_key(client, phone, code, enrolled):
    assert FakePhone(client).enrol(code).json["code"] == "code_used"
    thief = FakePhone(client, id=phone.id, key=Ed25519PrivateKey.generate())
    assert thief.enrol(code).json["code"] == "code_used"
    assert phone.refresh(enrolled["refresh_token"]).status_code == 200


def test_a_code_lives_24_hours_from_its_issue(app, phone, code):
    stand_at(app, NOW + dt.timedelta(hours=24))
    assert phone.enrol(code).json["code"] == "code_expired"


def test_a_used_code_does_not_bring_a_lost_phone_back(session, phone, code, enrolled):
    service.revoke(session, phone.id, "lost", now=NOW, actor_id=None)
    assert phone.enrol(code).json["code"] == "device_revoked"


def test_a_new_code_brings_a_revoked_phone_back_with_its_outbox(session, phone, enrolled, wang):
    service.revoke(session, phone.id, "lost", now=NOW, actor_id=None)
    fresh = service.issue_code(session, KEYS, wang.id, now=NOW, today=TODAY).code
    answer = phone.enrol(fresh)
    assert answer.status_code == 200
    assert phone.me(answer.json["access_token"]).status_code == 200
    assert phone.me(enrolled["access_token"]).json["code"] == "device_revoked"


def test_a_phone_is_never_bound_to_another_person(session, phone, place, enrolled):
    li = place.user(("volunteer", VILLAGE), username="li")
    theirs = service.issue_code(session, KEYS, li.id, now=NOW, today=TODAY).code
    answer = phone.enrol(theirs)
    assert (answer.status_code, answer.json["code"]) == (409, "device_bound")


def test_guessing_codes_is_slowed_down(client, place):
    phone = FakePhone(client)
    seen = [phone.enrol(f"ABCDE-{number:05d}").json["code"] for number in range(service.MAX_WRONG_CODES + 1)]
    assert set(seen[:-1]) == {"code_invalid"}
    assert seen[-1] == "too_many_requests"


@pytest.mark.parametrize("key", ["", "AAAA", "中文", "A" * 44, None, 7])
def test_a_key_that_is_none_is_named(phone, code, key):
    answer = phone.enrol(code, public_key=key)
    assert answer.status_code == 422
    assert "device.public_key" in answer.json["errors"]


def test_a_refresh_token_yields_successors_until_one_of_them_is_presented(phone, enrolled):
    first = enrolled["refresh_token"]
    lost, again = phone.refresh(first), phone.refresh(first)
    assert lost.status_code == again.status_code == 200
    newer = phone.refresh(lost.json["refresh_token"]).json
    assert phone.refresh(first).json["code"] == "refresh_used"
    assert phone.refresh(again.json["refresh_token"]).status_code == 200  # twin of the one that was presented
    assert phone.refresh(newer["refresh_token"]).status_code == 200


def test_a_phone_may_be_away_for_a_year(app, phone, enrolled):
    later = NOW + dt.timedelta(days=365)
    stand_at(app, later)
    assert phone.me(enrolled["access_token"]).json["code"] == "token_expired"
    answer = phone.refresh(enrolled["refresh_token"], at=later)
    assert answer.status_code == 200
    assert phone.me(answer.json["access_token"]).status_code == 200


def test_another_key_cannot_refresh(client, phone, enrolled):
    thief = FakePhone(client, id=phone.id)
    assert thief.refresh(enrolled["refresh_token"]).json["code"] == "signature_invalid"


def test_a_signature_covers_token_and_time(phone, enrolled):
    later = (NOW + dt.timedelta(seconds=1)).isoformat()
    token = enrolled["refresh_token"]
    assert phone.client.post("/api/v1/devices/refresh", json=phone.signed(token)).status_code == 200
    for change in {"at": later}, {"refresh_token": "other"}, {"signature": "AAAA"}:
        answer = phone.client.post("/api/v1/devices/refresh", json={**phone.signed(token), **change})
        assert answer.json["code"] == "signature_invalid"


def test_a_wrong_clock_is_told_the_servers_time(phone, enrolled):
    answer = phone.refresh(enrolled["refresh_token"], at=NOW - dt.timedelta(minutes=10, seconds=1))
    assert (answer.status_code, answer.json["code"]) == (401, "clock_off")
    told = dt.datetime.fromisoformat(answer.json["server_time"])
    assert phone.refresh(enrolled["refresh_token"], at=told).status_code == 200
    assert phone.refresh(enrolled["refresh_token"], at=NOW + dt.timedelta(minutes=10)).status_code == 200


def test_an_unknown_phone_is_told_to_enrol(client, enrolled):
    stranger = FakePhone(client)
    assert stranger.refresh(enrolled["refresh_token"]).json["code"] == "device_unknown"
    body = {**stranger.signed(enrolled["refresh_token"]), "device_id": "no id"}
    assert client.post("/api/v1/devices/refresh", json=body).json["code"] == "device_unknown"


def test_one_phones_token_does_not_serve_another(session, client, place, enrolled):
    li = place.user(("volunteer", VILLAGE), username="li")
    other = FakePhone(client)
    other.enrol(service.issue_code(session, KEYS, li.id, now=NOW, today=TODAY).code)
    assert other.refresh(enrolled["refresh_token"]).json["code"] == "refresh_used"


@pytest.mark.parametrize("wrong", [{"at": "yesterday"}, {"at": "2026-11-14T10:00:00"}, {"signature": "?"}, {"at": 5}])
def test_unreadable_fields_of_a_refresh_are_named(phone, enrolled, wrong):
    body = {**phone.signed(enrolled["refresh_token"]), **wrong}
    answer = phone.client.post("/api/v1/devices/refresh", json=body)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == list(wrong)


@pytest.mark.parametrize("how", ["left", "replaced", "lost"])
def test_a_revoked_phone_hears_so_from_its_next_request(client, place, phone, enrolled, how):
    director = place.somebody(("director", COUNTY))
    answer = client.post(f"/api/v1/devices/{phone.id}/revoke", json={"as": how}, headers=director)
    assert (answer.status_code, answer.json["revoked_as"]) == (200, how)
    assert phone.me(enrolled["access_token"]).json["code"] == "device_revoked"
    assert phone.refresh(enrolled["refresh_token"]).json["code"] == "device_revoked"


def test_a_phone_of_a_disabled_person_drops_its_cache(session, phone, enrolled, wang):
    wang.disabled_at = NOW
    session.commit()
    assert phone.me(enrolled["access_token"]).json["code"] == "device_revoked"
    assert phone.refresh(enrolled["refresh_token"]).json["code"] == "device_revoked"


def test_a_phone_whose_holder_has_no_role_left_drops_its_cache(client, place, phone, enrolled, wang):
    held = client.get(f"/api/v1/users/{wang.id}", headers=place.somebody(("admin", COUNTY))).json["roles"][0]["id"]
    director = place.somebody(("director", VILLAGE))
    assert phone.me(enrolled["access_token"]).status_code == 200
    client.delete(f"/api/v1/users/{wang.id}/roles/{held}", headers=director)
    assert phone.me(enrolled["access_token"]).json["code"] == "device_revoked"


def test_after_a_restore_any_signed_token_of_a_known_phone_will_do_for_60_days(app, session, phone, enrolled):
    first, epoch = enrolled["refresh_token"], enrolled["epoch"]
    second = phone.refresh(phone.refresh(first).json["refresh_token"]).json
    assert second["epoch"] == epoch
    assert phone.refresh(first).json["code"] == "refresh_used"
    service.begin_epoch(session, NOW + dt.timedelta(seconds=1))
    for token in (first, "from before the backup"):
        answer = phone.refresh(token)
        assert answer.status_code == 200
        assert answer.json["epoch"] != epoch
        assert phone.me(answer.json["access_token"]).status_code == 200
    later = NOW + dt.timedelta(days=60, seconds=1)
    stand_at(app, later)
    assert phone.refresh(first, at=later).json["code"] == "refresh_used"
    assert phone.refresh(answer.json["refresh_token"], at=later).status_code == 200


def test_a_director_issues_codes_to_their_own_people_only(client, place, wang):
    here, there = place.somebody(("director", VILLAGE)), place.somebody(("director", VILLAGE_B))
    body = {"id": str(uuid7()), "user_id": str(wang.id)}
    made = client.post("/api/v1/devices/codes", json=body, headers=here)
    assert made.status_code == 201
    assert made.json["url"] == f"https://yuetan.example/enrol#{made.json['code']}"
    assert client.post("/api/v1/devices/codes", json=body, headers=here).json == made.json
    assert FakePhone(client).enrol(made.json["code"]).status_code == 200
    assert client.post("/api/v1/devices/codes", json=body, headers=there).status_code == 404
    volunteer = place.bearer(wang)
    assert client.post("/api/v1/devices/codes", json=body, headers=volunteer).status_code == 403


def test_a_phone_is_seen_and_revoked_by_its_holder_and_their_directors_only(client, place, phone, enrolled, wang):
    address = f"/api/v1/devices/{phone.id}/revoke"
    for foreign in ("volunteer", VILLAGE), ("director", VILLAGE_B), ("director", ELSEWHERE), ("admin", ELSEWHERE):
        headers = place.somebody(foreign)
        assert client.get("/api/v1/devices", headers=headers).json["items"] == []
        assert client.post(address, json={"as": "lost"}, headers=headers).status_code == 404
    for near in place.somebody(("director", VILLAGE)), place.somebody(("admin", COUNTY)), place.bearer(wang):
        assert [d["id"] for d in client.get("/api/v1/devices", headers=near).json["items"]] == [str(phone.id)]
    assert client.post(address, json={"as": "lost"}, headers=place.bearer(wang)).status_code == 200


def test_an_enrolment_names_one_county(session, place, client, wang, enrolled, phone):
    from server.devices.model import Device

    assert session.get(Device, phone.id).county_id == place.county.id


def test_a_new_phone_takes_the_place_of_the_old_one_when_its_code_is_used(session, client, phone, enrolled, wang):
    code = service.issue_code(session, KEYS, wang.id, now=NOW, today=TODAY, replaces=phone.id).code
    assert phone.me(enrolled["access_token"]).status_code == 200
    fresh = FakePhone(client)
    tokens = fresh.enrol(code).json
    assert fresh.me(tokens["access_token"]).status_code == 200
    gone = phone.me(enrolled["access_token"])
    assert (gone.status_code, gone.json["code"], gone.json["revoked_as"]) == (401, "device_revoked", "replaced")


def test_the_same_code_again_revokes_nothing_more(session, client, phone, enrolled, wang):
    code = service.issue_code(session, KEYS, wang.id, now=NOW, today=TODAY, replaces=phone.id).code
    fresh = FakePhone(client)
    fresh.enrol(code)
    back = phone.enrol(service.issue_code(session, KEYS, wang.id, now=NOW, today=TODAY).code).json
    assert fresh.enrol(code).status_code == 200
    assert phone.me(back["access_token"]).status_code == 200


def test_a_phone_that_replaces_itself_goes_on(session, phone, enrolled, wang):
    code = service.issue_code(session, KEYS, wang.id, now=NOW, today=TODAY, replaces=phone.id).code
    assert phone.me(phone.enrol(code).json["access_token"]).status_code == 200


def test_nobody_elses_phone_is_replaced(session, phone, enrolled, place):
    other = place.user(("volunteer", VILLAGE))
    with pytest.raises(Problem) as wrong:
        service.issue_code(session, KEYS, other.id, now=NOW, today=TODAY, replaces=phone.id)
    assert wrong.value.code == "not_found"


def test_a_replaced_phone_that_turns_out_to_be_lost_is_told_so(session, phone, enrolled):
    for how in ("replaced", "lost"):
        service.revoke(session, phone.id, how, now=NOW, actor_id=None)
        assert phone.me(enrolled["access_token"]).json["revoked_as"] == how
