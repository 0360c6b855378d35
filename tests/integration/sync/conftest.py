from __future__ import annotations

import pytest

from tests.integration.sync.world import World


@pytest.fixture
def world(session, now) -> World:
    return World(session, now)
