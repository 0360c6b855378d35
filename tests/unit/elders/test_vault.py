"""What identifies an elder can be read by the right key only, and by nobody once that key is gone."""

import uuid

import pytest

from server.elders.vault import Erased, Vault, VaultError

ELDER, OTHER = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def vault():
    return Vault("a secret of the tests only")


def test_what_is_sealed_opens_again(vault):
    key, wrapped = vault.new_key(1, ELDER)
    sealed = key.seal("elders", "phone", ELDER, "13800000000")
    assert b"13800000000" not in sealed
    assert vault.elder_key(1, ELDER, wrapped).open("elders", "phone", ELDER, sealed) == "13800000000"


def test_nothing_stays_nothing(vault):
    key, _ = vault.new_key(1, ELDER)
    assert key.open("elders", "phone", ELDER, None) is None


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [("visits", "phone", ELDER), ("elders", "address", ELDER), ("elders", "phone", OTHER)],
)
def test_a_sealed_value_cannot_be_moved_to_another_place(vault, table, column, row):
    key, _ = vault.new_key(1, ELDER)
    sealed = key.seal("elders", "phone", ELDER, "13800000000")
    with pytest.raises(VaultError):
        key.open(table, column, row, sealed)


def test_a_key_cannot_be_moved_to_another_elder_or_county(vault):
    _, wrapped = vault.new_key(1, ELDER)
    for county, elder in ((1, OTHER), (2, ELDER)):
        with pytest.raises(VaultError):
            vault.elder_key(county, elder, wrapped)


def test_a_value_that_was_altered_does_not_open(vault):
    key, _ = vault.new_key(1, ELDER)
    sealed = key.seal("elders", "phone", ELDER, "13800000000")
    for at in range(len(sealed)):
        broken = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(VaultError):
            key.open("elders", "phone", ELDER, broken)


def test_an_elder_whose_key_was_destroyed_is_erased(vault):
    with pytest.raises(Erased):
        vault.elder_key(1, ELDER, None)


def test_a_retired_secret_still_opens_and_is_replaced_at_the_next_write():
    before = Vault("the first secret of all")
    key, wrapped = before.new_key(1, ELDER)
    sealed = key.seal("elders", "phone", ELDER, "13800000000")
    after = Vault("the second secret", ["the first secret of all"])
    assert after.is_stale(1, wrapped)
    assert after.elder_key(1, ELDER, wrapped).open("elders", "phone", ELDER, sealed) == "13800000000"
    fresh = after.rewrap(1, ELDER, wrapped)
    assert not after.is_stale(1, fresh)
    assert Vault("the second secret").elder_key(1, ELDER, fresh).open("elders", "phone", ELDER, sealed) == "13800000000"


def test_an_index_finds_a_value_also_after_the_secret_was_replaced():
    before, after = Vault("the first secret of all"), Vault("the second secret", ["the first secret of all"])
    assert before.index(1, "phone", "138") in after.indexes(1, "phone", "138")
    assert after.indexes(1, "phone", "138")[0] == after.index(1, "phone", "138")


def test_the_same_value_has_another_index_in_another_county_or_column(vault):
    assert len({vault.index(1, "phone", "1"), vault.index(2, "phone", "1"), vault.index(1, "id_number", "1")}) == 3
