"""Runs the revisions on the connection it is given (tests), or on the app's engine (`yuetan db upgrade`)."""

from alembic import context

from server.database import Base, db, import_models

import_models()


def run(connection):
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with db.engine.connect() as own:
        run(own)
        own.commit()
