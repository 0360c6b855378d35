"""People: who may see, make and change whom."""

import pytest
from sqlalchemy import func, select

from server.audit.model import AuditEntry
from server.people.model import RoleGrant, User
from shared.ids import uuid7
from tests.people import CITY, COUNTY, ELSEWHERE, TOWN, VILLAGE, VILLAGE_B

PASSWORD = "correct horse 马"


def new(role, code, **fields):
    roles = [{"role": role, "region": str(code)}]
    return {"username": "li", "name": "李梅", "password": PASSWORD, "roles": roles, **fields}


def make(client, headers, *args, **fields):
    return client.post("/api/v1/users", json=new(*args, **fields), headers=headers)


def test_an_admin_makes_a_person_who_can_then_sign_in(client, place):
    answer = make(client, place.somebody(("admin", COUNTY)), "director", VILLAGE, username="ＬＩ")
    assert answer.status_code == 201
    assert answer.json["username"] == "li"
    assert answer.json["roles"][0]["region"] == {"code": str(VILLAGE), "name": "第一社区", "level": "village"}
    assert "password" not in answer.text
    assert client.post("/api/v1/auth/login", json={"username": "li", "password": PASSWORD}).status_code == 200


def test_the_same_person_sent_again_is_made_once(client, place, session):
    admin, user_id = place.somebody(("admin", COUNTY)), str(uuid7())
    first, again = (make(client, admin, "director", VILLAGE, id=user_id) for _ in range(2))
    assert (first.json, first.status_code) == (again.json, again.status_code)
    assert session.scalar(select(func.count()).select_from(RoleGrant).where(RoleGrant.role == "director")) == 1
    other = make(client, admin, "director", VILLAGE, id=user_id, username="someone-else")
    assert (other.status_code, other.json["code"]) == (409, "id_reused")
    assert make(client, admin, "director", VILLAGE).json["code"] == "username_taken"


@pytest.mark.parametrize(
    ("granter", "role", "code", "status"),
    [
        (("director", VILLAGE), "volunteer", VILLAGE, 201),
        (("director", VILLAGE), "family", VILLAGE, 201),
        (("director", TOWN), "volunteer", VILLAGE_B, 201),
        (("director", VILLAGE), "volunteer", VILLAGE_B, 403),
        (("director", VILLAGE), "director", VILLAGE, 403),
        (("director", COUNTY), "admin", COUNTY, 403),
        (("director", CITY), "volunteer", VILLAGE, 403),
        (("admin", COUNTY), "admin", COUNTY, 201),
        (("admin", COUNTY), "volunteer", ELSEWHERE, 403),
        (("admin", COUNTY), "director", CITY, 403),
        (("auditor", COUNTY), "volunteer", VILLAGE, 403),
        (("volunteer", VILLAGE), "volunteer", VILLAGE, 403),
        (("family", VILLAGE), "volunteer", VILLAGE, 403),
    ],
)
def test_nobody_grants_beyond_their_own_reach(client, place, session, granter, role, code, status):
    headers = place.somebody(granter)
    before = session.scalar(select(func.count()).select_from(User))
    session.commit()
    assert make(client, headers, role, code).status_code == status
    assert session.scalar(select(func.count()).select_from(User)) - before == (status == 201)


@pytest.mark.parametrize("password", ["short", "12345678", "aaaaaaaaaaaa", "password123", "x" * 201])
def test_a_password_that_everybody_guesses_is_refused(client, place, password):
    answer = make(client, place.somebody(("admin", COUNTY)), "volunteer", VILLAGE, password=password)
    assert answer.status_code == 422
    assert "password" in answer.json["errors"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"username": "a b"}, "username"), ({"username": ""}, "username"), ({"roles": []}, "roles"),
     ({"roles": [{"role": "king", "region": "411002001001"}]}, "roles.0.role"),
     ({"roles": [{"role": "volunteer", "region": "4110"}]}, "roles.0.region"),
     ({"roles": [{"role": "volunteer", "region": "999999999999"}]}, "region")],
)  # fmt: skip
def test_what_is_wrong_with_a_new_person_is_named(client, place, fields, path):
    answer = make(client, place.somebody(("admin", COUNTY)), "volunteer", VILLAGE, **fields)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [path]


