"""The migrations make exactly the tables that the code knows, and can be undone."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from server import schema
from server.database import Base
from tests.databases import fresh_database


def test_the_migrations_make_what_the_models_say_and_go_both_ways(database_kind, postgres, tmp_path):
    with fresh_database(database_kind, tmp_path, postgres, migrate=False) as url:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            assert not schema.is_current(connection)
            connection.rollback()
            schema.upgrade(connection)
            connection.commit()
            assert schema.is_current(connection)
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert compare_metadata(context, Base.metadata) == []
            connection.rollback()
            schema.downgrade(connection, "base")
            connection.commit()
            left = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
            assert left == set()
        engine.dispose()
