"""CONTRACT: photos of a visit, whole and in parts."""

import hashlib

import pytest

from tests.contract.client import Answer, Http, picture, uuid7, visit
from tests.contract.test_errors import check_problem

MIB = 1024 * 1024


class Album:
    """A visit that names a photo, and its address."""

    def __init__(self, phone, elder, data=None):
        self.phone = phone
        self.data, self.digest = (data, hashlib.sha256(data).hexdigest()) if data else picture()
        self.visit = visit(elder["id"], photos=[self.digest])
        (self.result,) = phone.push(self.visit)
        self.path = f"/sync/visits/{self.visit['id']}/photos/{self.digest}"

    def put(self, data=None, span=None, path=None) -> Answer:
        headers = {"Content-Type": "image/jpeg"}
        if span is not None:
            headers["Content-Range"] = span
        http: Http = self.phone.http
        return http.call("PUT", path or self.path, raw=self.data if data is None else data, headers=headers,
                         token=self.phone.token)  # fmt: skip

    def part(self, start, end):
        return self.put(self.data[start:end], f"bytes {start}-{end - 1}/{len(self.data)}")

    def head(self, path=None) -> Answer:
        return self.phone.http.call("HEAD", path or self.path, token=self.phone.token)


@pytest.fixture
def album(phone, elder):
    return Album(phone, elder)


def test_photos_that_are_missing_are_told_until_they_are_there(album):
    assert album.result["photos_missing"] == [album.digest]
    (again,) = album.phone.push(album.visit)
    assert again["photos_missing"] == [album.digest]
    assert album.put().status == 201
    (after,) = album.phone.push(album.visit)
    assert after["photos_missing"] == []


def test_a_whole_photo_is_201_and_again_200(album):
    assert album.head().status == 200
    assert album.head().headers["upload-offset"] == "0"
    assert album.put().status == 201
    assert album.put().status == 200
    assert album.head().headers["upload-offset"] == str(len(album.data))


def test_parts_are_202_with_an_offset_until_the_last_one_is_201(album):
    size = len(album.data)
    first = album.part(0, 500)
    assert first.status == 202
    assert first.headers["upload-offset"] == "500"
    assert album.head().headers["upload-offset"] == "500"
    again = album.part(0, 500)  # its answer was lost
    assert (again.status, again.headers["upload-offset"]) == (202, "500")
    gap = album.part(600, size)
    check_problem(gap, 409)
    assert gap.headers["upload-offset"] == "500"
    overlap = album.part(400, 900)
    assert (overlap.status, overlap.headers["upload-offset"]) == (202, "900")
    assert album.part(900, size).status == 201
    assert album.part(0, 500).status == 200
    assert album.head().headers["upload-offset"] == str(size)


def test_a_digest_that_does_not_match_is_422_and_nothing_is_kept(album):
    check_problem(album.put(album.data + b"x"), 422)
    assert album.head().headers["upload-offset"] == "0"
    album.part(0, 500)
    last = album.put(b"y" * (len(album.data) - 500), f"bytes 500-{len(album.data) - 1}/{len(album.data)}")
    check_problem(last, 422)
    assert album.head().headers["upload-offset"] == "0"
    assert album.put().status == 201


def test_what_is_no_jpeg_is_415(phone, elder):
    png = b"\x89PNG\r\n\x1a\n" + uuid7().encode()
    album = Album(phone, elder, png)
    check_problem(album.put(), 415)
    check_problem(album.part(0, 10), 415)
    assert album.put(b"").status in (415, 422)


def test_two_mebibytes_are_taken_and_more_are_413(phone, elder):
    start, _ = picture()
    fits = Album(phone, elder, start + b"x" * (2 * MIB - len(start)))
    assert fits.put().status == 201
    burst = Album(phone, elder, start + b"x" * (2 * MIB - len(start) + 1))
    check_problem(burst.put(), 413, "body_too_large")
    check_problem(burst.part(0, 1000), 413, "body_too_large")


def test_a_photo_that_the_visit_does_not_name_and_a_visit_of_others_are_404(album, demo):
    data, digest = picture()
    check_problem(album.put(data, path=album.path.rpartition("/")[0] + "/" + digest), 404)
    assert album.head(album.path.rpartition("/")[0] + "/" + digest).status == 404
    nowhere = f"/sync/visits/{uuid7()}/photos/{album.digest}"
    check_problem(album.put(path=nowhere), 404)
    assert album.head(nowhere).status == 404
    other = demo.phone_of("social_worker")
    answer = other.http.call("PUT", album.path, raw=album.data, token=other.token)
    check_problem(answer, 404)
    assert other.http.call("HEAD", album.path, token=other.token).status == 404


def test_the_same_picture_at_another_visit_is_sent_again(phone, elder):
    one = Album(phone, elder)
    two = Album(phone, elder, one.data)
    assert one.put().status == 201
    assert two.result["photos_missing"] == [two.digest]
    assert two.head().headers["upload-offset"] == "0"
    assert two.put().status == 201


@pytest.mark.parametrize("span", ["bytes 0-9/5", "bytes x-y/z", "items 0-9/10", "bytes 5-1/20", "bytes 0-3/2000"])
def test_a_range_that_makes_no_sense_is_a_problem(album, span):
    answer = album.put(album.data[:10], span)
    assert 400 <= answer.status < 500
    check_problem(answer, answer.status)
    assert album.head().headers["upload-offset"] == "0"
