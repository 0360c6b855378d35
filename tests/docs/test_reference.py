"""The reference is what the code says, and hand-written pages name nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import sqlalchemy as sa

from server import schema
from server.database import NOUNS, Base, import_models
from server.problems import CATALOGUE
from server.scheduler.jobs import JOBS
from server.settings import SETTINGS
from shared.protocol.flags import FLAGS
from tests.databases import fresh_database
from tests.docs import reference
from tests.docs.pages import PAGES, ROOT, codes, name, prose, read, shell_lines

# read by the tests' own set-up, not by the server
TEST_VARIABLES = {"YUETAN_TEST_POSTGRES", "YUETAN_TEST_WORKERS"}
VARIABLE = re.compile(r"\bYUETAN_[A-Z0-9_]+\b")


@pytest.fixture(scope="module")
def routes() -> list[tuple[str, re.Pattern[str]]]:
    """(method, what an address of it looks like) of every route and page."""
    made = reference.app()
    found = [*made.extensions["yuetan_routes"], *made.extensions["yuetan_pages"]]
    return [(r.method, re.compile(re.sub(r"<[^>]+>", "[^/]+", r.path))) for r in found]


@pytest.mark.parametrize("path", [ROOT / "docs" / "reference.md", ROOT / "docs" / "operating.md"], ids=name)
def test_the_reference_says_what_the_code_says(path: Path) -> None:
    assert reference.wanted()[path] == read(path), "run scripts/reference"


def test_every_setting_command_problem_flag_job_and_route_stands_in_the_reference() -> None:
    text = read(ROOT / "docs" / "reference.md")
    made = reference.app()
    wanted = [f"`{s.variable}`" for s in SETTINGS] + [f"`{code}`" for code in (*CATALOGUE, *FLAGS)]
    wanted += [f"`{job.name}`" for job in JOBS] + [f"`{path}" for path, _ in reference.walk()]
    wanted += [f"`{r.method} {reference.address(r.path)}`" for r in made.extensions["yuetan_routes"]]
    assert [one for one in wanted if one not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_names_a_setting_that_is_not_there(page: Path) -> None:
    known = {s.variable for s in SETTINGS} | TEST_VARIABLES | {"YUETAN_"}
    assert set(VARIABLE.findall(read(page))) - known == set()


def test_the_server_reads_no_variable_that_is_not_a_setting() -> None:
    known = {s.variable for s in SETTINGS}
    for path in (ROOT / "server").rglob("*.py"):
        assert set(VARIABLE.findall(read(path))) - known == set(), path


def told_commands(page: Path) -> list[str]:
    inline = [code for code in codes(page) if code.startswith("yuetan ") and "…" not in code]
    typed = [line[line.index("yuetan ") :] for line in shell_lines(page) if re.match(r"(\S+/bin/)?yuetan ", line)]
    return inline + typed


@pytest.mark.parametrize("page", [p for p in PAGES if told_commands(p)], ids=name)
def test_every_command_that_a_page_tells_is_there_with_its_options(page: Path) -> None:
    for line in told_commands(page):
        found: click.Command = reference.command
        words = line.split()[1:]
        while isinstance(found, click.Group) and words and not words[0].startswith("-"):
            under = found.get_command(click.Context(found), words.pop(0))
            assert under is not None, line
            found = under
        options = {option for param in found.params for option in param.opts} | {"--help", "-h"}
        told = {word.strip("[]").split("=")[0] for word in words if word.strip("[").startswith("--")}
        assert told <= options, line


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_route_that_a_page_tells_is_there(page: Path, routes: list[tuple[str, re.Pattern[str]]]) -> None:
    for code in codes(page):
        told = re.fullmatch(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (/[^\s?]*)(\?\S*)?", code)
        if told is None:
            continue
        method, path = told[1], re.sub(r"<[^>]+>|\{[^}]+\}", "x", told[2])
        fits = [p for m, p in routes if m == method and (p.fullmatch(path) or p.fullmatch("/api/v1" + path))]
        assert fits, code


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_problem_that_a_page_tells_with_its_status_is_there(page: Path) -> None:
    for status, code in re.findall(r"\b([45]\d\d),?(?: code)? `([a-z_]+)`", prose(page)):
        assert code in CATALOGUE, code
        assert CATALOGUE[code].status == int(status), code


def test_the_guide_explains_every_job() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| \w", prose(ROOT / "docs" / "operating.md"), re.MULTILINE)
    assert sorted(told) == sorted(job.name for job in JOBS)


def test_the_database_page_names_every_table_and_no_other() -> None:
    import_models()
    text = prose(ROOT / "docs" / "database.md")
    listed = text[text.index("## Tables") :].split("\n\n")[1]
    columns = {"settings", "version", "effective_on", "recorded_at", "supersedes"}
    told = set(re.findall(r"`([a-z_]+)`", listed)) - columns
    assert told == set(Base.metadata.tables)


def test_the_database_page_names_what_is_only_ever_added(tmp_path: Path) -> None:
    text = prose(ROOT / "docs" / "database.md")
    paragraph = text[text.index("## What is only ever added") :].split("\n\n")[1].split("(on PostgreSQL")[0]
    with fresh_database("sqlite", tmp_path, None, migrate=False) as url:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            schema.upgrade(connection)
            guarded = set(connection.scalars(sa.text("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'")))
        engine.dispose()
    assert set(re.findall(r"`([a-z_]+)`", paragraph)) == guarded


def test_the_architecture_page_has_the_nouns_in_their_order() -> None:
    quoted = "".join(re.findall(r"^> (.+)$", read(ROOT / "ARCHITECTURE.md"), re.MULTILINE))
    assert tuple(re.split(r"\s*·\s*", quoted.strip())) == NOUNS
