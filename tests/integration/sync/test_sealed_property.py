"""Whatever is done to sealed items on their way (bytes flipped, ids and signatures swapped, other keys, other phones,
replays, plain junk), the honest ones come in once each, in their places, and nothing else comes in at all."""

import json
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.keys import KeyRing
from server.sync import sealed
from server.visits.model import Refusal, Visit
from shared.ids import uuid7
from shared.protocol.signing import b64, sealed_text, unb64
from tests import factories as make
from tests.conftest import NOW
from tests.integration.sync.test_sealed import enrol
from tests.people import KEYS, VILLAGE
from tests.phones import FakePhone
from tests.visits import sent

FUZZ = settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
STRANGER = KeyRing(("some other server's secret",)).sealing[0]
OTHER_KEY = Ed25519PrivateKey.generate()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=10,
)  # fmt: skip


@pytest.fixture
def phone(session, client, place, monkeypatch):
    monkeypatch.setattr(sealed, "MAX_WRONG", 10**6)
    monkeypatch.setattr(sealed, "KEPT_UNSIGNED", 10**6)
    volunteer = place.user(("volunteer", VILLAGE))
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    make.pairing(session, elder, volunteer)
    session.commit()
    made = enrol(session, client, volunteer)
    made.other = enrol(session, client, place.user(("volunteer", VILLAGE)))
    made.elder = elder
    return made


def flip(text, at, by):
    data = bytearray(unb64(text))
    data[at % len(data)] ^= by
    return b64(bytes(data))


def spoil(phone, draw, item, visit):
    """The item as somebody else would like it to be. None of these may come in."""
    how = draw(st.sampled_from((
        "sealed", "signature", "id", "stranger", "thief", "device", "other_box", "key", "no_signature", "junk", "cut",
        "not_mine",
    )))  # fmt: skip
    at, by = draw(st.integers(0, 10_000)), draw(st.integers(1, 255))
    box = unb64(item["sealed"])
    if how in ("sealed", "signature"):
        return {**item, how: flip(item[how], at, by)}
    if how == "id":
        return {**item, "id": str(uuid7())}
    if how == "stranger":  # for another server
        return phone.sealed(visit, STRANGER)
    if how == "thief":  # another phone's key, this phone's name
        return FakePhone(phone.client, id=phone.id, key=OTHER_KEY).sealed(visit)
    if how == "device":  # says inside that it is another phone's
        return phone.sealed({**visit, "device_id": str(uuid7())})
    if how == "other_box":  # signed well, and for another id than what is inside
        return {**item, "id": (new := str(uuid7())), "signature": b64(phone.key.sign(sealed_text(new, box)))}
    if how == "key":
        return {**item, "key_id": draw(st.text(min_size=1, max_size=20).filter(lambda t: t != item["key_id"]))}
    if how == "no_signature":
        return {name: value for name, value in item.items() if name != "signature"}
    if how == "cut":
        cut = box[: at % len(box)]
        return {**item, "sealed": b64(cut), "signature": b64(phone.key.sign(sealed_text(item["id"], cut)))}
    if how == "not_mine":
        return phone.other.sealed(visit)
    return draw(JSON)


@FUZZ
@given(st.data())
def test_the_honest_come_in_once_and_nobody_else(phone, session, data):
    draw = data.draw
    session.execute(sa.delete(Refusal))
    before = set(session.scalars(sa.select(Visit.id)))
    honest, batch, wanted = {}, [], []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(("honest", "spoilt", "replay")))
        if kind == "replay" and honest:
            visit_id = draw(st.sampled_from(sorted(honest)))
            # sealed anew or the same bytes again: it is the same visit
            again = phone.sealed(honest[visit_id][0]) if draw(st.booleans()) else honest[visit_id][1]
            batch.append(again)
            wanted.append("duplicate")
            continue
        visit = sent(phone.elder, device_id=str(phone.id), note=draw(st.text(max_size=30)))
        item = phone.sealed(visit)
        if kind == "honest":
            honest[visit["id"]] = (visit, item)
            batch.append(item)
            wanted.append("accepted")
        else:
            batch.append(spoil(phone, draw, item, visit))
            wanted.append("rejected")
    answer = phone.send_sealed(*batch)
    assert answer.status_code == 200
    results = answer.json["results"]
    assert [r["status"] for r in results] == wanted
    for sent_item, result in zip(batch, results, strict=True):
        if isinstance(sent_item, dict) and isinstance(sent_item.get("id"), str):
            assert result["id"] == sent_item["id"][:64]
        assert (result["error"] is None) == (result["status"] != "rejected")
    session.expire_all()
    assert set(session.scalars(sa.select(Visit.id))) - before == {UUID(visit_id) for visit_id in honest}
    kept = session.scalar(sa.select(sa.func.count()).select_from(Refusal))
    assert kept == wanted.count("rejected")
    again = phone.send_sealed(*batch).json["results"]
    assert [r["status"] for r in again] == ["duplicate" if w == "accepted" else w for w in wanted]


@FUZZ
@given(body=st.one_of(st.binary(max_size=300), JSON.map(lambda value: json.dumps(value).encode())), named=st.booleans())
def test_no_body_breaks_the_door(phone, body, named):
    if named:
        body = b'{"device_id": "' + str(phone.id).encode() + b'", "items": [' + body + b"]}"
    answer = phone.client.post("/api/v1/sync/sealed", data=body, content_type="application/json")
    assert answer.status_code in (200, 400, 401, 422)
    if answer.status_code == 200:
        assert {r["status"] for r in answer.json["results"]} == {"rejected"}


@FUZZ
@given(clear=st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode())))
def test_whatever_a_phone_seals_is_answered_and_kept(phone, session, clear):
    session.execute(sa.delete(Refusal))
    item = phone.sealed(clear, id=str(uuid7()))
    [result] = phone.send_sealed(item).json["results"]
    assert (result["status"], result["id"]) == ("rejected", item["id"])
    assert session.scalar(sa.select(sa.func.count()).select_from(Refusal)) == 1


@FUZZ
@given(st.data())
def test_no_headers_and_bytes_bring_a_photo_in(phone, data):
    draw = data.draw
    text = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=90)
    body = draw(st.binary(max_size=200))
    headers = {
        "Yuetan-Device": draw(st.sampled_from([str(phone.id), str(uuid7()), ""]) | text),
        "Yuetan-Key-Id": draw(st.sampled_from([KEYS.sealing[0].id, ""]) | text), "Yuetan-Signature": draw(text),
    }  # fmt: skip
    if draw(st.booleans()):
        start, total = draw(st.integers(0, 300)), draw(st.integers(0, 3_000_000))
        headers["Content-Range"] = f"bytes {start}-{start + len(body) - 1}/{total}"
    answer = phone.client.put(f"/api/v1/sync/sealed/{uuid7(NOW)}/photos/{'a' * 64}", data=body, headers=headers)
    assert answer.status_code in (202, 400, 401, 404, 409, 413, 422, 429)
