"""Photos: whole, in parts, again, wrong, and somebody else's."""

from __future__ import annotations

import datetime as dt
import hashlib
import os

import pytest
import sqlalchemy as sa

from server.files import service as files_service
from server.files.current import files
from server.files.model import StoredFile
from server.sync.spool import Spool
from server.visits.model import Photo
from server.visits.sealing import key_for
from shared.ids import uuid7
from shared.protocol.limits import PHOTO_MAX

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20 + b"\xff\xd9"
DIGEST = hashlib.sha256(JPEG).hexdigest()


@pytest.fixture
def sent(world, client, app):
    """A visit that names the photo, and how its sender puts bytes."""
    who, elder = world.person("volunteer"), world.elder()
    visit = world.visit(who, elder, photo_digests=[DIGEST, "0" * 64])
    headers = world.bearer(who)
    return Sender(client, headers, visit, elder, who)


class Sender:
    def __init__(self, client, headers, visit, elder, who):
        self.client, self.headers, self.visit, self.elder, self.who = client, headers, visit, elder, who

    def url(self, digest=DIGEST):
        return f"/api/v1/sync/visits/{self.visit.id}/photos/{digest}"

    def put(self, body, first=None, total=None, digest=DIGEST, headers=None):
        more = dict(headers or self.headers)
        if first is not None:
            more["Content-Range"] = f"bytes {first}-{first + len(body) - 1}/{total or len(JPEG)}"
        return self.client.put(self.url(digest), data=body, headers=more, content_type="image/jpeg")

    def offset(self):
        answer = self.client.head(self.url(), headers=self.headers)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])


def test_a_whole_photo_is_kept_sealed_under_the_elders_key(sent, world, app):
    assert sent.offset() == 0
    answer = sent.put(JPEG)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(JPEG)))
    assert sent.put(JPEG).status_code == 200
    assert sent.offset() == len(JPEG)
    photo = world.session.scalars(sa.select(Photo)).one()
    row = world.session.scalars(sa.select(StoredFile)).one()
    assert (photo.file_id, photo.visit_id, row.elder_id) == (row.id, sent.visit.id, sent.elder.id)
    key = key_for(world.vault, row.county_id, sent.elder.id, sent.elder.data_key)
    with app.app_context():
        assert files_service.read(files(), row, sealer=key) == JPEG


def test_a_photo_in_parts_goes_on_where_it_broke_off(sent):
    assert sent.put(JPEG[:1000], 0).status_code == 202
    assert sent.offset() == 1000
    gap = sent.put(JPEG[2000:3000], 2000)
    assert (gap.status_code, gap.json["code"], gap.headers["Upload-Offset"]) == (409, "upload_gap", "1000")
    again = sent.put(JPEG[:1000], 0)  # the answer was lost
    assert (again.status_code, again.headers["Upload-Offset"]) == (202, "1000")
    assert sent.put(JPEG[500:2500], 500).headers["Upload-Offset"] == "2500"  # an overlap is no gap
    assert sent.put(JPEG[1000:2000], 1000).headers["Upload-Offset"] == "2500"  # late, and there already
    assert sent.put(JPEG[2500:], 2500).status_code == 201
    assert sent.put(JPEG[2500:], 2500).status_code == 200


def test_parts_lie_encrypted_and_are_gone_when_the_photo_is_whole(sent, app):
    folder = app.extensions["yuetan_settings"].home / "spool"
    others = set(folder.iterdir()) if folder.exists() else set()  # what other tests began
    sent.put(JPEG[:4000], 0)
    (part,) = set(folder.iterdir()) - others
    assert JPEG[:16] not in part.read_bytes()
    assert bytes(range(200)) not in part.read_bytes()
    sent.put(JPEG[4000:], 4000)
    assert set(folder.iterdir()) == others


def test_wrong_bytes_are_422_and_what_is_no_jpeg_is_415(sent):
    wrong = sent.put(JPEG[:-1] + b"x")
    assert (wrong.status_code, wrong.json["code"]) == (422, "digest_mismatch")
    none = sent.put(b"GIF89a" + JPEG)
    assert (none.status_code, none.json["code"]) == (415, "not_jpeg")
    assert sent.put(b"").status_code == 415
    assert sent.put(b"PNG", 0).status_code == 415
    assert sent.offset() == 0


def test_parts_that_add_up_to_something_else_begin_anew(sent):
    sent.put(JPEG[:1000], 0)
    wrong = sent.put(b"?" * (len(JPEG) - 1000), 1000)
    assert (wrong.status_code, wrong.json["code"]) == (422, "digest_mismatch")
    assert sent.offset() == 0
    assert sent.put(JPEG).status_code == 201


def test_a_photo_that_the_visit_does_not_name_is_404(sent):
    assert sent.put(JPEG, digest="ab" * 32).json["code"] == "photo_not_named"
    assert sent.put(JPEG, digest="nonsense").status_code == 404
    assert sent.put(JPEG, digest=DIGEST.upper()).status_code == 201


def test_only_the_visits_sender_may(sent, world):
    other = world.bearer(world.person("volunteer"))
    director = world.bearer(world.person("director"))
    for headers in (other, director):
        assert sent.put(JPEG, headers=headers).status_code == 404
        assert sent.client.head(sent.url(), headers=headers).status_code == 404
    assert sent.put(JPEG, headers={"Authorization": "Bearer none"}).status_code == 401
    sent.visit.id = uuid7()
    assert sent.put(JPEG).status_code == 404


def test_more_than_2_mib_is_413_with_the_limit_named(sent):
    whole = sent.put(JPEG + bytes(PHOTO_MAX))
    assert (whole.status_code, whole.json["code"], whole.json["limit"]) == (413, "body_too_large", PHOTO_MAX)
    part = sent.put(JPEG[:1000], 0, total=PHOTO_MAX + 1)
    assert (part.status_code, part.json["limit"]) == (413, PHOTO_MAX)


@pytest.mark.parametrize("said", ["bytes 0-10/20", "bytes 5-2/20", "items 0-1/2", "bytes */5", "bytes 0-999/10"])
def test_a_range_that_does_not_fit_is_400(sent, said):
    headers = {**sent.headers, "Content-Range": said}
    assert sent.client.put(sent.url(), data=JPEG[:1000], headers=headers).status_code == 400


def test_a_spool_forgets_what_nobody_went_on_with(tmp_path):
    spool = Spool(tmp_path / "spool", b"k" * 32)
    for name in ("old", "new"):
        with spool.part(name) as part:
            part.write(0, b"abc")
    os.utime(tmp_path / "spool" / "old", (0, 0))
    assert spool.sweep(dt.datetime.now(dt.UTC)) == 1
    assert (spool.size("old"), spool.size("new")) == (0, 3)


def test_a_part_reads_back_what_was_written_at_any_offset(tmp_path):
    spool = Spool(tmp_path, b"k" * 32)
    data = os.urandom(5000)
    for cut in (1, 15, 16, 17, 100, 4999):
        with spool.part("p") as part:
            part.write(0, data[:cut])
            part.write(cut, data[cut:])
            assert part.read() == data
            part.drop()
    assert list(tmp_path.iterdir()) == []
