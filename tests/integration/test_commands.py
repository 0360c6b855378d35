"""`yuetan …`: exit statuses, one line when nothing was done, one JSON object last."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from server.cli import main
from tests.factories import region
from tests.people import COUNTY, VILLAGE

PASSWORD = "correct horse 马"


@pytest.fixture
def yuetan(tmp_path, monkeypatch):
    """Runs a command against an installation of its own."""
    for name, value in (("HOME", str(tmp_path)), ("SECRET_KEY", "a secret of this test"), ("DATABASE_URL", "")):
        monkeypatch.setenv(f"YUETAN_{name}", value)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    return lambda *words, **options: CliRunner().invoke(main, words, **options)


@pytest.fixture
def ready(yuetan, tmp_path):
    """An installation with a county."""
    assert yuetan("db", "upgrade").exit_code == 0
    engine = sa.create_engine(f"sqlite:///{tmp_path}/yuetan.sqlite3")
    with sa.orm.Session(engine) as session:
        region(session, VILLAGE)
        session.commit()
    engine.dispose()
    return yuetan


def last_json(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


def create(yuetan, *more, username="li", role="volunteer", password=PASSWORD, code=VILLAGE):
    words = ["users", "create", "--username", username, "--name", "李梅", "--role", role, "--region", str(code), *more]
    return yuetan(*words, input=password + "\n")


def test_a_database_is_made_and_upgraded_once(yuetan, tmp_path, monkeypatch):
    monkeypatch.delenv("YUETAN_SECRET_KEY")  # the shape needs no secret
    assert last_json(yuetan("db", "upgrade", "--json")) == {"upgraded": True}
    assert last_json(yuetan("db", "upgrade", "--json")) == {"upgraded": False}
    assert (tmp_path / "yuetan.sqlite3").exists()


def test_a_person_is_made_and_enrols_a_phone(ready):
    made = create(ready, "--json")
    assert made.exit_code == 0
    assert last_json(made)["username"] == "li"
    code = ready("devices", "enrol", "--user", "LI", "--json")
    assert code.exit_code == 0
    told = last_json(code)
    assert told["url"] == f"http://127.0.0.1:8000/enrol#{told['code']}"
    assert "▀" in ready("devices", "enrol", "--user", "li").stdout


def test_the_second_time_nothing_is_done_and_one_line_says_why(ready):
    create(ready)
    again = create(ready, "--json")
    assert again.exit_code == 1
    assert last_json(again)["error"]["code"] == "username_taken"
    assert len(again.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "changes", [{"password": "short"}, {"password": ""}, {"code": 999999999999}, {"username": "a b"}]
)
def test_what_cannot_be_done_exits_with_1(ready, changes):
    result = create(ready, **changes)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("changes", [{"role": "king"}, {"code": "4110"}])
def test_wrong_usage_exits_with_2(yuetan, changes):
    assert create(yuetan, **changes).exit_code == 2
    assert yuetan("users", "create").exit_code == 2
    assert yuetan("no-such-command").exit_code == 2


def test_a_new_password_is_read_from_standard_input(ready):
    create(ready, role="admin", code=COUNTY)
    assert ready("users", "password", "--username", "li", input="another good one 9\n").exit_code == 0
    assert ready("users", "password", "--username", "nobody", input="another good one 9\n").exit_code == 1


def test_a_server_without_a_proper_secret_does_not_start(ready, monkeypatch):
    for secret in "", "changeme", "secret":
        monkeypatch.setenv("YUETAN_SECRET_KEY", secret)
        result = ready("serve")
        assert result.exit_code == 1
        assert "YUETAN_SECRET_KEY" in result.stderr


def test_a_server_does_not_start_on_an_old_database(yuetan):
    result = yuetan("serve")
    assert result.exit_code == 1
    assert "yuetan db upgrade" in result.stderr


def test_a_database_that_is_not_there_is_one_line_too(yuetan, monkeypatch):
    monkeypatch.setenv("YUETAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = yuetan("db", "upgrade", "--json")
    assert result.exit_code == 1
    assert last_json(result)["error"]["code"] == "unavailable"
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_restore_begins_a_new_epoch(ready):
    first, second = (last_json(ready("db", "restored", "--json"))["epoch"] for _ in range(2))
    assert first != second


def test_settings_are_listed(yuetan):
    listed = last_json(yuetan("settings", "--json"))["settings"]
    assert {"YUETAN_SECRET_KEY", "YUETAN_TIMEZONE"} <= {setting["name"] for setting in listed}
