import datetime as dt
import uuid

import pytest

from server.files.current import files
from server.files.service import NewFile, keep
from server.tasks import service
from server.tasks.service import NewTask, enqueue
from tests.people import CITY, COUNTY, ELSEWHERE, TOWN, VILLAGE, VILLAGE_B


@pytest.fixture
def made(place, now):
    """(whose director asked, task id) of one task for VILLAGE."""
    director = place.user(("director", VILLAGE))
    new = NewTask(place.county.id, "tags.print", {}, place.regions[VILLAGE].id, director.id)
    task_id = enqueue(place.session, new, now=now).id
    place.session.commit()
    return director, task_id


def done(app, place, task_id, now, content: bytes) -> None:
    held = service.claim(place.session, ["tags.print"], now=now)
    new = NewFile(held.county_id, "tag_sheet", "application/pdf", "标牌.pdf")
    with app.app_context():
        row = keep(place.session, files(), new, content, now=now)
    service.finish(place.session, held, {"tags": 3}, row.id, (3, 3), now=now)
    place.session.commit()


def test_who_asked_sees_the_task_its_result_and_its_file(client, app, place, made, now):
    director, task_id = made
    mine = place.bearer(director)
    shown = client.get(f"/api/v1/tasks/{task_id}", headers=mine).get_json()
    assert (shown["state"], shown["result"], shown["file"]) == ("queued", None, None)
    assert client.get(f"/api/v1/tasks/{task_id}/file", headers=mine).status_code == 404
    done(app, place, task_id, now, b"%PDF-")
    shown = client.get(f"/api/v1/tasks/{task_id}", headers=mine).get_json()
    assert (shown["state"], shown["result"], shown["progress"]) == ("done", {"tags": 3}, 3)
    answer = client.get(shown["file"], headers=mine)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"%PDF-", "application/pdf")
    assert answer.headers["Content-Length"] == "5"
    assert "filename*=UTF-8''%E6%A0%87%E7%89%8C.pdf" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("code", [VILLAGE, TOWN, COUNTY])
def test_directors_of_the_village_and_above_see_it(client, place, made, code):
    headers = place.somebody(("director", code))
    assert client.get(f"/api/v1/tasks/{made[1]}", headers=headers).status_code == 200
    assert [t["id"] for t in client.get("/api/v1/tasks", headers=headers).get_json()["items"]] == [str(made[1])]


@pytest.mark.parametrize(
    ("role", "code"),
    [("director", VILLAGE_B), ("director", ELSEWHERE), ("director", CITY), ("volunteer", VILLAGE), ("family", VILLAGE)],
)
def test_nobody_else_learns_that_it_exists(client, app, place, made, now, role, code):
    headers = place.somebody((role, code))
    done(app, place, made[1], now, b"secret")
    assert client.get(f"/api/v1/tasks/{made[1]}", headers=headers).status_code == 404
    assert client.get(f"/api/v1/tasks/{made[1]}/file", headers=headers).status_code == 404
    assert client.get("/api/v1/tasks", headers=headers).get_json()["items"] == []


def test_a_failure_is_shown_as_an_error_and_no_result(client, place, made, now):
    director, task_id = made
    held = service.claim(place.session, ["tags.print"], now=now)
    service.fail(place.session, held, {"code": "not_found"}, now=now)
    shown = client.get(f"/api/v1/tasks/{task_id}", headers=place.bearer(director)).get_json()
    assert (shown["state"], shown["result"], shown["error"]) == ("failed", None, {"code": "not_found"})


def test_tasks_are_paged_newest_first_and_filtered(client, place, now):
    director = place.user(("director", VILLAGE))
    for i in range(5):
        at = now + dt.timedelta(seconds=i // 2)  # some at the same instant
        enqueue(
            place.session, NewTask(place.county.id, "import" if i == 4 else "tags.print", {"i": i}, None, director.id),
            now=at,
        )  # fmt: skip
    place.session.commit()
    mine = place.bearer(director)
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/tasks?limit=2&cursor={cursor}", headers=mine).get_json()
        assert "items" in page, page
        seen += page["items"]
        cursor = page["next_cursor"]
    assert len({t["id"] for t in seen}) == 5
    assert [t["created_at"] for t in seen] == sorted((t["created_at"] for t in seen), reverse=True)
    only = client.get("/api/v1/tasks?kind=import", headers=mine).get_json()["items"]
    assert [t["kind"] for t in only] == ["import"]
    assert client.get("/api/v1/tasks?state=lost", headers=mine).status_code == 422
    assert client.get(f"/api/v1/tasks/{uuid.uuid4()}", headers=mine).status_code == 404
