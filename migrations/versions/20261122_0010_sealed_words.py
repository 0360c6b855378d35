"""Seal what people wrote about visits, deaths, calls and requests: it may tell of an elder.

Rows that hold such words in clear are sealed here, which takes the server's secret; a database without any needs none.
"""

import os

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# table, columns, where its elder is found
WORDS = (
    ("reviews", ("reason",), "SELECT elder_id FROM visits v WHERE v.county_id = t.county_id AND v.id = t.visit_id"),
    ("death_reviews", ("note",), "t.elder_id"),
    ("callback_attempts", ("note",),
     "SELECT elder_id FROM callbacks c WHERE c.county_id = t.county_id AND c.id = t.callback_id"),
    ("data_requests", ("note", "answer"), "t.elder_id"),
)  # fmt: skip
APPEND_ONLY = ("reviews", "death_reviews", "callback_attempts")


def upgrade():
    words = None
    for table, columns, elder in WORDS:
        _writable(table)
        for column in columns:
            op.add_column(table, sa.Column("sealed_words", sa.LargeBinary(), nullable=True))
            rows = _rows(table, column, elder, f"t.{column} <> ''")
            if rows:
                words = words or _Words()
            _write(table, "sealed_words", [(r, words.seal(table, column, r)) for r in rows])
            op.drop_column(table, column)
            op.alter_column(table, "sealed_words", new_column_name=column)
        _guarded(table)


def downgrade():
    words = None
    for table, columns, elder in WORDS:
        _writable(table)
        for column in columns:
            op.add_column(table, sa.Column("clear_words", sa.Text(), nullable=False, server_default=""))
            rows = _rows(table, column, elder, f"t.{column} IS NOT NULL")
            if rows:
                words = words or _Words()
            _write(table, "clear_words", [(r, words.open(table, column, r)) for r in rows])
            op.drop_column(table, column)
            op.alter_column(table, "clear_words", new_column_name=column)
        _guarded(table)


class _Words:
    """Keys of elders, as the running server has them."""

    def __init__(self):
        from flask import current_app, has_app_context

        from server.elders.vault import Vault
        from server.settings import Settings

        settings = current_app.extensions["yuetan_settings"] if has_app_context() else Settings.from_env(os.environ)
        if not settings.secret_key:
            raise RuntimeError("words are there to be sealed or opened: set YUETAN_SECRET_KEY / 需要 YUETAN_SECRET_KEY")
        self.vault = Vault.of(settings)

    def _known(self, row):
        from server.visits.sealing import Words

        return Words(self.vault, {row.elder_id: row.data_key} if row.elder_id is not None else {})

    def seal(self, table, column, row):
        return self._known(row).seal(row.county_id, row.elder_id, table, column, row.id, row.words)

    def open(self, table, column, row):
        return self._known(row).open(row.county_id, row.elder_id, table, column, row.id, row.words)


def _rows(table, column, elder, where):
    typed = {"id": sa.Uuid(), "elder_id": sa.Uuid(), "data_key": sa.LargeBinary()}
    query = sa.text(
        f"SELECT t.county_id, t.id, ({elder}) AS elder_id, t.{column} AS words, "
        f"(SELECT data_key FROM elders e WHERE e.county_id = t.county_id AND e.id = ({elder})) AS data_key "
        f"FROM {table} t WHERE {where}"
    ).columns(**typed)
    return op.get_bind().execute(query).all()


def _write(table, column, found):
    if found:
        target = sa.table(
            table, sa.column("county_id", sa.Integer()), sa.column("id", sa.Uuid()),
            sa.column("sealed_words", sa.LargeBinary()), sa.column("clear_words", sa.Text()),
        )  # fmt: skip
        op.get_bind().execute(
            sa.update(target)
            .where(target.c.county_id == sa.bindparam("county"), target.c.id == sa.bindparam("row"))
            .values({column: sa.bindparam("words")}),
            [{"county": row.county_id, "row": row.id, "words": words} for row, words in found],
        )


def _writable(table):
    if table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {table}_no_update")
        else:
            op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")


def _guarded(table):
    if table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        else:
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