def test_a_list_shows_the_people_of_ones_own_regions_only(client, place):
    place.user(("volunteer", VILLAGE), username="here")
    place.user(("volunteer", VILLAGE_B), username="next-door")
    place.user(("volunteer", ELSEWHERE), username="elsewhere")
    place.user(("volunteer", ELSEWHERE), ("volunteer", VILLAGE), username="both")

    def seen(who, code, **query):
        answer = client.get("/api/v1/users", headers=place.somebody((who, code)), query_string=query)
        return {person["username"] for person in answer.json["items"]} & {"here", "next-door", "elsewhere", "both"}

    assert seen("director", VILLAGE) == {"here", "both"}
    assert seen("auditor", TOWN) == {"here", "next-door", "both"}
    assert seen("admin", COUNTY, region=str(VILLAGE_B)) == {"next-door"}
    assert seen("admin", COUNTY, role="director") == set()
    assert seen("director", ELSEWHERE) == {"elsewhere", "both"}
    assert seen("director", CITY) == set()  # a city sees figures, not people
    foreign = place.somebody(("director", VILLAGE))
    answer = client.get("/api/v1/users", headers=foreign, query_string={"region": str(ELSEWHERE)})
    assert answer.status_code == 404


def test_a_list_takes_as_many_queries_for_many_as_for_few(client, place, queries):
    admin = place.somebody(("admin", COUNTY))
    counts = []
    for _ in range(2):
        for _ in range(5):
            place.user(("volunteer", VILLAGE))
        with queries() as sent:
            client.get("/api/v1/users", headers=admin)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 4


def test_a_foreign_person_is_not_there(client, place):
    foreign = place.user(("volunteer", ELSEWHERE))
    for role in "director", "admin":
        headers = place.somebody((role, COUNTY))
        address = f"/api/v1/users/{foreign.id}"
        assert client.get(address, headers=headers).status_code == 404
        assert client.patch(address, json={"disabled": True}, headers=headers).status_code == 404
        grant = {"role": "volunteer", "region": str(VILLAGE)}
        assert client.post(f"{address}/roles", json=grant, headers=headers).status_code == 404
        assert client.delete(f"{address}/roles/{uuid7()}", headers=headers).status_code == 404


def test_a_director_cannot_disable_a_superior_who_also_visits_in_the_village(client, place):
    boss = place.user(("admin", COUNTY), ("volunteer", VILLAGE))
    director = place.somebody(("director", VILLAGE))
    answer = client.patch(f"/api/v1/users/{boss.id}", json={"disabled": True}, headers=director)
    assert (answer.status_code, answer.json["code"]) == (403, "role_beyond_reach")


def test_a_disabled_person_comes_back_with_a_new_password(client, place):
    li = place.user(("volunteer", VILLAGE), username="li")
    director, theirs = place.somebody(("director", VILLAGE)), place.bearer(li)
    address = f"/api/v1/users/{li.id}"
    assert client.patch(address, json={"disabled": True}, headers=director).json["disabled"] is True
    assert client.get("/api/v1/auth/me", headers=theirs).status_code == 401
    change = {"disabled": False, "password": PASSWORD}
    assert client.patch(address, json=change, headers=director).json["disabled"] is False
    assert client.post("/api/v1/auth/login", json={"username": "li", "password": PASSWORD}).status_code == 200


def test_a_role_is_granted_once_and_ends_today(client, place):
    li = place.user(("volunteer", VILLAGE), username="li")
    admin, theirs = place.somebody(("admin", COUNTY)), place.bearer(li)
    grant = {"role": "director", "region": str(VILLAGE)}
    for _ in range(2):
        roles = client.post(f"/api/v1/users/{li.id}/roles", json=grant, headers=admin).json["roles"]
        assert sorted(held["role"] for held in roles) == ["director", "volunteer"]
    assert client.get("/api/v1/users", headers=theirs).status_code == 200
    held = next(held["id"] for held in roles if held["role"] == "director")
    left = client.delete(f"/api/v1/users/{li.id}/roles/{held}", headers=admin).json["roles"]
    assert [role["role"] for role in left] == ["volunteer"]
    assert client.get("/api/v1/users", headers=theirs).status_code == 403


def test_every_change_of_people_is_in_the_audit_log_without_their_names(client, place, session):
    make(client, place.somebody(("admin", COUNTY)), "director", VILLAGE)
    lines = session.scalars(select(AuditEntry).where(AuditEntry.subject == "user")).all()
    assert {line.action for line in lines} == {"user.create", "user.grant"}
    assert all("李梅" not in str(line.details) for line in lines)
