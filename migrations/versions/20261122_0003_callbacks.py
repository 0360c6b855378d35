"""Call-back samples (announcements, draws, calls, figures), and the ground of a review's decision."""

import sqlalchemy as sa
from alembic import op

from server.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("callback_announcements", "callback_draws", "callback_attempts")


def upgrade():
    op.create_table(
        "callback_announcements",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("announced_at", UtcDateTime(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_callback_announcements_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_callback_announcements")),
        sa.UniqueConstraint("county_id", "month", name=op.f("uq_callback_announcements_county_id_month")),
    )
    op.create_table(
        "callback_attempts",
        sa.Column("callback_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_callback_attempts_by")),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_callback_attempts_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_callback_attempts")),
    )
    op.create_index(
        op.f("ix_callback_attempts_county_id_callback_id"),
        "callback_attempts",
        ["county_id", "callback_id"],
        unique=False,
    )
    op.create_table(
        "callback_draws",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.Column("closing_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seed", sa.LargeBinary(length=32), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=True),
        sa.Column("frame_digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_callback_draws_county_id")),
        sa.PrimaryKeyConstraint("county_id", "month", "round", name=op.f("pk_callback_draws")),
    )
    op.create_table(
        "callback_villages",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("not_confirmed", sa.Integer(), nullable=False),
        sa.Column("elder_unsure", sa.Integer(), nullable=False),
        sa.Column("not_reached", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_callback_villages_county_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_callback_villages_region_id")),
        sa.PrimaryKeyConstraint("county_id", "month", "region_id", name=op.f("pk_callback_villages")),
    )
    op.create_table(
        "callbacks",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("visitor_id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("outcome_by", sa.Uuid(), nullable=True),
        sa.Column("outcome_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('confirmed', 'not_confirmed', 'elder_unsure', 'not_reached')",
            name=op.f("ck_callbacks_outcome"),
        ),
        sa.ForeignKeyConstraint(["assigned_to"], ["users.id"], name=op.f("fk_callbacks_assigned_to")),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_callbacks_county_id")),
        sa.ForeignKeyConstraint(["outcome_by"], ["users.id"], name=op.f("fk_callbacks_outcome_by")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_callbacks_region_id")),
        sa.ForeignKeyConstraint(["visitor_id"], ["users.id"], name=op.f("fk_callbacks_visitor_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("county_id", "visit_id", name=op.f("uq_callbacks_county_id_visit_id")),
    )
    op.create_index(op.f("ix_callbacks_assigned_to_outcome"), "callbacks", ["assigned_to", "outcome"], unique=False)
    op.create_index(
        op.f("ix_callbacks_county_id_region_id_month"), "callbacks", ["county_id", "region_id", "month"], unique=False
    )
    op.add_column("reviews", sa.Column("ground", sa.String(length=40), nullable=True))
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
    op.drop_column("reviews", "ground")
    op.drop_index(op.f("ix_callbacks_county_id_region_id_month"), table_name="callbacks")
    op.drop_index(op.f("ix_callbacks_assigned_to_outcome"), table_name="callbacks")
    op.drop_table("callbacks")
    op.drop_table("callback_villages")
    op.drop_table("callback_draws")
    op.drop_index(op.f("ix_callback_attempts_county_id_callback_id"), table_name="callback_attempts")
    op.drop_table("callback_attempts")
    op.drop_table("callback_announcements")
