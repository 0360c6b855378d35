import pytest

from tests.faults.served import serving
from tests.faults.world import world


@pytest.fixture(scope="package")
def made(database_kind, request, tmp_path_factory):
    """A county whose people the faults befall, on each database."""
    postgres = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    folder = tmp_path_factory.mktemp("faults")
    with world(database_kind, folder, postgres, visitors=6, elders_each=4, seed=1) as found:
        yield found


@pytest.fixture(scope="package")
def server(made):
    with serving(made.url, made.home) as running:
        yield running


@pytest.fixture
def own_made(database_kind, request, tmp_path):
    """A county for a run that looks at all visits there are."""
    postgres = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    with world(database_kind, tmp_path / "own", postgres, visitors=3, elders_each=4, seed=1) as found:
        yield found


@pytest.fixture
def own_server(own_made):
    with serving(own_made.url, own_made.home) as running:
        yield running
