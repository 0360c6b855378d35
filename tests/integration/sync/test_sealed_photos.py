"""PUT and HEAD /sync/sealed/<visit_id>/photos/<sha256>: whole, in parts, after a lock, and by nobody else."""

import hashlib

import pytest
import sqlalchemy as sa

from server.devices import service as devices
from server.elders.vault import Vault
from server.sync import sealed_photos
from server.sync.opening import SEAL_BYTES
from server.visits.model import Photo
from shared.ids import uuid7
from shared.protocol.signing import b64, photo_text
from tests import factories as make
from tests.conftest import NOW, SECRET
from tests.integration.sync.test_sealed import enrol
from tests.people import KEYS, VILLAGE
from tests.phones import FakePhone
from tests.visits import sent

DATA = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 12
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def phone(session, client, place):
    volunteer = place.user(("volunteer", VILLAGE))
    elder_id = uuid7()
    _, wrapped = Vault(SECRET).new_key(place.county.id, elder_id)
    elder = make.elder(session, place.county, place.regions[VILLAGE], id=elder_id, data_key=wrapped)
    make.pairing(session, elder, volunteer)
    session.commit()
    phone = enrol(session, client, volunteer)
    phone.visit = sent(elder, photos=[SHA])
    assert phone.send_sealed(phone.sealed(phone.visit)).json["results"][0]["photos_missing"] == [SHA]
    phone.box, phone.headers = phone.sealed_photo(phone.visit["id"], SHA, DATA)
    return phone


def path(phone, sha=SHA):
    return f"/api/v1/sync/sealed/{phone.visit['id']}/photos/{sha}"


def put(phone, body=None, span=None, headers=None, sha=SHA):
    sent_headers = {**phone.headers, **(headers or {})}
    if span is not None:
        sent_headers["Content-Range"] = span
    body = phone.box if body is None else body
    return phone.client.put(path(phone, sha), data=body, headers=sent_headers, content_type="application/octet-stream")


def part(phone, start, end, **options):
    return put(phone, phone.box[start:end], f"bytes {start}-{end - 1}/{len(phone.box)}", **options)


def there(phone, headers=None):
    answer = phone.client.head(path(phone), headers=headers or phone.headers)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def kept(session):
    return session.scalars(sa.select(Photo)).all()


def test_a_sealed_photo_is_201_then_200_and_its_visit_lacks_it_no_more(session, phone):
    assert there(phone) == 0
    assert put(phone).status_code == 201
    assert put(phone).status_code == 200
    assert there(phone) == len(phone.box) == len(DATA) + SEAL_BYTES
    [row] = kept(session)
    assert (row.sha256, row.received) == (SHA, len(DATA))
    assert phone.send_sealed(phone.sealed(phone.visit)).json["results"][0]["photos_missing"] == []


def test_a_locked_phone_goes_on_where_it_broke_off_with_the_one_signature_it_has(session, phone):
    first = part(phone, 0, 1000)
    assert (first.status_code, first.headers["Upload-Offset"]) == (202, "1000")
    assert there(phone) == 1000
    gap = part(phone, 1500, len(phone.box))
    assert (gap.status_code, gap.headers["Upload-Offset"]) == (409, "1000")
    assert part(phone, 900, 2000).status_code == 202
    assert part(phone, 2000, len(phone.box)).status_code == 201
    assert there(phone) == len(phone.box)
    assert part(phone, 0, 1000).status_code == 200  # the last answer was lost
    assert len(kept(session)) == 1


def test_parts_that_are_signed_one_by_one_are_taken_too(session, phone):
    def signed(start, end):
        return part(phone, start, end, headers=phone.photo_headers(phone.visit["id"], SHA, phone.box[start:end]))

    assert signed(0, 1000).status_code == 202
    assert there(phone, phone.photo_headers(phone.visit["id"], SHA, b"")) == 1000
    assert signed(1000, len(phone.box)).status_code == 201
    assert there(phone, phone.photo_headers(phone.visit["id"], SHA, b"")) == len(phone.box)


def test_nobody_adds_to_a_part_or_sees_it_without_its_signature(phone):
    part(phone, 0, 1000)
    forged = {"Yuetan-Signature": b64(bytes(64))}
    assert there(phone, {**phone.headers, **forged}) == 0
    assert part(phone, 1000, 2000, headers=forged).status_code == 409
    assert there(phone) == 1000


