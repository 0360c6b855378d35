"""Imports run one way. These facts keep the house as ARCHITECTURE.md draws it."""

import ast
import sys
from pathlib import Path

import pytest

from server.database import NOUNS

ROOT = Path(__file__).parents[2]
ABOVE_NOUNS = {"intake", "outcomes", "standing", "revisions", "closing", "wechat", "scheduler", "console", "h5", "demo"}


def imports_of(path: Path) -> set[str]:
    """Every module that `path` names in an import anywhere in it, whole dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_shared_needs_the_standard_library_only():
    for path in modules("shared"):
        for name in imports_of(path):
            top = name.split(".")[0]
            assert top == "shared" or top in sys.stdlib_module_names, f"{path} imports {name}"


def test_the_phone_and_the_server_never_import_each_other():
    for path in modules("server"):
        assert not {n for n in imports_of(path) if n.split(".")[0] == "caregiver_app"}, path
    for path in modules("caregiver_app"):
        assert not {n for n in imports_of(path) if n.split(".")[0] == "server"}, path


def test_only_the_screens_know_kivy():
    allowed = {"screens", "widgets"}
    for path in modules("caregiver_app"):
        inside = path.relative_to(ROOT / "caregiver_app").parts
        # The one camera that works on desktop and Android alike is Kivy's; it is loaded when it is started.
        if inside == ("platform", "kivy_camera.py"):
            continue
        if inside[0] in allowed or inside[0] in ("app.py", "main.py", "__main__.py", "theme.py"):
            continue
        assert not {n for n in imports_of(path) if n.split(".")[0] in ("kivy", "kivymd")}, path


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_knows_only_the_nouns_before_it(noun):
    later = set(NOUNS[NOUNS.index(noun) + 1 :]) - {"notify", "sync"} | ABOVE_NOUNS
    if noun in ("notify", "sync"):
        later = {"scheduler", "console", "h5", "demo"}
    for path in modules(f"server/{noun}"):
        # the edge of a noun may call what joins nouns; its rows, reads and use cases may not
        edge = path.name in ("api.py", "jobs.py", "cli.py", "edge.py")
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] != "server" or len(parts) < 2:
                continue
            if edge and parts[1] in ("intake", "outcomes", "revisions", "closing", "wechat"):
                continue
            assert parts[1] not in later, f"{path.relative_to(ROOT)} imports {name}"


def test_only_the_database_module_imports_the_extension():
    for path in modules("server"):
        if path.name != "database.py":
            assert "flask_sqlalchemy" not in {n.split(".")[0] for n in imports_of(path)}, path


def test_rules_and_use_cases_know_no_request():
    for path in [*modules("shared"), *(ROOT / "server").rglob("service.py"), *(ROOT / "server").rglob("model.py")]:
        assert "flask" not in {n.split(".")[0] for n in imports_of(path)}, path
