"""`yuetan regions import` and `yuetan elders import` as an operator runs them: exit status, report, one JSON object."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from python_calamine import load_workbook

from server.cli import main
from tests.registers import WEIDU_CSV, good_row, register


@pytest.fixture
def yuetan(own_url, tmp_path, monkeypatch):
    """Run a command on a database of this module's own, emptied first."""
    for name, value in {"DATABASE_URL": own_url, "HOME": str(tmp_path), "SECRET_KEY": "a secret of the tests' own",
                        "LOG_LEVEL": "ERROR"}.items():  # fmt: skip
        monkeypatch.setenv(f"YUETAN_{name}", value)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    runner = CliRunner()

    def run(*arguments):
        return runner.invoke(main, [str(a) for a in arguments], catch_exceptions=False)

    assert run("regions", "import", WEIDU_CSV).exit_code == 0
    yield run
    engine = sa.create_engine(own_url)
    with engine.begin() as connection:
        for table in ("duties", "village_counts", "elder_statuses", "elder_cards", "elders", "counties"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    engine.dispose()


@pytest.fixture
def file(tmp_path):
    def file(*rows, data=None):
        path = tmp_path / "register.xlsx"
        path.write_bytes(register(*rows) if data is None else data)
        return path

    return file


def last_object(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


def test_a_list_of_divisions_goes_in_once(yuetan):
    done = last_object(yuetan("regions", "import", WEIDU_CSV, "--json"))
    assert done == {"total": 122, "created": 0, "changed": 0, "unchanged": 122}


def test_what_is_no_list_of_divisions_is_refused(yuetan, file):
    refused = yuetan("regions", "import", file(good_row()))
    assert refused.exit_code == 1
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_clean_register_ends_with_0_and_again_changes_nothing(yuetan, file):
    path = file(good_row(901), good_row(903))
    first = yuetan("elders", "import", path, "--json")
    assert first.exit_code == 0, first.output
    assert last_object(first)["created"] == 2
    again = yuetan("elders", "import", path, "--json")
    assert again.exit_code == 0
    assert (last_object(again)["created"], last_object(again)["unchanged"]) == (0, 2)


def test_a_register_with_faults_ends_with_3_and_a_report(yuetan, file, tmp_path):
    path = file(good_row(901), good_row(903, 姓名=""), [], good_row(905, 联系电话="无", 所属社区="不存在"))
    done = yuetan("elders", "import", path, "--report", tmp_path / "报告.xlsx", "--json")
    assert done.exit_code == 3
    counts = last_object(done)
    assert (counts["rows"], counts["created"], counts["refused"], counts["blank"]) == (3, 1, 2, 1)
    assert [(p["row"], p["code"]) for p in counts["problems"]] == [
        (3, "missing_name"), (5, "unknown_village"), (5, "bad_phone")]  # fmt: skip
    sheet = load_workbook(str(tmp_path / "报告.xlsx")).get_sheet_by_name("导入报告").to_python()
    assert [row[1] for row in sheet] == ["行号", 3.0, 5.0, 5.0]
    assert "第 3 行「姓名」：没有填写姓名" in done.stderr


def test_a_dry_run_writes_nothing(yuetan, file):
    path = file(good_row(901), good_row(903, 姓名=""))
    dry = yuetan("elders", "import", path, "--dry-run", "--json")
    assert (dry.exit_code, last_object(dry)["created"]) == (3, 1)
    assert last_object(yuetan("elders", "import", path, "--json"))["created"] == 1


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"", b"PK\x03\x04", "日期,金额\n".encode()])
def test_what_is_no_register_ends_with_1_and_one_line(yuetan, file, data):
    refused = yuetan("elders", "import", file(data=data))
    assert refused.exit_code == 1
    assert len(refused.stderr.strip().splitlines()) == 1


def test_nothing_but_faults_ends_with_1_and_still_a_report(yuetan, file, tmp_path):
    refused = yuetan("elders", "import", file(good_row(姓名="")), "--report", tmp_path / "r.xlsx")
    assert refused.exit_code == 1
    assert (tmp_path / "r.xlsx").stat().st_size > 1000


def test_a_report_that_cannot_be_written_stops_the_import_before_it_begins(yuetan, file, tmp_path):
    path = file(good_row(901))
    assert yuetan("elders", "import", path, "--report", tmp_path / "no" / "r.xlsx").exit_code == 1
    assert last_object(yuetan("elders", "import", path, "--json"))["created"] == 1


@pytest.mark.parametrize("arguments", [(), ("--nonsense",), ("a.xlsx", "b.xlsx")])
def test_wrong_usage_ends_with_2(yuetan, arguments):
    assert yuetan("elders", "import", *arguments).exit_code == 2


def test_a_county_is_named_by_its_regions_code(yuetan, file):
    assert yuetan("counties", "create", "--region", "411002000000").exit_code == 0
    path = file(good_row(901))
    assert yuetan("elders", "import", path, "--county", "411003000000").exit_code == 1
    assert yuetan("elders", "import", path, "--county", "411002000000").exit_code == 0
    assert yuetan("counties", "create", "--region", "411002000000").exit_code == 1
    assert last_object(yuetan("counties", "list", "--json"))["counties"][0]["name"] == "魏都区"


def test_the_imported_are_owed_this_months_visit_if_they_came_before_its_20th(yuetan, file, own_url):
    import datetime as dt

    today = dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    last_month = (today.replace(day=1) - dt.timedelta(days=1)).isoformat()
    assert yuetan("elders", "import", file(good_row(901)), "--registered-on", last_month).exit_code == 0
    engine = sa.create_engine(own_url)
    with engine.connect() as connection:
        owed = connection.execute(sa.text("SELECT count(*) FROM duties WHERE state = 'missing'")).scalar()
    engine.dispose()
    assert owed >= 1
