"""Imports inside the app run one way: screens → presenters → store, sync → platform's protocols, shared."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

APP = Path(__file__).parents[3] / "caregiver_app"
MAY = {
    "platform": {"platform"},
    "store": {"store", "platform"},
    "sync": {"sync", "store", "platform", "version"},
    "presenters": {"presenters", "sync", "store", "platform", "texts", "version"},
    "fleet": {"fleet", "presenters", "sync", "store", "platform"},
}


@pytest.mark.parametrize("part", sorted(MAY))
def test_a_part_knows_only_what_lies_below_it(part):
    for path in (APP / part).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "caregiver_app":
                names = [node.module] if node.module != "caregiver_app" else [f"x.{one.name}" for one in node.names]
                for name in names:
                    assert str(name).split(".")[1] in MAY[part], f"{path.name} imports {name}"


def test_the_presenters_draw_nothing():
    for part in ("presenters", "store", "sync", "platform"):
        for path in (APP / part).rglob("*.py"):
            assert "import kivy" not in path.read_text(encoding="utf-8"), path
