"""POST /sync/sealed: visits by the phone's key alone, whatever became of its tokens."""

import datetime as dt
import json
from uuid import UUID

import pytest
import sqlalchemy as sa

from server import clock, keys, outcomes
from server.audit.model import AuditEntry
from server.devices import service as devices
from server.elders.vault import Vault
from server.keys import KeyRing
from server.sync import sealed
from server.visits.model import Refusal, Visit
from shared.ids import uuid7
from shared.protocol.limits import MAX_BATCH
from shared.protocol.signing import b64, sealed_text
from tests import factories as make
from tests.conftest import NOW, SECRET
from tests.people import ELSEWHERE, KEYS, VILLAGE
from tests.phones import FakePhone
from tests.visits import sent

DAY = dt.timedelta(days=1)


def enrol(session, client, user, **options):
    phone = FakePhone(client, **options)
    code = devices.issue_code(session, KEYS, user.id, now=NOW, today=NOW.date()).code
    phone.tokens = phone.enrol(code).json
    return phone


@pytest.fixture
def volunteer(place):
    return place.user(("volunteer", VILLAGE))


@pytest.fixture
def elder(session, place, volunteer):
    made = make.elder(session, place.county, place.regions[VILLAGE])
    make.pairing(session, made, volunteer)
    outcomes.open_periods(session, place.county.id, now=NOW)
    session.commit()
    return made


@pytest.fixture
def phone(session, client, volunteer, elder):
    return enrol(session, client, volunteer)


def results(answer):
    assert answer.status_code == 200, answer.json
    return answer.json["results"]


def codes(result):
    return {flag["code"] for flag in result["flags"]}


def stored(session, item):
    return session.scalars(sa.select(Visit).where(Visit.id == UUID(item["id"]))).one()


def plain(phone, *items):
    bearer = {"Authorization": f"Bearer {phone.tokens['access_token']}"}
    return phone.client.post("/api/v1/sync/visits", json={"visits": list(items)}, headers=bearer)


def test_a_sealed_visit_is_taken_in_without_a_token_as_its_holders(session, phone, elder, volunteer, place):
    visit = sent(elder, device_id=str(phone.id))
    [result] = results(phone.send_sealed(phone.sealed(visit)))
    assert (result["id"], result["status"], result["assurance"]) == (visit["id"], "accepted", "plausible")
    row = stored(session, visit)
    assert (row.visitor_id, row.device_id, row.county_id) == (volunteer.id, phone.id, place.county.id)
    assert row.counts


@pytest.mark.parametrize("first", ["sealed", "plain"])
def test_a_visit_that_came_the_other_way_is_a_duplicate_with_the_first_answer(phone, elder, first):
    visit = sent(elder, minutes=1, photos=["ab" * 32])
    ways = [lambda: phone.send_sealed(phone.sealed(visit)), lambda: plain(phone, visit)]
    before, after = [results(way())[0] for way in (ways if first == "sealed" else reversed(ways))]
    assert after == {**before, "status": "duplicate"}


def test_other_content_under_the_same_id_is_refused_whichever_way_it_comes(phone, elder):
    visit = sent(elder)
    results(plain(phone, visit))
    [result] = results(phone.send_sealed(phone.sealed({**visit, "note": "别的"})))
    assert result["error"]["code"] == "id_reused"


def test_one_bad_item_never_stops_the_others_and_results_keep_the_order(phone, elder):
    good, better = sent(elder), sent(elder, NOW - DAY)
    stranger = FakePhone(phone.client, id=phone.id)
    items = [
        phone.sealed(good), stranger.sealed(sent(elder)), {"id": "x"}, 7, phone.sealed(b"no json", id=str(uuid7())),
        phone.sealed(better),
    ]  # fmt: skip
    found = results(phone.send_sealed(*items))
    assert [r["status"] for r in found] == ["accepted", "rejected", "rejected", "rejected", "rejected", "accepted"]
    assert [r["error"]["code"] for r in found[1:5]] == ["signature_invalid", "validation", "validation", "json_invalid"]
    assert [r["id"] for r in found] == [good["id"], items[1]["id"], "x", None, items[4]["id"], better["id"]]
    assert found[2]["error"]["errors"] == {"sealed": ["必填"], "signature": ["必填"]}


def test_what_was_sealed_for_a_retired_key_still_opens(app, phone, elder):
    new = KeyRing(("the secret that came after it", SECRET))
    app.extensions["yuetan_keys"] = new
    try:
        old, fresh = sent(elder), sent(elder, NOW - DAY)
        items = [phone.sealed(old), phone.sealed(fresh, new.sealing[0])]
        assert [r["status"] for r in results(phone.send_sealed(*items))] == ["accepted", "accepted"]
    finally:
        del app.extensions["yuetan_keys"]


def test_an_item_that_names_no_key_is_tried_with_all(phone, elder):
    [result] = results(phone.send_sealed(phone.sealed(sent(elder), key_id=None)))
    assert result["status"] == "accepted"