def test_a_signature_that_is_not_the_phones_keeps_nothing(session, phone):
    thief = FakePhone(phone.client, id=phone.id)
    box, headers = thief.sealed_photo(phone.visit["id"], SHA, DATA)
    whole = put(phone, box, headers=headers)
    assert (whole.status_code, whole.json["code"]) == (401, "signature_invalid")
    half = len(box) // 2
    assert put(phone, box[:half], f"bytes 0-{half - 1}/{len(box)}", headers).status_code == 202
    last = put(phone, box[half:], f"bytes {half}-{len(box) - 1}/{len(box)}", headers)
    assert (last.status_code, last.json["code"]) == (401, "signature_invalid")
    assert kept(session) == []


def test_a_signature_is_of_this_visit_and_this_digest(phone):
    other = uuid7()
    headers = phone.photo_headers(str(other), SHA, phone.box)
    assert put(phone, headers=headers).status_code == 401
    assert put(phone, sha="ab" * 32).status_code == 401


def test_digests_are_of_the_jpeg(phone):
    box, headers = phone.sealed_photo(phone.visit["id"], SHA, DATA + b"x")
    assert put(phone, box, headers=headers).status_code == 422
    box, headers = phone.sealed_photo(phone.visit["id"], SHA, b"no picture")
    assert put(phone, box, headers=headers).status_code == 415


def test_a_visit_that_is_not_there_and_a_photo_it_does_not_name_are_404(session, client, phone, place):
    digest = hashlib.sha256(DATA + b"x").hexdigest()
    box, headers = phone.sealed_photo(phone.visit["id"], digest, DATA + b"x")
    assert put(phone, box, headers=headers, sha=digest).status_code == 404
    other = enrol(session, client, place.user(("volunteer", VILLAGE)))
    other.visit = phone.visit
    other.box, other.headers = other.sealed_photo(phone.visit["id"], SHA, DATA)
    assert put(other).status_code == 404
    assert kept(session) == []


def test_an_unknown_phone_is_told_to_enrol_again(phone):
    answer = put(phone, headers={"Yuetan-Device": str(uuid7())})
    assert (answer.status_code, answer.json["code"]) == (401, "device_unknown")
    assert put(phone, headers={"Yuetan-Device": ""}).json["code"] == "device_unknown"


def test_a_box_of_another_key_is_said_to_be_so(phone):
    unknown = {"Yuetan-Key-Id": "beef"}
    assert put(phone, headers=unknown).json["code"] == "seal_key_unknown"
    junk = b"x" * 200
    signature = b64(phone.key.sign(photo_text(phone.visit["id"], SHA, junk)))
    assert put(phone, junk, headers={"Yuetan-Signature": signature}).json["code"] == "seal_broken"


@pytest.mark.parametrize("how", ["left", "replaced", "lost"])
def test_a_revoked_phones_photos_come_in(session, phone, how):
    devices.revoke(session, phone.id, how, now=NOW, actor_id=None)
    assert put(phone).status_code == 201


def test_a_photo_that_came_the_plain_way_is_200(session, phone):
    bearer = {"Authorization": f"Bearer {phone.tokens['access_token']}"}
    plain = f"/api/v1/sync/visits/{phone.visit['id']}/photos/{SHA}"
    assert phone.client.put(plain, data=DATA, content_type="image/jpeg", headers=bearer).status_code == 201
    assert put(phone).status_code == 200
    assert len(kept(session)) == 1


def test_more_than_two_mebibytes_are_413(phone):
    big = b"\xff\xd8\xff" + bytes(2 * 1024 * 1024)
    box, headers = phone.sealed_photo(phone.visit["id"], SHA, big)
    assert put(phone, box, headers=headers).status_code == 413


def test_unfinished_photos_of_one_phone_do_not_heap_up(phone, monkeypatch):
    monkeypatch.setattr(sealed_photos, "PARTS_MAX", 2)
    seen = [part(phone, 0, 100, headers={"Yuetan-Signature": b64(bytes([n]) * 64)}).status_code for n in range(3)]
    assert seen == [202, 202, 429]
    assert put(phone).status_code == 201  # a whole one needs no room


def test_the_key_that_is_used_is_of_the_ring(phone):
    assert phone.headers["Yuetan-Key-Id"] == KEYS.sealing[0].id
