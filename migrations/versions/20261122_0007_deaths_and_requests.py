"""Reviews of deaths, and requests about elders' data."""

import sqlalchemy as sa
from alembic import op

from server.database import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPEND_ONLY = ("death_reviews",)


def upgrade():
    op.create_table(
        "data_requests",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=20), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("outcome_by", sa.Uuid(), nullable=True),
        sa.Column("outcome_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("outcome IS NULL OR outcome IN ('done', 'refused')", name=op.f("ck_data_requests_outcome")),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"],
            ["elders.county_id", "elders.id"],
            name=op.f("fk_data_requests_county_id_elder_id"),
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_data_requests_county_id")),
        sa.ForeignKeyConstraint(["outcome_by"], ["users.id"], name=op.f("fk_data_requests_outcome_by")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_data_requests_recorded_by")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_data_requests")),
    )
    op.create_index(op.f("ix_data_requests_county_id_due_on"), "data_requests", ["county_id", "due_on"], unique=False)
    op.create_table(
        "death_reviews",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=False),
        sa.Column("finding", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("days_since", sa.Integer(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_death_reviews_by")),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"],
            ["elders.county_id", "elders.id"],
            name=op.f("fk_death_reviews_county_id_elder_id"),
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_death_reviews_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_death_reviews")),
        sa.UniqueConstraint(
            "county_id", "elder_id", "died_on", name=op.f("uq_death_reviews_county_id_elder_id_died_on")
        ),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in APPEND_ONLY:
        if sqlite:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


def downgrade():
    op.drop_table("death_reviews")
    op.drop_index(op.f("ix_data_requests_county_id_due_on"), table_name="data_requests")
    op.drop_table("data_requests")
