"""Statements that every visit's way in runs: compiled once, run on the driver itself, several in one trip.

What such a statement costs is not the database's work but the way there: through SQLAlchemy to the driver, and one
trip to the server and back for each (docs/bench.md). So it is written in SQLAlchemy as any other and compiled at its
first use; and what does not depend on each other's answers goes out together:

    with trip(session) as out:
        elders = out.ask(_ELDERS, {...})
        ties = out.ask(_TIES, {...})
    for row in elders.rows(): ...

Types, transactions and errors stay as they are elsewhere: the session's own connection is used, values and columns
pass through their types' processors, what the driver raises comes out as SQLAlchemy's errors (of what went out
together: at the end of the block). Objects of the session are not known here: who has unflushed ones flushes first.
Until a trip is back nothing else may use the session.
"""

from __future__ import annotations

import contextlib
import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

Values = Mapping[str, Any]
Processor = Callable[[Any], Any]
T = TypeVar("T")
Later = Callable[[], T]
"""What was asked for: call it when the trip is back."""


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
        one: Processor = self.item.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
        if dialect.name != "postgresql":
            return lambda values: json.dumps([one(value) for value in values])
        if isinstance(self.item, sa.Uuid | sa.Integer | sa.Date):  # nothing to quote: cheaper than the driver's way
            return lambda values: f"{{{','.join(map(str, values))}}}"
        return lambda values: [one(value) for value in values]


SIZES = (1, 4, 16)
"""Lists of up to so many values have a statement of their own."""


class among(sa.sql.elements.ColumnElement[bool]):
    """`column` is one of the values of the parameter `name`: one text for the driver to prepare, however many they are.

    And another for few values, the usual case, filled up with their last: PostgreSQL keeps its plan for `= $1` and for
    `IN ($1, $2, $3, $4)`, but makes one for each list anew, as it cannot tell what a list will cost (for a visit:
    1.1 ms of planning, 0.2 ms of work). For columns of numbers, texts, dates and ids.
    """

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, column: sa.Column[Any], name: str) -> None:
        given = sa.bindparam(name, type_=_Many(column.type))
        self.array = column == sa.any_(given)
        self.listed = column.in_(sa.select(sa.column("value")).select_from(sa.func.json_each(given)))
        self.few = {
            size: column.in_([sa.bindparam(f"{name}{PLACE}{place}", type_=column.type) for place in range(size)])
            for size in SIZES
        }


PLACE = "__"  # ids__3: the fourth of ids


def _size(lengths: Iterable[int]) -> int:
    """The smallest of SIZES that holds lists of these lengths; 0: none does, or one of them is empty."""
    most = 0
    for length in lengths:
        if not length:
            return 0
        most = max(most, length)
    return next((size for size in SIZES if size >= most), 0)


@compiles(among, "postgresql")
def _in_postgresql(element: among, compiler: Any, **options: Any) -> str:
    size = options.pop("size", 0)
    return str(compiler.process(element.few[size] if size else element.array, **options))


@compiles(among, "sqlite")
def _in_sqlite(element: among, compiler: Any, **options: Any) -> str:
    size = options.pop("size", 0)
    return str(compiler.process(element.few[size] if size else element.listed, **options))


# --- statements -------------------------------------------------------------------------------------------------------


