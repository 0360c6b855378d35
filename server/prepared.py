"""Statements that every visit's way in runs: compiled once, run on the driver itself, several in one trip.

What such a statement costs is not the database's work but the way there: through SQLAlchemy to the driver, and one
trip to the server and back for each (docs/bench.md). So it is written in SQLAlchemy as any other and compiled at its
first use; and what does not depend on each other's answers goes out together:

    with together(session):
        elders = _ELDERS.ask(session, {...})
        ties = _TIES.ask(session, {...})
    for row in elders.rows(): ...

Types, transactions and errors stay as they are elsewhere: the session's own connection is used, values and columns
pass through their types' processors, what the driver raises comes out as SQLAlchemy's errors (of what went out
together: at the end of the block). Objects of the session are not known here: who has unflushed ones flushes first.
Inside a block nothing else may use the session.
"""

from __future__ import annotations

import contextlib
import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

Values = Mapping[str, Any]
Processor = Callable[[Any], Any]


# --- lists as one parameter -------------------------------------------------------------------------------------------


class _Many(sa.TypeDecorator[Any]):
    """A list of values as one parameter: an array in PostgreSQL, JSON in SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.ARRAY(self.item) if dialect.name == "postgresql" else sa.Text())

    def bind_processor(self, dialect: Dialect) -> Processor:
        one = self.item.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
        if dialect.name == "postgresql":
            return lambda values: [one(value) for value in values]
        return lambda values: json.dumps([one(value) for value in values])


class among(sa.sql.elements.ColumnElement[bool]):
    """`column` is one of the values of the parameter `name`, however many: one text for the driver to prepare.

    For columns of numbers, texts, dates and ids.
    """

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, column: sa.Column[Any], name: str) -> None:
        given = sa.bindparam(name, type_=_Many(column.type))
        self.array = column == sa.any_(given)
        self.listed = column.in_(sa.select(sa.column("value")).select_from(sa.func.json_each(given)))


@compiles(among, "postgresql")
def _in_postgresql(element: among, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.array, **options))


@compiles(among, "sqlite")
def _in_sqlite(element: among, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.listed, **options))


# --- statements -------------------------------------------------------------------------------------------------------


class Prepared:
    """A statement to run often. `make`: the statement, or what makes it of a dialect's `insert` (for ON CONFLICT)."""

    def __init__(self, make: sa.Executable | Callable[[Any], sa.Executable]) -> None:
        self._make = make
        self._compiled: dict[str, _Compiled] = {}

    @classmethod
    def insert(cls, table: sa.Table) -> Prepared:
        """INSERT of whole rows: every column is given, none has a default here."""
        return cls(sa.insert(table).values(whole_row(table)))

    def ask(self, session: Session, values: Values) -> Asked:
        """Ask for rows; they are there at once, or at the end of the block that asks `together`."""
        connection = session.connection()
        compiled = self._for(connection.dialect)
        asked = Asked(compiled, connection.dialect)
        cursor = _run(connection, compiled.text, compiled.parameters(values), many=False)
        if (line := connection.info.get("line")) is not None:
            line.asked.append((asked, cursor))
        else:
            asked.take(cursor)
        return asked

    def rows(self, session: Session, values: Values) -> list[Any]:
        """What it finds, as named tuples. Raises SQLAlchemy's errors."""
        return self.ask(session, values).rows()

    def run(self, session: Session, values: Sequence[Values]) -> None:
        """Run it once for each of these. Raises SQLAlchemy's errors."""
        connection = session.connection()
        compiled = self._for(connection.dialect)
        if len(values) == 1:
            _run(connection, compiled.text, compiled.parameters(values[0]), many=False)
        elif values:
            _run(connection, compiled.text, [compiled.parameters(v) for v in values], many=True)

    def _for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:  # two threads may both make it: the same twice
            found = self._compiled[dialect.name] = self._compile(dialect)
        return found

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement: Any = self._make
        if not isinstance(statement, sa.Executable):
            statement = statement((postgresql if dialect.name == "postgresql" else sqlite).insert)
        positional = type(dialect)(paramstyle="format" if dialect.name == "postgresql" else "qmark")
        compiled = statement.compile(dialect=positional)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        entries = getattr(compiled, "_result_columns", ())
        made: Any = namedtuple("Row", [entry.keyname for entry in entries], rename=True)  # type: ignore[misc]
        return _Compiled(
            str(compiled),
            [(n, binds[n].type.dialect_impl(dialect).bind_processor(dialect)) for n in compiled.positiontup],
            {name: bind.value for name, bind in binds.items() if not bind.required},
            [entry.type for entry in entries],
            made._make,
        )


