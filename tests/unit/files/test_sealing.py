import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.elders.vault import Vault, VaultError
from server.files.sealing import PIECE, SEALED_PIECE, CountySealer, SealBroken, new_key, open_pieces, seal_pieces

KEY, BOUND = b"k" * 32, b"1/file"
FILE = uuid.UUID(int=7)


def sealed(data: bytes, *, step: int = 10_007) -> list[bytes]:
    return list(seal_pieces(KEY, BOUND, (data[i : i + step] for i in range(0, len(data), step))))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17])
def test_what_was_sealed_opens_as_it_was(size):
    data = bytes(i * 7 % 251 for i in range(size))
    pieces = sealed(data)
    assert all(len(p) == SEALED_PIECE for p in pieces[:-1])
    assert b"".join(open_pieces(KEY, BOUND, pieces)) == data


@given(st.lists(st.binary(max_size=PIECE), max_size=5))
def test_how_the_bytes_arrive_does_not_matter(chunks):
    assert b"".join(open_pieces(KEY, BOUND, seal_pieces(KEY, BOUND, chunks))) == b"".join(chunks)


def test_a_changed_cut_or_swapped_file_does_not_open():
    pieces = sealed(b"x" * (2 * PIECE + 5))
    broken = [
        pieces[:-1],  # cut at a piece's end
        [*pieces[:-1], pieces[-1][:-1]],
        [pieces[1], pieces[0], pieces[2]],
        [pieces[0], pieces[2]],
        [*pieces, pieces[-1]],
        [bytes([pieces[0][0] ^ 1]) + pieces[0][1:], *pieces[1:]],
        [],
    ]
    for wrong in broken:
        with pytest.raises(SealBroken):
            b"".join(open_pieces(KEY, BOUND, wrong))
    with pytest.raises(SealBroken):
        b"".join(open_pieces(KEY, b"1/another file", pieces))
    with pytest.raises(SealBroken):
        b"".join(open_pieces(new_key(), BOUND, pieces))


def test_a_key_wrapped_for_a_county_opens_for_no_other_county_and_no_other_row():
    wrapped = CountySealer(1, [b"a" * 32]).seal("files", "wrapped_key", FILE, KEY)
    assert CountySealer(1, [b"a" * 32]).open_bytes("files", "wrapped_key", FILE, wrapped) == KEY
    for other, row in ((CountySealer(2, [b"a" * 32]), FILE), (CountySealer(1, [b"b" * 32]), FILE),
                       (CountySealer(1, [b"a" * 32]), uuid.UUID(int=8))):  # fmt: skip
        with pytest.raises(SealBroken):
            other.open_bytes("files", "wrapped_key", row, wrapped)
    for cut in range(len(wrapped)):
        with pytest.raises(SealBroken):
            CountySealer(1, [b"a" * 32]).open_bytes("files", "wrapped_key", FILE, wrapped[:cut])


def test_a_retired_secret_still_opens_what_it_wrapped():
    old = CountySealer(1, [b"old" + b"k" * 29]).seal("files", "wrapped_key", FILE, KEY)
    ring = CountySealer(1, [b"new" + b"k" * 29, b"old" + b"k" * 29])
    assert ring.open_bytes("files", "wrapped_key", FILE, old) == KEY


def test_an_elders_own_key_wraps_a_file_too():
    key, _wrapped = Vault("a secret of some length").new_key(1, uuid.UUID(int=1))
    wrapped = key.seal("files", "wrapped_key", FILE, KEY)
    assert key.open_bytes("files", "wrapped_key", FILE, wrapped) == KEY
    with pytest.raises(VaultError):
        key.open_bytes("files", "wrapped_key", uuid.UUID(int=8), wrapped)
