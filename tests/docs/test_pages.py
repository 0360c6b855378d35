"""Links lead somewhere, pictures are there, paths and scripts that are named exist, and the first page opens right."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, codes, name, prose, read, shell_lines

LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
FOLDERS = ("server", "shared", "caregiver_app", "tests", "scripts", "migrations", "docs", "apk")
A_PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})(?:/[\w.*-]+)+/?")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(page: Path) -> None:
    for _, target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    for code in codes(page):
        told = A_PATH.match(code)
        if told and told[0] == code.split(" ")[0].rstrip(":"):
            assert list(ROOT.glob(told[0].rstrip("/"))), code


def test_every_room_of_the_house_is_there_and_every_room_is_drawn() -> None:
    drawing = read(ROOT / "ARCHITECTURE.md").split("```")[1]
    drawn = set(re.findall(r"(?:^|[ ·,])([a-z_][\w.]*(?:/|\.py))(?=[\s,·;])", drawing, re.MULTILINE))
    there = {p.name + ("/" if p.is_dir() else "") for folder in FOLDERS for p in (ROOT / folder).rglob("*")}
    assert drawn - there - {f"{folder}/" for folder in FOLDERS} == set()
    joints = {p.name for p in (ROOT / "server").glob("*.py")} - {"__init__.py"}
    small = {"clock.py", "health.py", "keys.py", "language.py", "logs.py", "openapi.py", "paging.py", "schema.py",
             "schema_cli.py", "validation.py"}  # fmt: skip
    assert joints - small - drawn == set()
    scripts = {p.name for p in (ROOT / "scripts").iterdir() if os.access(p, os.X_OK)}
    assert scripts - set(re.findall(r"\w+", drawing[drawing.index("scripts/") :])) == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_script_that_a_page_tells_can_be_run(page: Path) -> None:
    told = [word for line in shell_lines(page) for word in line.split()[:1]] + codes(page)
    for script in {t.split()[0] for t in told if t.startswith("scripts/")}:
        assert os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize(("first", "console"), [("README.md", "console-en.png"), ("README.zh-CN.md", "console.png")])
def test_the_first_page_opens_with_two_pictures_and_two_commands(first: str, console: str) -> None:
    page = ROOT / first
    opening = read(page).split("\n## ")[0]
    pictures = [target for sign, target in LINK.findall(opening) if sign]
    assert pictures == [f"docs/pictures/{console}", "docs/pictures/app.png"]
    assert [line for line in shell_lines(page) if line.startswith("scripts/")] == ["scripts/demo", "scripts/test"]


def test_the_page_about_testing_names_every_folder_of_tests_and_every_run() -> None:
    text = read(ROOT / "docs" / "testing.md")
    folders = [p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and (p / "__init__.py").exists()]
    assert [name for name in folders if f"`tests/{name}`" not in text] == []
    measures = [p.stem for p in (ROOT / "tests" / "bench").glob("*.py") if "__main__" in read(p)]
    assert [name for name in measures if f"`scripts/bench {name}`" not in text] == []


def test_every_decision_stands_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", read(folder / "README.md"))
    assert listed == sorted(p.name for p in folder.glob("[0-9]*.md"))


def test_every_page_of_the_documents_can_be_reached_from_the_first() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = [t.partition("#")[0] for _, t in LINK.findall(prose(page)) if not re.match(r"[a-z]+:|#", t)]
        waiting += [(page.parent / t).resolve() for t in targets]
    assert [name(p) for p in PAGES if p not in seen] == []


def test_the_changes_begin_with_this_version() -> None:
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    first = re.search(r"^## (\S+)", read(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert first is not None
    assert first[1] == version
