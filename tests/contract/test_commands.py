"""CONTRACT, Commands: exit statuses, `--json`, and what each of them does, on both databases."""

import csv
import datetime as dt
import io
import json

import openpyxl
import pytest

from tests import codes, registers
from tests.contract.client import CHINA, now, uuid7, visit
from tests.contract.conftest import yuetan
from tests.databases import fresh_database

SECRET = "a secret of the contract's own"
CODES = ["工作表", "行号", "列", "问题", "怎么改"]


class Office:
    """A new database with the divisions of one district, and the command that works on it."""

    def __init__(self, url, home):
        self.env = {"YUETAN_DATABASE_URL": url, "YUETAN_HOME": str(home), "YUETAN_SECRET_KEY": SECRET,
                    "YUETAN_PUBLIC_URL": "https://yuetan.example/base", "LC_ALL": "zh_CN.UTF-8"}  # fmt: skip

    def run(self, *words, stdin="", **env):
        return yuetan(*map(str, words), stdin=stdin, env={**self.env, **env})


def opened(url, home):
    made = Office(url, home)
    upgraded = made.run("db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    imported = made.run("regions", "import", registers.WEIDU_CSV, "--json")
    assert imported.returncode == 0, imported.stderr
    assert said(imported)["created"] == 122
    return made


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    home = tmp_path_factory.mktemp("office")
    with fresh_database("sqlite", home, None, migrate=False) as url:
        yield opened(url, home)


def said(done):
    """The JSON object that stands last."""
    return json.loads(done.stdout.strip().splitlines()[-1])


def nothing_done(done):
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_2(office):
    assert office.run("elders", "import").returncode == 2


def test_a_register_goes_in_in_part_with_3_and_its_report_says_how_to_mend_the_rest(office, tmp_path):
    """Also as CSV, in both encodings; a second time nothing changes; a dry run writes nothing."""
    rows = [registers.good_row(901), registers.good_row(902), ["" for _ in registers.HEADINGS],
            registers.good_row(903, 身份证号="411002194803059999")]  # fmt: skip
    workbook = tmp_path / "register.xlsx"
    workbook.write_bytes(registers.register(*rows))
    report = tmp_path / "report.xlsx"
    dry = office.run("elders", "import", workbook, "--dry-run", "--report", report, "--json")
    assert dry.returncode == 3, dry.stderr
    assert (said(dry)["created"], said(dry)["refused"], said(dry)["blank"]) == (2, 1, 1)
    sheet = openpyxl.load_workbook(report)["导入报告"]
    lines = list(sheet.iter_rows(values_only=True))
    assert list(lines[0]) == CODES
    assert len(lines) == 2  # the blank row is counted, not reported
    assert lines[1][:2] == ("台账", 5)
    assert all(lines[1])
    done = office.run("elders", "import", workbook, "--json")
    assert done.returncode == 3
    assert said(done)["created"] == 2  # the dry run had written nothing
    target = io.StringIO()
    csv.writer(target).writerows([registers.HEADINGS, *rows[:2]])
    for encoding in ("utf-8", "gb18030"):
        file = tmp_path / f"{encoding}.csv"
        file.write_bytes(target.getvalue().encode(encoding))
        again = office.run("elders", "import", file, "--json")
        assert again.returncode == 0, again.stderr
        assert (said(again)["created"], said(again)["updated"], said(again)["unchanged"]) == (0, 0, 2)


def test_a_file_that_is_no_register_is_1_and_one_line(office, tmp_path):
    broken = tmp_path / "picture.xlsx"
    broken.write_bytes(b"\xff\xd8\xff\xe0 no spreadsheet")
    nothing_done(office.run("elders", "import", broken))


def test_a_user_is_created_with_the_password_from_standard_input_and_enrols_a_phone(office):
    words = ["users", "create", "--username", "li", "--name", "李", "--role", "volunteer", "--region", "411002001001"]
    made = office.run(*words, "--json", stdin="a long enough password\n")
    assert made.returncode == 0, made.stderr
    assert said(made)["username"] == "li"
    nothing_done(office.run(*words, stdin="a long enough password\n"))
    nothing_done(office.run(*words[:3], "wang", *words[4:], stdin=""))
    code = office.run("devices", "enrol", "--user", "li", "--json")
    assert code.returncode == 0, code.stderr
    assert len(said(code)["code"].replace("-", "")) * 5 >= 40


def test_the_same_commands_work_on_postgresql(postgres, tmp_path):
    with fresh_database("postgresql", tmp_path, postgres, migrate=False) as url:
        office = opened(url, tmp_path)
        (tmp_path / "register.xlsx").write_bytes(registers.register(registers.good_row(901), registers.good_row(902)))
        done = office.run("elders", "import", tmp_path / "register.xlsx", "--json")
        assert done.returncode == 0, done.stderr
        assert said(done)["created"] == 2
        made = office.run("users", "create", "--username", "li", "--name", "李", "--role", "director", "--region",
                          "411002000000", stdin="a long enough password\n")  # fmt: skip
        assert made.returncode == 0, made.stderr
        assert office.run("devices", "enrol", "--user", "li").returncode == 0
        sheet = tmp_path / "sheet.pdf"
        assert office.run("tags", "print", "--region", "411002000000", "--out", sheet).returncode == 0
        codes_read = {text for page in codes.pages(sheet.read_bytes()) for text in codes.by_zxing(page)}
        assert len(codes_read) == 2
        assert all(text.startswith("https://yuetan.example/base/t/") for text in codes_read)


def test_jobs_are_listed_and_run_with_a_time_of_their_own_and_twice_change_nothing(office):
    listed = office.run("job", "list", "--json")
    assert listed.returncode == 0
    names = {job["name"] for job in said(listed)["jobs"]}
    assert {"open-periods", "flag-missing", "remind", "climb-alerts", "deliver", "close-month"} <= names
    month = dt.datetime.now(CHINA).replace(day=25, hour=12, microsecond=0).isoformat()
    first = office.run("job", "run", "open-periods", "--now", month, "--json")
    assert first.returncode == 0, first.stderr
    again = said(office.run("job", "run", "open-periods", "--now", month, "--json"))
    assert again["opened"] == 0
    assert office.run("job", "run", "remind", "--now", "tomorrow").returncode == 2


def test_a_report_is_xlsx_or_pdf_by_its_ending(office, tmp_path):
    words = ["report", "compliance", "--region", "411002000000", "--month", f"{now():%Y-%m}", "--out"]
    sheet, paper = tmp_path / "report.xlsx", tmp_path / "report.pdf"
    assert office.run(*words, sheet).returncode == 0
    assert openpyxl.load_workbook(sheet).sheetnames
    assert office.run(*words, paper).returncode == 0
    assert paper.read_bytes().startswith(b"%PDF-")
    assert office.run(*words, tmp_path / "report.doc").returncode == 2
    nothing_done(office.run("report", "verify", "--region", "411002000000", "--month", f"{now():%Y-%m}"))


def test_the_ledger_is_verified(office):
    assert office.run("timebank", "verify").returncode in (0, 1)


def test_upgrading_again_is_done_already(office):
    assert office.run("db", "upgrade").returncode == 0


# What needs no database of its own.


def test_presence_judges_every_line_and_knows_nothing_else(tmp_path):
    file, out = tmp_path / "visits.ndjson", tmp_path / "judged.ndjson"
    lines = []
    for verdict in ("right", "missing", "other"):
        for metres in (0, 20, 3000):
            home = {"id": uuid7(), "lat": 34.02, "lon": 113.82}
            place = {"lat": 34.02 + metres / 111_320, "lon": 113.8201, "accuracy_m": 12.0, "datum": "wgs84",
                     "mocked": False}  # fmt: skip
            item = visit(home["id"], tag=None if verdict == "missing" else "simulated", position=place)
            lines.append({"visit": item, "received_at": now().isoformat(), "visitor_id": uuid7(), "home": home,
                          "tag_verdict": verdict})  # fmt: skip
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    nowhere = {"YUETAN_HOME": str(tmp_path / "none"), "YUETAN_DATABASE_URL": "sqlite:////nowhere/at/all"}
    done = yuetan("presence", "evaluate", str(file), "--json", env=nowhere)
    assert done.returncode == 0, done.stderr
    *printed, last = done.stdout.splitlines()
    assert isinstance(json.loads(last), dict)
    judged = [json.loads(line) for line in printed]
    assert [j["id"] for j in judged] == [line["visit"]["id"] for line in lines]
    for one in judged:
        assert set(one) == {"id", "assurance", "flags"}
        assert one["assurance"] in ("verified", "plausible", "doubtful")
        assert all(isinstance(code, str) for code in one["flags"])
    assert yuetan("presence", "evaluate", str(file), "--out", str(out), env=nowhere).returncode == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == judged


def test_presence_judges_what_it_can_read_and_says_what_it_cannot(tmp_path):
    file = tmp_path / "visits.ndjson"
    good, bad = visit(uuid7()), visit(uuid7(), started_at=None)
    rows = [{"visit": item, "received_at": now().isoformat(), "visitor_id": uuid7()} for item in (bad, good)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{\n")
    done = yuetan("presence", "evaluate", str(file), env={"YUETAN_HOME": str(tmp_path / "none")})
    assert done.returncode == 3
    first, second = map(json.loads, done.stdout.splitlines())
    assert first == {"id": bad["id"], "assurance": "doubtful", "flags": ["value_unknown"]}
    assert second["id"] == good["id"]
    assert "line 3" in done.stderr


@pytest.mark.parametrize(("command", "secret"), [("serve", None), ("serve", "changeme"), ("scheduler", None)])
def test_a_server_that_is_no_demo_refuses_to_start_on_a_missing_or_default_secret(tmp_path, command, secret):
    env = {"YUETAN_HOME": str(tmp_path)} | ({} if secret is None else {"YUETAN_SECRET_KEY": secret})
    nothing_done(yuetan(command, env=env))


def test_demo_json_says_how_to_reach_the_demo(demo):
    facts = demo.facts
    assert facts["base_url"].startswith("http://127.0.0.1:")
    assert isinstance(facts["command"], str)
    assert facts["env"]["YUETAN_DATABASE_URL"].startswith("sqlite")
    assert facts["region"] == "411002000000"
    for name in ("admin", "county_director", "village_director", "volunteer", "social_worker", "family"):
        assert set(facts["accounts"][name]) >= {"username", "password"}
    assert len({c["username"] for c in facts["enrolment_codes"]}) >= 60
    assert len({c["code"] for c in facts["enrolment_codes"]}) == len(facts["enrolment_codes"])


def test_the_ledger_of_the_demo_is_sound_and_its_last_month_is_as_it_was_closed(demo):
    verified = demo.yuetan("timebank", "verify", "--json")
    assert verified.returncode == 0, verified.stderr
    last = f"{now().replace(day=1) - dt.timedelta(days=1):%Y-%m}"
    checked = demo.yuetan("report", "verify", "--region", demo.region, "--month", last, "--json")
    assert checked.returncode == 0, checked.stderr