def whole_row(table: sa.Table) -> dict[str, Any]:
    """A parameter for every column, of its name and type: for an INSERT's `values`."""
    return {c.name: sa.bindparam(c.name, type_=c.type) for c in table.columns}


class Asked:
    """Rows that were asked for."""

    __slots__ = ("_compiled", "_dialect", "_found")

    def __init__(self, compiled: _Compiled, dialect: Dialect) -> None:
        self._compiled, self._dialect = compiled, dialect
        self._found: list[Any] | None = None

    def take(self, cursor: Any) -> None:
        self._found = self._compiled.rows(cursor, self._dialect)

    def rows(self) -> list[Any]:
        """Named tuples. Inside the block that asks, it is too early: RuntimeError."""
        if self._found is None:
            raise RuntimeError("asked together, and not sent yet")
        return self._found


@dataclass(slots=True)
class _Compiled:
    """A statement for one dialect. `binds`: (name, processor) in the order of the text's places; `given`: values that
    the statement itself names; `columns`: (position, processor) of those that need one, known from the first result."""

    text: str
    binds: Sequence[tuple[str, Processor | None]]
    given: Values
    types: Sequence[sa.types.TypeEngine[Any]]
    row: Callable[[Iterable[Any]], Any]
    columns: Sequence[tuple[int, Processor]] | None = None

    def parameters(self, values: Values) -> list[Any]:
        if self.given:
            values = {**self.given, **values}
        return [values[name] if process is None else process(values[name]) for name, process in self.binds]

    def rows(self, cursor: Any, dialect: Dialect) -> list[Any]:
        found = cursor.fetchall()
        if self.columns is None:
            self.columns = [
                (at, process)
                for at, (type_, described) in enumerate(zip(self.types, cursor.description, strict=True))
                if (process := type_.dialect_impl(dialect).result_processor(dialect, described[1])) is not None
            ]
        if not self.columns:
            return [self.row(line) for line in found]
        made = []
        for line in found:
            changed = list(line)
            for position, process in self.columns:
                changed[position] = process(changed[position])
            made.append(self.row(changed))
        return made


# --- on the driver ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    """What goes out together: cursors in use, and the rows to take from them at the end."""

    used: int = 0
    asked: list[tuple[Asked, Any]] = field(default_factory=list)


@contextlib.contextmanager
def together(session: Session) -> Iterator[None]:
    """Statements prepared here, run in the block, go to PostgreSQL in one trip; they are done, in their order, when the
    block ends, and the first that failed raises there. (SQLite lives in this process: each is done at once.)"""
    connection = session.connection()
    driver = connection.connection.dbapi_connection
    if connection.dialect.name != "postgresql" or "line" in connection.info:
        yield
        return
    info = connection.info
    line = info["line"] = _Line()
    try:
        with _translated(connection, "several statements"), driver.pipeline() as pipeline:
            yield
            pipeline.sync()
    finally:
        info.pop("line", None)
    for asked, cursor in line.asked:
        asked.take(cursor)


def _run(connection: Connection, text: str, parameters: Any, *, many: bool) -> Any:
    """The cursor that ran this."""
    cursor = _cursor(connection)
    connection.dispatch.before_cursor_execute(connection, cursor, text, parameters, None, many)
    with _translated(connection, text):
        (cursor.executemany if many else cursor.execute)(text, parameters)
    connection.dispatch.after_cursor_execute(connection, cursor, text, parameters, None, many)
    return cursor


def _cursor(connection: Connection) -> Any:
    """One of the connection's own cursors: making one costs as much as a small statement. What goes out together needs
    one each."""
    cursors: list[Any] = connection.info.setdefault("cursors", [])
    line: _Line | None = connection.info.get("line")
    at = line.used if line is not None else 0
    if line is not None:
        line.used += 1
    if at == len(cursors):
        driver: Any = connection.connection.dbapi_connection
        cursors.append(driver.cursor())
    return cursors[at]


@contextlib.contextmanager
def _translated(connection: Connection, text: str) -> Iterator[None]:
    """The driver's errors as SQLAlchemy's, without the values: they may be personal."""
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as wrong:
        lost = connection.dialect.is_disconnect(wrong, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(wrong)
        raise DBAPIError.instance(
            text, None, wrong, driver.Error,
            hide_parameters=True, connection_invalidated=lost, dialect=connection.dialect,
        ) from wrong  # fmt: skip
