"""CONTRACT: visits and photos that come sealed, by the phone's key alone."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.public import PublicKey, SealedBox

from tests.contract.client import b64, codes, now, picture, unb64, uuid7, visit
from tests.contract.test_errors import check_problem


class Sealer:
    """What a phone does when it saves a visit, as the contract's words say."""

    def __init__(self, phone):
        self.phone = phone
        (self.key_id, key) = next((k["id"], k["key"]) for k in phone.tokens["config"]["server_keys"])
        assert key == phone.tokens["server_key"]
        self.box = SealedBox(PublicKey(unb64(key)))

    def item(self, visit, *, key=None, **changes):
        sealed = self.box.encrypt(json.dumps(visit, ensure_ascii=False).encode())
        text = f"yuetan-sealed\n{visit['id']}\n".encode() + sealed
        signature = (key or self.phone.key).sign(text)
        return {
            "id": visit["id"], "key_id": self.key_id, "sealed": b64(sealed), "signature": b64(signature), **changes,
        }  # fmt: skip

    def send(self, *items, device=None):
        body = {"device_id": device or self.phone.id, "items": list(items)}
        return self.phone.http.post("/sync/sealed", body)

    def results(self, *items):
        answer = self.send(*items)
        assert answer.status == 200, answer.body
        assert {"server_time", "epoch", "results"} <= answer.json().keys()
        return answer.json()["results"]


@pytest.fixture(scope="module")
def sealer(phone):
    return Sealer(phone)


def test_a_sealed_visit_is_accepted_and_then_a_duplicate_either_way(sealer, elder):
    made = visit(elder["id"], device_id=sealer.phone.id)
    (first,) = sealer.results(sealer.item(made))
    assert first["status"] == "accepted"
    (again,) = sealer.results(sealer.item(made))
    (plain,) = sealer.phone.push(made)
    assert again == plain == {**first, "status": "duplicate"}


def test_a_plain_visit_is_a_duplicate_when_it_comes_sealed(sealer, elder):
    made = visit(elder["id"])
    (first,) = sealer.phone.push(made)
    (again,) = sealer.results(sealer.item(made))
    assert again == {**first, "status": "duplicate"}


def test_bad_items_are_rejected_one_by_one_and_the_good_ones_taken(sealer, elder):
    made = [visit(elder["id"]) for _ in range(5)]
    items = [
        sealer.item(made[0], key=Ed25519PrivateKey.generate()),
        sealer.item(made[1]),
        {**sealer.item(made[2]), "sealed": b64(b"x" * 80)},
        sealer.item({**made[3], "device_id": uuid7()}),
        sealer.item(made[4], key_id="no-such-key"),
        {"id": "x"},
        sealer.item(visit(elder["id"])),
    ]
    results = sealer.results(*items)
    assert [r["status"] for r in results] == ["rejected", "accepted", *["rejected"] * 4, "accepted"]
    assert [r["id"] for r in results] == [i["id"] for i in items]
    for result in results:
        assert result["status"] == "accepted" or result["error"]["code"]


def test_an_inner_id_that_differs_is_rejected_and_its_id_stays_free(sealer, elder):
    made, other = visit(elder["id"]), uuid7()
    sealed = sealer.box.encrypt(json.dumps(made).encode())
    signature = sealer.phone.key.sign(f"yuetan-sealed\n{other}\n".encode() + sealed)
    item = {"id": other, "key_id": sealer.key_id, "sealed": b64(sealed), "signature": b64(signature)}
    (result,) = sealer.results(item)
    assert result["status"] == "rejected"
    (free,) = sealer.results(sealer.item(made))
    assert free["status"] == "accepted"


def test_a_phone_that_nobody_enrolled_is_unknown(sealer, elder):
    check_problem(sealer.send(sealer.item(visit(elder["id"])), device=uuid7()), 401, "device_unknown")


def test_the_limits_are_those_of_plain_visits(sealer, elder):
    check_problem(sealer.send(), 422, "batch_size")
    check_problem(sealer.send(*[{"id": uuid7()}] * 501), 422, "batch_size")
    large, small = sealer.results(
        sealer.item(visit(elder["id"], note="长" * 30_000)), sealer.item(visit(elder["id"]))
    )  # fmt: skip
    assert (large["status"], large["error"]["code"], small["status"]) == ("rejected", "item_too_large", "accepted")
    body = b'{"device_id": "' + sealer.phone.id.encode() + b'", "items": ["' + b"x" * (8 * 1024 * 1024) + b'"]}'
    answer = sealer.phone.http.call("POST", "/sync/sealed", raw=body, headers={"Content-Type": "application/json"})
    check_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize("how", ["left", "replaced", "lost"])
def test_a_revoked_phone_is_refused_by_token_and_taken_sealed(demo, how):
    phone = demo.phone()
    elder, sealer = phone.elders()[0], Sealer(phone)
    answer = demo.post("county_director", f"/devices/{phone.id}/revoke", {"as": how})
    assert answer.status == 200, answer.body
    check_problem(phone.http.post("/sync/visits", {"visits": [visit(elder["id"])]}, token=phone.token), 401,
                  "device_revoked")  # fmt: skip
    before = visit(elder["id"], started_at=now(minutes=60).isoformat())
    (result,) = sealer.results(sealer.item(before))
    assert result["status"] == "accepted"
    assert (result["assurance"] == "doubtful") is (how == "lost" or "no_evidence" in codes(result))
    assert ("device_lost" in codes(result)) is (how == "lost")


def test_a_photo_comes_sealed_whole_and_in_parts_and_is_named_by_the_jpegs_digest(sealer, elder):
    data, digest = picture()
    made = visit(elder["id"], photos=[digest])
    (result,) = sealer.results(sealer.item(made))
    assert result["photos_missing"] == [digest]
    path = f"/sync/sealed/{made['id']}/photos/{digest}"
    body = sealer.box.encrypt(data)
    signature = sealer.phone.key.sign(f"yuetan-photo\n{made['id']}\n{digest}\n".encode() + body)
    headers = {
        "Content-Type": "application/octet-stream", "Yuetan-Device": sealer.phone.id, "Yuetan-Key-Id": sealer.key_id,
        "Yuetan-Signature": b64(signature),
    }  # fmt: skip
    http = sealer.phone.http
    forged = {**headers, "Yuetan-Signature": b64(bytes(64))}
    assert http.call("PUT", path, raw=body, headers=forged).status == 401
    half = len(body) // 2
    start = {**headers, "Content-Range": f"bytes 0-{half - 1}/{len(body)}"}
    first = http.call("PUT", path, raw=body[:half], headers=start)
    assert (first.status, first.headers["upload-offset"]) == (202, str(half))
    assert http.call("HEAD", path, headers=headers).headers["upload-offset"] == str(half)
    rest = {**headers, "Content-Range": f"bytes {half}-{len(body) - 1}/{len(body)}"}
    assert http.call("PUT", path, raw=body[half:], headers=rest).status == 201
    assert http.call("PUT", path, raw=body, headers=headers).status == 200
    assert http.call("HEAD", path, headers=headers).headers["upload-offset"] == str(len(body))
    (after,) = sealer.results(sealer.item(made))
    assert after["photos_missing"] == []