class Prepared:
    """A statement to run often. `make`: the statement, or what makes it of a dialect's `insert` (for ON CONFLICT)."""

    def __init__(self, make: sa.Executable | Callable[[Any], sa.Executable]) -> None:
        self._make = make
        self._compiled: dict[tuple[str, int], _Compiled] = {}
        self._lists: tuple[str, ...] | None = None

    @classmethod
    def insert(cls, table: sa.Table) -> Prepared:
        """INSERT of whole rows: every column is given, none has a default here."""
        return cls(sa.insert(table).values(whole_row(table)))

    def rows(self, session: Session, values: Values) -> list[Any]:
        """What it finds, as named tuples, in a trip of its own. Raises SQLAlchemy's errors."""
        with _on_driver(session) as connection:
            return Trip(connection, piped=False).ask(self, values).rows()

    def on(self, dialect: Dialect, values: Values) -> _Compiled:
        """Compiled for this dialect and for lists of such lengths (two threads may both make it: the same twice)."""
        if self._lists is None:
            whole = self._compile(dialect, 0)
            self._lists = tuple(name for name, type_ in whole.given_types.items() if isinstance(type_, _Many))
        size = _size(len(values[name]) for name in self._lists)
        found = self._compiled.get((dialect.name, size))
        if found is None:
            found = self._compiled[dialect.name, size] = self._compile(dialect, size)
        return found

    def _compile(self, dialect: Dialect, size: int) -> _Compiled:
        statement: Any = self._make
        if not isinstance(statement, sa.Executable):
            statement = statement((postgresql if dialect.name == "postgresql" else sqlite).insert)
        make: Any = type(dialect)
        style = make(paramstyle="format" if dialect.name == "postgresql" else "qmark")
        compiled = statement.compile(dialect=style, compile_kwargs={"size": size})
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        entries = getattr(compiled, "_result_columns", ())
        row: Any = namedtuple("Row", [entry.keyname for entry in entries], rename=True)  # type: ignore[misc]
        return _Compiled(
            str(compiled),
            [_bind(n, binds[n].type, dialect) for n in compiled.positiontup],
            {name: bind.value for name, bind in binds.items() if not bind.required},
            [entry.type for entry in entries],
            row._make,
            {name: bind.type for name, bind in binds.items()},
        )


def _bind(name: str, type_: sa.types.TypeEngine[Any], dialect: Dialect) -> tuple[str, Processor | None]:
    """Which value belongs in a place of the text, and what makes of it what the driver takes."""
    process: Processor | None = type_.dialect_impl(dialect).bind_processor(dialect)
    of, listed, place = name.partition(PLACE)
    if not listed:
        return name, process
    at = int(place)

    def pick(values: Sequence[Any]) -> Any:
        value = values[at] if at < len(values) else values[-1]
        return value if process is None else process(value)

    return of, pick


def whole_row(table: sa.Table) -> dict[str, Any]:
    """A parameter for every column, of its name and type: for an INSERT's `values`."""
    return {c.name: sa.bindparam(c.name, type_=c.type) for c in table.columns}


@dataclass(slots=True)
class _Compiled:
    """A statement for one dialect. `binds`: (name, processor) in the order of the text's places; `given`: values that
    the statement itself names; `columns`: (position, processor) of those that need one, known from the first result."""

    text: str
    binds: Sequence[tuple[str, Processor | None]]
    given: Values
    types: Sequence[sa.types.TypeEngine[Any]]
    row: Callable[[Iterable[Any]], Any]
    given_types: Mapping[str, sa.types.TypeEngine[Any]]
    columns: Sequence[tuple[int, Processor]] | None = None

    def parameters(self, values: Values) -> list[Any]:
        if self.given:
            values = {**self.given, **values}
        return [values[name] if process is None else process(values[name]) for name, process in self.binds]

    def rows(self, cursor: Any, dialect: Dialect) -> list[Any]:
        found = cursor.fetchall()
        if self.columns is None:
            self.columns = self._columns(cursor.description, dialect)
        if not self.columns:
            return [self.row(line) for line in found]
        made = []
        for line in found:
            changed = list(line)
            for position, process in self.columns:
                changed[position] = process(changed[position])
            made.append(self.row(changed))
        return made

    def _columns(self, described: Any, dialect: Dialect) -> list[tuple[int, Processor]]:
        columns = []
        for at, (type_, column) in enumerate(zip(self.types, described, strict=True)):
            process: Any = type_.dialect_impl(dialect).result_processor(dialect, column[1])
            if process is not None:
                columns.append((at, process))
        return columns


# --- trips ------------------------------------------------------------------------------------------------------------


