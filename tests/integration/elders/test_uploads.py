"""A register sent to the server: a task that reads, imports and reports, within the region of who asked."""

import io

import pytest
import sqlalchemy as sa
from python_calamine import load_workbook

from server.elders import jobs
from server.elders.model import Elder
from server.files.current import files
from server.tasks import service as tasks
from server.tasks.kinds import KINDS, Work
from server.tasks.model import Task
from tests.conftest import NOW
from tests.people import CITY, COUNTY, TOWN, VILLAGE
from tests.registers import good_row, register

HERE = {"所属街道": "西大街道", "所属社区": "第一社区"}
THERE = {"所属街道": "东大街道", "所属社区": "第三社区"}


@pytest.fixture
def work(app, session):
    """Do the task that waits, as the worker does; answers its row."""

    def work():
        with app.app_context():
            held = tasks.claim(session, [jobs.IMPORT], now=NOW)
            job = Work(held.task_id, held.county_id, held.params, held.region_id, held.created_by, session, files(),
                       NOW, lambda *_: None)  # fmt: skip
            outcome = KINDS[jobs.IMPORT](job)
            tasks.finish(session, held, outcome.result, outcome.file_id, (0, None), now=NOW)
            session.commit()
            return session.get(Task, (held.county_id, held.task_id))

    return work


def send(client, headers, data, region=TOWN, **query):
    query = {"region": region, "name": "台账.xlsx", **query}
    return client.post("/api/v1/elders/import", query_string=query, data=data, headers=headers,
                       content_type="application/octet-stream")  # fmt: skip


def count(session):
    return session.scalar(sa.select(sa.func.count()).select_from(Elder))


def test_an_upload_is_imported_and_its_report_can_be_fetched(client, place, session, work):
    director = place.somebody(("director", TOWN))
    asked = send(client, director, register(good_row(901, **HERE), good_row(903, 联系电话="12345", **HERE)))
    assert asked.status_code == 202, asked.json
    assert asked.json["state"] == "queued"
    work()
    shown = client.get(f"/api/v1/tasks/{asked.json['id']}", headers=director).json
    assert (shown["result"]["created"], shown["result"]["refused"]) == (1, 1)
    assert [(f["row"], f["column"], f["code"]) for f in shown["result"]["faults"]] == [(3, "联系电话", "bad_phone")]
    assert "12345" not in str(shown["result"])
    report = client.get(shown["file"], headers=director).data
    rows = load_workbook(io.BytesIO(report)).get_sheet_by_name("导入报告").to_python()
    assert "12345" in rows[1][3]
    assert count(session) == 1


def test_a_dry_run_is_looked_at_and_then_confirmed(client, place, session, work):
    user = place.user(("director", TOWN))
    director = place.bearer(user)
    send(client, director, register(good_row(901, **HERE)), dry_run="true")
    dry = work()
    assert (dry.result["created"], dry.result["dry_run"], count(session)) == (1, True, 0)
    jobs.confirm(session, dry, place.regions[TOWN], now=NOW, actor_id=user.id)
    done = work()
    assert (done.result["created"], done.result["dry_run"], count(session)) == (1, False, 1)


def test_rows_of_elsewhere_are_refused(client, place, session, work):
    director = place.somebody(("director", VILLAGE))
    send(client, director, register(good_row(901, **HERE), good_row(903, **THERE)), region=VILLAGE)
    done = work()
    assert (done.result["created"], [f["code"] for f in done.result["faults"]]) == (1, ["outside_area"])


def test_asked_twice_it_is_done_once(client, place, session):
    director = place.somebody(("director", TOWN))
    task = "01936f00-0000-7000-8000-000000000001"
    first, again = (send(client, director, register(good_row(901, **HERE)), id=task) for _ in range(2))
    assert first.json["id"] == again.json["id"] == task
    assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 1


@pytest.mark.parametrize(
    ("role", "code", "status"),
    [("director", VILLAGE, 404), ("director", CITY, 404), ("volunteer", COUNTY, 403), ("auditor", COUNTY, 403)],
)
def test_nobody_imports_beyond_their_reach(client, place, role, code, status):
    answer = send(client, place.somebody((role, code)), register(good_row(901, **HERE)))
    assert answer.status_code == status


def test_what_is_no_register_fails_with_what_was_expected(client, place, session, app):
    from server.problems import Problem

    send(client, place.somebody(("director", TOWN)), b"%PDF-1.7")
    with app.app_context():
        held = tasks.claim(session, [jobs.IMPORT], now=NOW)
        with pytest.raises(Problem) as wrong:
            KINDS[jobs.IMPORT](Work(held.task_id, held.county_id, held.params, held.region_id, held.created_by,
                                    session, files(), NOW, lambda *_: None))  # fmt: skip
    assert wrong.value.code == "file_unreadable"
    assert "XLSX" in wrong.value.body("en")["detail"]
