"""A world per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.caregiver_app.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An enrolled phone with its list, and its server."""
    made = World(tmp_path / "phone")
    made.enrol()
    yield made
    made.phone.stop()
