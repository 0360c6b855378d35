"""/elders: seen within one's reach only, masked until asked for, and what happens to somebody is kept as events."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from server.audit.model import AuditEntry
from server.elders import service, vault
from server.elders.model import Elder, ElderCard
from server.pairings.model import Pairing
from shared.ids import uuid7
from tests.conftest import NOW
from tests.people import CITY, COUNTY, ELSEWHERE, TOWN, VILLAGE, VILLAGE_B
from tests.registers import id_number

NEW = {
    "region": str(VILLAGE), "name": "王秀英", "id_number": id_number(), "phone": "138 0000 0000",
    "address": "文峰路12号楼3单元", "contacts": [{"name": "王芳", "relation": "女儿", "phone": "13900000000"}],
    "categories": ["living_alone"], "position": {"lat": 34.02, "lon": 113.82}, "notes": "耳背",
}  # fmt: skip


@pytest.fixture
def keys(app):
    with app.app_context():
        return vault.current()


@pytest.fixture
def elder(session, place, keys):
    """An elder of the first village."""
    made = service.add_elder(
        session, place.county.id,
        {"region_id": place.regions[VILLAGE].id, "name": "李桂兰", "phone": "13800000001", "sex": "f",
         "id_number": id_number("19400101", 902), "birth_date": dt.date(1940, 1, 1), "categories": ["empty_nest"]},
        vault=keys, now=NOW, today=dt.date(2026, 10, 1),
    )  # fmt: skip
    session.commit()
    return made


@pytest.fixture
def director(place):
    return place.somebody(("director", VILLAGE))


def pair(session, elder, user, role="volunteer", until=None):
    session.add(Pairing(
        county_id=elder.county_id, id=uuid7(), elder_id=elder.id, user_id=user.id, role=role, starts_at=NOW,
        ends_at=until, created_at=NOW, created_by=None, ended_by=None,
    ))  # fmt: skip
    session.commit()


def test_a_director_takes_an_elder_in_and_sees_it_masked(client, place, director):
    made = client.post("/api/v1/elders", json=NEW, headers=director)
    assert made.status_code == 201, made.json
    assert made.json["phone"] == "138****0000"
    assert made.json["id_number"].startswith("411*")
    assert made.json["address"] == "文峰路***"
    assert (made.json["sex"], made.json["birth_year"], made.json["short_no"]) == ("m", 1948, 1)
    assert made.json["contacts"] == [{"name": "王芳", "relation": "女儿", "phone": "139****0000"}]
    listed = client.get("/api/v1/elders", headers=director).json
    assert [item["name"] for item in listed["items"]] == ["王秀英"]
    assert "138000" not in client.get("/api/v1/elders", headers=director).text


def test_the_same_post_again_makes_nobody_new(client, director, session):
    body = NEW | {"id": str(uuid7())}
    first, again = (client.post("/api/v1/elders", json=body, headers=director) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert session.scalar(sa.select(sa.func.count()).select_from(Elder)) == 1
    other = client.post("/api/v1/elders", json=body | {"name": "别人"}, headers=director)
    assert (other.status_code, other.json["code"]) == (409, "id_reused")


def test_an_id_number_stands_on_the_register_once(client, director):
    client.post("/api/v1/elders", json=NEW, headers=director)
    again = client.post("/api/v1/elders", json=NEW, headers=director)
    assert (again.status_code, again.json["code"]) == (409, "elder_known")


@pytest.mark.parametrize(
    ("field", "value"),
    [("id_number", "411002194803059011"), ("phone", "1234"), ("categories", ["other"]), ("region", "12"),
     ("position", {"lat": 0, "lon": 0})],
)  # fmt: skip
def test_a_wrong_field_is_named(client, director, field, value):
    answer = client.post("/api/v1/elders", json=NEW | {field: value}, headers=director)
    assert answer.status_code == 422
    assert any(path.startswith(field) for path in answer.json["errors"])


def test_revealing_shows_everything_and_is_logged(client, director, session, elder):
    answer = client.post(f"/api/v1/elders/{elder.id}/reveal", json={}, headers=director)
    assert answer.status_code == 200
    assert (answer.json["id_number"], answer.json["phone"]) == (id_number("19400101", 902), "13800000001")
    assert session.scalars(sa.select(AuditEntry.subject_id).where(AuditEntry.action == "elder.reveal")).all() == [
        elder.id]  # fmt: skip


@pytest.mark.parametrize("where", [VILLAGE_B, ELSEWHERE])
def test_a_director_of_elsewhere_finds_nobody(client, place, elder, where):
    headers = place.somebody(("director", where))
    base = f"/api/v1/elders/{elder.id}"
    assert client.get("/api/v1/elders", headers=headers).json["items"] == []
    assert client.get(f"/api/v1/elders?region={VILLAGE}", headers=headers).status_code == 404
    assert client.get(base, headers=headers).status_code == 404
    assert client.get(f"{base}/status", headers=headers).status_code == 404
    assert client.patch(base, json={"name": "甲"}, headers=headers).status_code == 404
    assert client.post(f"{base}/reveal", json={}, headers=headers).status_code == 404
    event = {"status": "died", "effective_on": "2026-11-01"}
    assert client.post(f"{base}/status", json=event, headers=headers).status_code == 404
    moved = client.post("/api/v1/elders", json=NEW, headers=headers)
    assert moved.status_code == 404


def test_directors_above_see_the_elder_and_a_city_sees_no_persons(client, place, elder):
    for where in (TOWN, COUNTY):
        headers = place.somebody(("director", where))
        assert len(client.get("/api/v1/elders", headers=headers).json["items"]) == 1
    headers = place.somebody(("director", CITY))
    assert client.get("/api/v1/elders", headers=headers).json["items"] == []
    assert client.get(f"/api/v1/elders/{elder.id}", headers=headers).status_code == 404


def test_a_volunteer_sees_the_elders_tied_to_them_as_long_as_they_are(client, place, session, elder):
    user = place.user(("volunteer", VILLAGE))
    headers = place.bearer(user)
    assert client.get("/api/v1/elders", headers=headers).json["items"] == []
    assert client.get(f"/api/v1/elders/{elder.id}", headers=headers).status_code == 404
    pair(session, elder, user)
    assert len(client.get("/api/v1/elders", headers=headers).json["items"]) == 1
    assert client.get(f"/api/v1/elders/{elder.id}", headers=headers).status_code == 200
    assert client.patch(f"/api/v1/elders/{elder.id}", json={"name": "甲"}, headers=headers).status_code == 403
    session.execute(sa.update(Pairing).values(ends_at=NOW))
    session.commit()
    assert client.get(f"/api/v1/elders/{elder.id}", headers=headers).status_code == 404


def test_a_family_tie_lets_nobody_visit(client, place, session, elder):
    user = place.user(("volunteer", VILLAGE))
    pair(session, elder, user, role="family")
    assert client.get(f"/api/v1/elders/{elder.id}", headers=place.bearer(user)).status_code == 404


def test_families_and_nobody_may_not_use_the_register(client, place, elder):
    assert client.get("/api/v1/elders").status_code == 401
    headers = place.somebody(("family", VILLAGE))
    assert client.get("/api/v1/elders", headers=headers).status_code == 403


def test_an_auditor_reads_and_never_writes(client, place, elder):
    headers = place.somebody(("auditor", COUNTY))
    assert client.get(f"/api/v1/elders/{elder.id}", headers=headers).status_code == 200
    assert client.patch(f"/api/v1/elders/{elder.id}", json={"name": "甲"}, headers=headers).status_code == 403
    assert client.post(f"/api/v1/elders/{elder.id}/reveal", json={}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("search", "found"),
    [("李", 1), ("桂兰", 0), ("13800000001", 1), ("138 0000 0001", 1), ("13800000002", 0), ("1", 1), ("2", 0),
     (id_number("19400101", 902), 1), (id_number(), 0), ("%", 0), ("_桂兰", 0)],
)  # fmt: skip
def test_search_finds_names_short_numbers_and_whole_numbers(client, director, elder, search, found):
    answer = client.get("/api/v1/elders", query_string={"q": search}, headers=director)
    assert len(answer.json["items"]) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [("category=empty_nest", 1), ("category=living_alone", 0), ("status=active", 1), ("status=on_register", 1),
     ("status=died", 0), (f"region={VILLAGE}", 1)],
)  # fmt: skip
def test_lists_are_narrowed(client, director, elder, query, found):
    assert len(client.get(f"/api/v1/elders?{query}", headers=director).json["items"]) == found


def test_a_region_wider_than_ones_own_is_out_of_scope(client, director, elder):
    assert client.get(f"/api/v1/elders?region={TOWN}", headers=director).status_code == 404


def test_pages_follow_each_other_without_gap_or_repeat(client, place, session, keys, director, queries):
    for i in range(7):
        service.add_elder(session, place.county.id, {"region_id": place.regions[VILLAGE].id, "name": f"老人{i % 3}"},
                          vault=keys, now=NOW, today=dt.date(2026, 10, 1))  # fmt: skip
    session.commit()
    seen, cursor = [], ""
    with queries() as sent:
        while cursor is not None:
            answer = client.get(f"/api/v1/elders?limit=3&cursor={cursor}", headers=director).json
            seen += [item["id"] for item in answer["items"]]
            cursor = answer["next_cursor"]
    assert len(seen) == len(set(seen)) == 7
    assert len(sent) <= 3 * 3


def test_a_change_renews_the_card_and_nothing_said_changes_nothing(client, director, session, elder):
    base = f"/api/v1/elders/{elder.id}"
    assert client.patch(base, json={"phone": "13800000001"}, headers=director).json["version"] == 1
    changed = client.patch(base, json={"phone": "13900000000", "position": None}, headers=director).json
    assert (changed["phone"], changed["version"]) == ("139****0000", 2)
    assert client.patch(base, json={"phone": None}, headers=director).json["phone"] is None


def test_nobody_is_moved_into_another_village_than_ones_own(client, director, elder):
    answer = client.patch(f"/api/v1/elders/{elder.id}", json={"region": str(VILLAGE_B)}, headers=director)
    assert answer.status_code == 404


def test_a_death_leaves_the_register_from_its_day_and_a_mistake_is_superseded(client, director, session, elder):
    base = f"/api/v1/elders/{elder.id}"
    died = {"id": str(uuid.uuid4()), "status": "died", "effective_on": "2026-11-03", "note": "邻居告知"}
    made = client.post(f"{base}/status", json=died, headers=director)
    assert made.status_code == 201, made.json
    assert client.post(f"{base}/status", json=died, headers=director).status_code == 201
    page = client.get(base, headers=director).json
    assert (page["status"], page["left_on"]) == ("died", "2026-11-03")
    right = {"status": "hospital", "effective_on": "2026-11-03", "supersedes": died["id"]}
    assert client.post(f"{base}/status", json=right, headers=director).status_code == 201
    page = client.get(base, headers=director).json
    assert (page["status"], page["left_on"], page["registered_on"]) == ("hospital", None, "2026-10-01")
    listed = client.get(f"{base}/status", headers=director).json
    assert {event["status"] for event in listed["items"]} == {"hospital", "died", "active"}
    paged, cursor = [], ""
    while cursor is not None:
        page = client.get(f"{base}/status?limit=1&cursor={cursor}", headers=director).json
        paged += page["items"]
        cursor = page["next_cursor"]
    assert paged == listed["items"]
    assert session.scalar(sa.select(ElderCard.version)) >= 3


def test_who_comes_back_is_registered_anew_from_that_day(client, director, elder):
    base = f"/api/v1/elders/{elder.id}"
    for status, day in (("moved", "2026-10-20"), ("active", "2026-11-10")):
        event = {"status": status, "effective_on": day}
        assert client.post(f"{base}/status", json=event, headers=director).status_code == 201
    page = client.get(base, headers=director).json
    assert (page["status"], page["left_on"], page["registered_on"]) == ("active", None, "2026-11-10")


def test_what_has_not_happened_yet_is_not_recorded(client, director, elder):
    event = {"status": "moved", "effective_on": "2026-11-15"}
    answer = client.post(f"/api/v1/elders/{elder.id}/status", json=event, headers=director)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["effective_on"]


def test_an_erased_elder_cannot_be_read_again(client, director, session, keys, elder):
    service.erase_elder(session, session.get(Elder, (elder.county_id, elder.id)), now=NOW)
    page = client.get(f"/api/v1/elders/{elder.id}", headers=director).json
    assert (page["erased"], page["phone"], page["name"]) == (True, None, "已删除")
    answer = client.post(f"/api/v1/elders/{elder.id}/reveal", json={}, headers=director)
    assert (answer.status_code, answer.json["code"]) == (410, "elder_erased")
