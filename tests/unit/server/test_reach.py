"""Rights and reach: deny unless something says otherwise."""

import uuid

import pytest

from server.auth.reach import Actor, Area, Grant
from server.auth.rights import FAMILY, RIGHTS, ROLES, VISITORS
from server.people.model import ROLES as ALL_ROLES

VILLAGE = Grant("director", 5, 411002001001, "第一社区", "village", 1)
COUNTY = Grant("director", 3, 411002000000, "魏都区", "county", 1)
CITY = Grant("director", 2, 411000000000, "许昌市", "city", None)


def actor(*grants):
    return Actor(uuid.UUID(int=1), "王", grants)


def volunteer(code=411002001001):
    return Grant("volunteer", 5, code, "第一社区", "village", 1)


def test_a_grant_reaches_the_codes_of_its_region():
    assert VILLAGE.area() == Area(1, 411002001001, 411002001001)
    assert COUNTY.area() == Area(1, 411002000000, 411002999999)
    assert CITY.area() == Area(None, 411000000000, 411099999999)


def test_somebody_without_a_role_may_nothing():
    for right in RIGHTS:
        nobody = actor().reach(right)
        assert not actor().may(right)
        assert (nobody.areas, nobody.paired, nobody.own) == ((), False, False)
        assert not nobody.covers(1, 411002001001)


def test_a_director_reaches_their_own_region_only():
    reach = actor(VILLAGE).reach("elders.read")
    assert reach.covers(1, 411002001001)
    assert not reach.covers(1, 411002001002)
    assert not reach.covers(2, 411002001001)  # the same code in another county's data
    assert (reach.paired, reach.own) == (False, False)


def test_a_city_sees_figures_and_no_persons():
    assert actor(CITY).reach("compliance.read").covers(7, 411002001001)
    for right, wanted in RIGHTS.items():
        if not wanted.figures:
            assert actor(CITY).reach(right).areas == ()


def test_several_roles_add_up_each_in_its_place():
    reach = actor(VILLAGE, volunteer(411002002001)).reach("elders.read")
    assert reach.paired
    assert reach.covers(1, 411002001001)
    assert not reach.covers(1, 411002002001)


def test_a_volunteer_has_pairings_and_own_things_but_no_region():
    for right, wanted in RIGHTS.items():
        if "volunteer" in wanted.region:
            assert right == "policies.read"
    assert actor(volunteer()).reach("elders.read").areas == ()
    assert actor(volunteer()).reach("visits.read").own
    assert not actor(volunteer()).may("compliance.read")


def test_an_auditor_only_reads():
    reads = {right for right, wanted in RIGHTS.items() if "auditor" in wanted.roles}
    assert reads
    assert all(right.endswith((".read", ".missing", ".make")) for right in reads)


def test_family_is_no_visitor_and_no_reader():
    assert FAMILY not in VISITORS
    family = {right for right, wanted in RIGHTS.items() if FAMILY in wanted.region | wanted.paired}
    assert family == set()


def test_rights_know_only_roles_that_exist():
    assert frozenset(ALL_ROLES) == ROLES
    for wanted in RIGHTS.values():
        assert wanted.roles
        assert wanted.roles <= ROLES


@pytest.mark.parametrize("wrong", ["elders.reed", "", "*"])
def test_a_right_that_is_none_is_an_error_not_a_pass(wrong):
    with pytest.raises(KeyError):
        actor(COUNTY).may(wrong)
