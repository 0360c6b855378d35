"""A server's database and files put aside and put back, as an operator would: a run that needs the same beginning again
and again makes it once. On SQLite a file is copied, on PostgreSQL a database from a template.

Whoever has connections closes them before (`keep`, `restore`): a copy is of what lies still.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import sqlalchemy as sa


class Copies:
    """Copies by name of the database at `url` and of the folder `home`, which lie in `folder`."""

    def __init__(self, folder: Path, url: str, home: Path) -> None:
        self._folder, self._url, self._home = folder, sa.make_url(url), home
        self._sqlite = self._url.get_backend_name() == "sqlite"
        self._names: set[str] = set()

    def keep(self, name: str) -> None:
        """Make a copy, over an older one of that name."""
        swap_files(self._home, self._folder / name)
        self._names.add(name)
        if self._sqlite:
            assert not Path(f"{self._file}-wal").exists()  # everything is in the file
            shutil.copyfile(self._file, self._folder / f"{name}.db")
        else:
            self._copy(self._database, f"{self._database}_{name}")

    def restore(self, name: str) -> None:
        """Put a copy back: what came since is gone."""
        swap_files(self._folder / name, self._home)
        if self._sqlite:
            for ending in ("-wal", "-shm"):  # of a database that is no more
                Path(f"{self._file}{ending}").unlink(missing_ok=True)
            shutil.copyfile(self._folder / f"{name}.db", self._file)
        else:
            self._copy(f"{self._database}_{name}", self._database)

    def drop(self) -> None:
        """Remove those copies that lie outside the folder."""
        if not self._sqlite:
            for name in self._names:
                self._server(f'DROP DATABASE IF EXISTS "{self._database}_{name}" WITH (FORCE)')

    @property
    def _database(self) -> str:
        return str(self._url.database)

    @property
    def _file(self) -> Path:
        return Path(self._database)

    def _copy(self, source: str, target: str) -> None:
        self._server(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        self._server(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')

    def _server(self, statement: str) -> None:
        engine = sa.create_engine(self._url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


def swap_files(source: Path, target: Path) -> None:
    """Make `target` a copy of the folder `source`, or empty if there is none."""
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, target)
    else:
        target.mkdir(parents=True)