@pytest.mark.parametrize("wrong", ["unknown key", "other key", "cut", "not a box"])
def test_what_cannot_be_opened_is_kept_as_it_came_and_rejected_with_a_clear_code(
    session, phone, elder, volunteer, wrong
):
    foreign = KeyRing(("some other server's secret",)).sealing[0]
    visit = sent(elder)
    item = {
        "unknown key": lambda: phone.sealed(visit, foreign),
        "other key": lambda: phone.sealed(visit, foreign, key_id=KEYS.sealing[0].id),
        "cut": lambda: signed(phone, visit["id"], b"x" * 60),
        "not a box": lambda: signed(phone, visit["id"], b"x"),
    }[wrong]()
    [result] = results(phone.send_sealed(item))
    assert result["status"] == "rejected"
    assert result["error"]["code"] == ("seal_key_unknown" if wrong == "unknown key" else "seal_broken")
    kept = session.scalars(sa.select(Refusal).where(Refusal.device_id == phone.id)).one()
    assert (kept.item_id, kept.code, kept.user_id) == (visit["id"], result["error"]["code"], volunteer.id)
    key = Vault(SECRET).county_key(kept.county_id)
    assert json.loads(key.open("refused_items", "raw", kept.id, kept.raw)) == item


def signed(phone, item_id, box):
    return {
        "id": item_id, "key_id": KEYS.sealing[0].id, "sealed": b64(box),
        "signature": b64(phone.key.sign(sealed_text(item_id, box))),
    }  # fmt: skip


def test_inside_and_outside_must_name_the_same_visit_and_the_same_phone(phone, elder):
    other = sent(elder)
    items = [
        phone.sealed(sent(elder), id=str(uuid7())),
        phone.sealed(sent(elder, device_id=str(uuid7()))),
        phone.sealed({**other, "id": None}, id=other["id"]),
    ]
    assert [r["error"]["code"] for r in results(phone.send_sealed(*items))] == ["seal_mismatch"] * 3


def test_an_unreadable_visit_is_answered_as_a_plain_one_would_be(phone, elder):
    visit = sent(elder)
    del visit["started_at"]
    [closed] = results(phone.send_sealed(phone.sealed(visit)))
    [open_] = results(plain(phone, visit))
    assert closed == open_
    assert closed["error"]["errors"] == {"started_at": ["必填"]}


def test_an_item_over_64_kib_is_rejected_alone(phone, elder):
    found = results(phone.send_sealed(phone.sealed(sent(elder, note="长" * 30_000)), phone.sealed(sent(elder))))
    assert [r["status"] for r in found] == ["rejected", "accepted"]
    assert found[0]["error"]["code"] == "item_too_large"


@pytest.mark.parametrize("device_id", ["0197-no-id", "01989f1e-7a5b-7c3d-8e4f-0123456789ab"])
def test_an_unknown_phone_is_told_to_enrol_again(phone, elder, device_id):
    answer = phone.send_sealed(phone.sealed(sent(elder)), device_id=device_id)
    assert (answer.status_code, answer.json["code"]) == (401, "device_unknown")


@pytest.mark.parametrize("body", ["{", "[]", "7", '{"items": []}', '{"device_id": 7, "items": [1]}'])
def test_a_body_that_is_none_is_a_problem(client, place, body):
    answer = client.post("/api/v1/sync/sealed", data=body, content_type="application/json")
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize("count", [0, MAX_BATCH + 1])
def test_none_and_too_many_are_refused_as_a_whole(phone, count):
    answer = phone.send_sealed(*[{}] * count)
    assert (answer.status_code, answer.json["code"]) == (422, "batch_size")


# --- revoked phones ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["left", "replaced"])
def test_a_revoked_phones_earlier_visits_count_and_its_later_ones_are_looked_at(app, session, phone, elder, how):
    before, after = sent(elder, NOW - DAY), sent(elder, NOW + DAY)
    devices.revoke(session, phone.id, how, now=NOW, actor_id=None)
    clock.set_clock(app, lambda: NOW + 2 * DAY)
    first, second = results(phone.send_sealed(phone.sealed(before), phone.sealed(after)))
    assert (first["status"], first["assurance"], codes(first) & {"device_revoked", "device_lost"}) == (
        "accepted", "plausible", set(),
    )  # fmt: skip
    assert (second["status"], second["assurance"]) == ("accepted", "doubtful")
    assert "device_revoked" in codes(second)
    session.expire_all()
    assert stored(session, before).counts
    assert not stored(session, after).counts


def test_whatever_a_lost_phone_sends_is_accepted_and_goes_to_review(session, phone, elder):
    visit = sent(elder, NOW - DAY)
    devices.revoke(session, phone.id, "lost", now=NOW, actor_id=None)
    [result] = results(phone.send_sealed(phone.sealed(visit)))
    assert (result["status"], result["assurance"]) == ("accepted", "doubtful")
    assert "device_lost" in codes(result)


