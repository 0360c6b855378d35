import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from server.cli import main
from server.database import session as current_session
from server.regions.model import County
from tests import codes, factories

VILLAGE, EMPTY = 411002001001, 411002001002


@pytest.fixture
def operator(own_app, own_url, tmp_path, monkeypatch):
    settings = own_app.extensions["yuetan_settings"]
    for name, value in (("DATABASE_URL", own_url), ("HOME", settings.home), ("SECRET_KEY", settings.secret_key),
                        ("PUBLIC_URL", "https://yuetan.example")):  # fmt: skip
        monkeypatch.setenv(f"YUETAN_{name}", str(value))
    with own_app.app_context():
        session = current_session()
        if session.scalar(sa.select(County)) is None:
            county = factories.county(session)
            factories.region(session, EMPTY)
            for _ in range(10):
                factories.elder(session, county, factories.region(session, VILLAGE, "第一社区"))
            session.commit()
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, ["tags", "print", *words])


def test_the_command_writes_a_sheet_and_says_so(operator, tmp_path):
    done = operator("--region", "411002000000", "--out", str(tmp_path / "sheet.pdf"), "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["printed"], said["unprintable"]) == (10, [])
    first = [codes.by_zbar(page) for page in codes.pages((tmp_path / "sheet.pdf").read_bytes())]
    assert [len(page) for page in first] == [8, 2]
    again = operator("--region", str(VILLAGE), "--out", str(tmp_path / "again.pdf"))
    assert again.exit_code == 0
    assert [codes.by_zbar(page) for page in codes.pages((tmp_path / "again.pdf").read_bytes())] == first


@pytest.mark.parametrize(
    ("region", "out", "status"),
    [(EMPTY, "sheet.pdf", 1), (999999999999, "sheet.pdf", 1), ("west", "sheet.pdf", 2), (VILLAGE, "no/such.pdf", 2)],
)
def test_what_cannot_be_printed_is_said_in_one_line_and_writes_nothing(operator, tmp_path, region, out, status):
    done = operator("--region", str(region), "--out", str(tmp_path / out))
    assert done.exit_code == status
    if status == 1:
        assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
