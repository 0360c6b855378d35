"""Proposed places of homes, decisions about them, and what a call-back says of the place."""

import sqlalchemy as sa
from alembic import op

from server.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APPEND_ONLY = ("home_decisions",)


def upgrade():
    op.create_table(
        "home_proposals",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined', 'gone')", name=op.f("ck_home_proposals_state")),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"],
            ["elders.county_id", "elders.id"],
            name=op.f("fk_home_proposals_county_id_elder_id"),
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_home_proposals_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_home_proposals")),
    )
    op.create_index(
        "uq_home_proposals_open", "home_proposals", ["county_id", "elder_id"], unique=True,
        sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "home_decisions",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("callback_id", sa.Uuid(), nullable=True),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_home_decisions_by")),
        sa.ForeignKeyConstraint(
            ["county_id", "proposal_id"],
            ["home_proposals.county_id", "home_proposals.id"],
            name=op.f("fk_home_decisions_county_id_proposal_id"),
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_home_decisions_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_home_decisions")),
        sa.UniqueConstraint("county_id", "proposal_id", name=op.f("uq_home_decisions_county_id_proposal_id")),
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
    op.add_column("callback_attempts", sa.Column("at_home", sa.Boolean(), nullable=True))


def downgrade():
    op.drop_column("callback_attempts", "at_home")
    op.drop_table("home_decisions")
    op.drop_index("uq_home_proposals_open", table_name="home_proposals")
    op.drop_table("home_proposals")