class Asked:
    """Rows that were asked for."""

    __slots__ = ("_compiled", "_found")

    def __init__(self, compiled: _Compiled) -> None:
        self._compiled = compiled
        self._found: list[Any] | None = None

    def take(self, cursor: Any, dialect: Dialect) -> None:
        self._found = self._compiled.rows(cursor, dialect)

    def rows(self) -> list[Any]:
        """Named tuples. RuntimeError before the trip is back."""
        if self._found is None:
            raise RuntimeError("the trip is not back yet")
        return self._found


class Trip:
    """Statements on their way to the database."""

    def __init__(self, connection: Connection, *, piped: bool) -> None:
        self._connection, self._piped = connection, piped
        self._dialect = connection.dialect
        # Cursors serve again and again: making one costs as much as a small statement. What is on its way has its own.
        self._cursors: list[Any] = connection.info.setdefault("cursors", [])
        self._used = 0
        self._asked: list[tuple[Asked, Any]] = []
        heard = connection.dispatch
        self._before, self._after = heard.before_cursor_execute, heard.after_cursor_execute

    @property
    def locks(self) -> bool:
        """Whether rows can be locked: SQLite has one writer anyway."""
        return self._dialect.name != "sqlite"

    def ask(self, statement: Prepared, values: Values) -> Asked:
        """Run it for its rows: there when the trip is back."""
        compiled = statement.on(self._dialect, values)
        asked = Asked(compiled)
        cursor = self._send(compiled.text, compiled.parameters(values), many=False)
        if self._piped:
            self._asked.append((asked, cursor))
        else:
            asked.take(cursor, self._dialect)
        return asked

    def run(self, statement: Prepared, values: Sequence[Values]) -> None:
        """Run it once for each of these, be it none. (Lists are for single ones: their lengths would differ.)"""
        if not values:
            return
        compiled = statement.on(self._dialect, values[0])
        if len(values) == 1:
            self._send(compiled.text, compiled.parameters(values[0]), many=False)
        else:
            self._send(compiled.text, [compiled.parameters(v) for v in values], many=True)

    def take(self) -> None:
        for asked, cursor in self._asked:
            asked.take(cursor, self._dialect)

    def _send(self, text: str, parameters: Any, *, many: bool) -> Any:
        if self._used == len(self._cursors):
            driver: Any = self._connection.connection.dbapi_connection
            self._cursors.append(driver.cursor())
        cursor = self._cursors[self._used]
        if self._piped:
            self._used += 1
        if self._before:
            self._before(self._connection, cursor, text, parameters, None, many)
        (cursor.executemany if many else cursor.execute)(text, parameters)
        if self._after:
            self._after(self._connection, cursor, text, parameters, None, many)
        return cursor


@contextlib.contextmanager
def trip(session: Session) -> Iterator[Trip]:
    """What is asked and run in the block goes to PostgreSQL in one trip. It is done, in its order, when the block ends;
    the first that failed raises there. (SQLite lives in this process: each is done at once.)"""
    with _on_driver(session) as connection:
        if connection.dialect.name != "postgresql":
            yield Trip(connection, piped=False)
            return
        driver: Any = connection.connection.dbapi_connection
        from server.parcel import parcel  # needs psycopg, which SQLite does without

        with parcel(driver) as all_of_it:
            out = Trip(connection, piped=True)
            yield out
            all_of_it.send()
        out.take()


@contextlib.contextmanager
def _on_driver(session: Session) -> Iterator[Connection]:
    """The session's connection; what its driver raises comes out as SQLAlchemy's error, without the values, which may
    be personal."""
    connection = session.connection()
    errors = connection.dialect.loaded_dbapi.Error
    try:
        yield connection
    except errors as wrong:
        lost = connection.dialect.is_disconnect(wrong, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(wrong)
        raise DBAPIError.instance(
            "a prepared statement", None, wrong, errors,
            hide_parameters=True, connection_invalidated=lost, dialect=connection.dialect,
        ) from wrong  # fmt: skip
