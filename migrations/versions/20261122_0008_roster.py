"""Who is on duty for calls for help."""

import sqlalchemy as sa
from alembic import op

from server.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "shifts",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_shifts_county_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_shifts_region_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_shifts_user_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_shifts")),
    )
    op.create_index(op.f("ix_shifts_county_id_ends_at"), "shifts", ["county_id", "ends_at"])


def downgrade():
    op.drop_index(op.f("ix_shifts_county_id_ends_at"), table_name="shifts")
    op.drop_table("shifts")