def test_a_holder_who_was_shut_out_still_loses_no_visit(session, phone, elder, volunteer):
    volunteer.disabled_at = NOW
    session.commit()
    assert plain(phone, sent(elder)).status_code == 401
    assert results(phone.send_sealed(phone.sealed(sent(elder))))[0]["status"] == "accepted"


def test_a_key_that_the_phone_had_before_speaks_for_what_it_signed(session, client, phone, elder, volunteer):
    visit = sent(elder)
    item = phone.sealed(visit)
    again = enrol(session, client, volunteer, id=phone.id)
    [old, new] = results(again.send_sealed(item, again.sealed(sent(elder, NOW - DAY))))
    assert (old["status"], new["status"]) == ("accepted", "accepted")


def test_a_lost_phones_old_key_stays_a_lost_ones_after_it_was_enrolled_anew(session, client, phone, elder, volunteer):
    item = phone.sealed(sent(elder))
    devices.revoke(session, phone.id, "lost", now=NOW, actor_id=None)
    again = enrol(session, client, volunteer, id=phone.id)
    [old, new] = results(again.send_sealed(item, again.sealed(sent(elder, NOW - DAY))))
    assert "device_lost" in codes(old)
    assert "device_lost" not in codes(new)


def test_the_county_is_the_enrolments(session, client, place, elder):
    stranger = place.user(("volunteer", ELSEWHERE))
    other = enrol(session, client, stranger)
    [result] = results(other.send_sealed(other.sealed(sent(elder))))
    assert "elder_unknown" in codes(result)
    assert session.scalars(sa.select(Visit.county_id)).all() == [place.other_county.id]


# --- an attacker ------------------------------------------------------------------------------------------------------


def test_who_cannot_sign_learns_nothing_of_a_visit_that_is_there(phone, elder):
    known, unknown = sent(elder), sent(elder)
    results(plain(phone, known))
    thief = FakePhone(phone.client, id=phone.id)
    first, second = results(thief.send_sealed(thief.sealed(known), thief.sealed(unknown)))
    assert {**first, "id": None} == {**second, "id": None}


def test_a_signature_serves_its_own_id_and_its_own_box_only(phone, elder):
    one, two = phone.sealed(sent(elder)), phone.sealed(sent(elder))
    swapped = [{**one, "id": two["id"]}, {**one, "sealed": two["sealed"]}, {**one, "signature": two["signature"]}]
    assert {r["error"]["code"] for r in results(phone.send_sealed(*swapped))} == {"signature_invalid"}


def test_another_phone_cannot_bring_it_as_its_own(session, client, phone, elder, place):
    other = enrol(session, client, place.user(("volunteer", VILLAGE)))
    visit = sent(elder, device_id=str(phone.id))
    [stolen] = results(other.send_sealed(phone.sealed(visit)))
    assert stolen["error"]["code"] == "signature_invalid"
    [forged] = results(other.send_sealed(other.sealed(visit)))
    assert forged["error"]["code"] == "seal_mismatch"


def test_wrong_signatures_are_slowed_down_and_right_ones_are_not(phone, elder, monkeypatch):
    monkeypatch.setattr(sealed, "MAX_WRONG", 3)
    thief = FakePhone(phone.client, id=phone.id)
    seen = [thief.send_sealed(thief.sealed(sent(elder))).status_code for _ in range(4)]
    assert seen == [200, 200, 200, 429]
    assert results(phone.send_sealed(phone.sealed(sent(elder))))[0]["status"] == "accepted"


def test_what_nobody_signed_is_kept_up_to_a_measure(session, phone, elder, monkeypatch):
    monkeypatch.setattr(sealed, "KEPT_UNSIGNED", 3)
    thief = FakePhone(phone.client, id=phone.id)
    for _ in range(2):
        found = results(thief.send_sealed(*[thief.sealed(sent(elder)) for _ in range(2)]))
        assert [r["error"]["code"] for r in found] == ["signature_invalid"] * 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Refusal)) == 3


def test_a_batch_asks_the_database_as_often_as_one_item(phone, elder, queries):
    phone.send_sealed(phone.sealed(sent(elder, NOW - 9 * DAY)))
    with queries() as one:
        results(phone.send_sealed(phone.sealed(sent(elder, NOW - 8 * DAY))))
    with queries() as many:
        results(phone.send_sealed(*[phone.sealed(sent(elder, NOW - n * DAY)) for n in range(1, 7)]))
    assert len(many) <= len(one) + 1


def test_revoking_is_in_the_audit_log_and_the_phone_is_told_how(session, phone):
    devices.revoke(session, phone.id, "replaced", now=NOW, actor_id=None)
    answer = phone.me(phone.tokens["access_token"])
    assert (answer.status_code, answer.json["code"], answer.json["revoked_as"]) == (401, "device_revoked", "replaced")
    assert phone.refresh(phone.tokens["refresh_token"]).json["revoked_as"] == "replaced"
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "device.revoke")).one()
    assert entry.details == {"as": "replaced"}


def test_the_running_key_is_the_first_that_phones_are_given(app):
    with app.app_context():
        assert keys.ring().sealing[0].id == KEYS.sealing[0].id
