import datetime as dt
import hashlib
import os

import pytest

from server.files.blobs import BlobMissing, FolderBlobs
from server.files.model import StoredFile
from server.files.service import ORPHAN_AFTER, Files, NewFile, SealBroken, chunks, find, keep, read, remove, sweep
from tests import factories


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(FolderBlobs(tmp_path / "files"), lambda purpose: [hashlib.sha256(purpose.encode()).digest()])


def on_disk(files: Files) -> list[str]:
    return sorted(name for name, _written in files.blobs.names())


def age(files: Files, at: dt.datetime) -> None:
    for name in on_disk(files):
        os.utime(files.blobs.root / name, (at.timestamp(), at.timestamp()))


def test_a_file_comes_back_as_it_was_and_lies_sealed(session, files, now):
    county = factories.county(session)
    text = "秘密".encode() * 50_000
    row = keep(session, files, NewFile(county.id, "report", "text/plain", "表.txt"), text, now=now)
    assert (row.size, row.sha256) == (len(text), hashlib.sha256(text).digest())
    assert read(files, row) == text
    [name] = on_disk(files)
    lying = (files.blobs.root / name).read_bytes()
    assert "秘密".encode() not in lying
    assert (files.blobs.root / name).stat().st_mode & 0o077 == 0
    assert find(session, county.id, row.id) is row
    assert find(session, county.id + 1, row.id) is None


def test_a_stream_that_breaks_leaves_nothing(session, files, now):
    county = factories.county(session)

    def cut_short():
        yield b"x" * 200_000
        raise OSError("the line went dead")

    with pytest.raises(OSError, match="line went dead"):
        keep(session, files, NewFile(county.id, "import", "text/csv"), cut_short(), now=now)
    assert on_disk(files) == []


def test_missing_and_altered_bytes_are_told_apart(session, files, now):
    county = factories.county(session)
    row = keep(session, files, NewFile(county.id, "report", "text/plain"), b"x" * 100_000, now=now)
    [name] = on_disk(files)
    path = files.blobs.root / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(SealBroken):
        read(files, row)
    path.unlink()
    with pytest.raises(BlobMissing):
        chunks(files, row)  # at the call, before an answer has begun


def test_the_sweep_takes_orphans_and_what_expired_and_nothing_else(session, files, now):
    county = factories.county(session)
    kept = keep(session, files, NewFile(county.id, "report", "text/plain"), b"kept", now=now)
    until = now + dt.timedelta(days=7)
    keep(session, files, NewFile(county.id, "tag_sheet", "application/pdf", expires_at=until), b"for a week", now=now)
    removed = keep(session, files, NewFile(county.id, "report", "text/plain"), b"removed", now=now)
    remove(session, removed)
    session.commit()
    files.blobs.write(f"{county.id}/zz/half.part", [b"half written"])
    age(files, now)

    first = sweep(session, files, now=now + dt.timedelta(minutes=1))
    assert (first.expired, first.orphans) == (0, 0)  # their rows might still be on their way
    second = sweep(session, files, now=now + ORPHAN_AFTER + dt.timedelta(minutes=1))
    assert (second.expired, second.orphans) == (0, 2)
    third = sweep(session, files, now=until)
    assert (third.expired, third.orphans) == (1, 1)
    assert read(files, kept) == b"kept"
    assert session.query(StoredFile).count() == 1
    assert len(on_disk(files)) == 1


def test_what_a_rolled_back_transaction_wrote_is_swept(session, files, now):
    county = factories.county(session)
    session.commit()
    keep(session, files, NewFile(county.id, "report", "text/plain"), b"never committed", now=now)
    session.rollback()
    age(files, now)
    assert sweep(session, files, now=now + ORPHAN_AFTER * 2).orphans == 1
    assert on_disk(files) == []
