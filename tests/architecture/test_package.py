"""What `pip install` takes along is what the code needs: its files, and its libraries."""

from __future__ import annotations

import ast
import sys
import tomllib
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("server", "shared", "caregiver_app", "migrations")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# asked for only where it is there (an extra; Android)
OPTIONAL = {"psycopg", "jnius", "android"}
FLASKS_OWN = {"jinja2", "werkzeug", "markupsafe"}  # Flask is made of them


def test_every_file_beside_the_code_is_packaged():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.is_dir() or path.suffix in (".py", ".pyc") or "__pycache__" in path.parts:
                continue
            assert any(fnmatch(path.name, pattern) for pattern in patterns), path.relative_to(ROOT)


def test_every_folder_with_code_is_a_package():
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), path.relative_to(ROOT)


@pytest.mark.parametrize(
    ("packages", "extra"), [(("server", "shared", "migrations"), None), (("caregiver_app",), "app")]
)
def test_every_library_that_is_imported_is_named_as_needed(packages, extra):
    named = PROJECT["project"]["dependencies"]
    if extra is not None:
        named = named + PROJECT["project"]["optional-dependencies"][extra]
    needed = {_plain(line) for line in named}
    distributions = packages_distributions()
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            for name in _imported(path) - set(PACKAGES) - set(sys.stdlib_module_names) - OPTIONAL - FLASKS_OWN:
                offered = {_plain(d) for d in distributions.get(name, [name])}
                assert offered & needed, f"{path.relative_to(ROOT)} imports {name}"


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _plain(requirement: str) -> str:
    name = requirement
    for end in "[<>=!~; ":
        name = name.split(end)[0]
    return name.lower().replace("_", "-")
