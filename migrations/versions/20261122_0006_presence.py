"""Histories that visits are judged with: of visitors, homes, phones and photos."""

import sqlalchemy as sa
from alembic import op

from server.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "presence_histories",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("revised_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_presence_histories_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_presence_histories")),
    )
    op.create_index(
        op.f("ix_presence_histories_county_id_changed_at"), "presence_histories", ["county_id", "changed_at"],
        unique=False,
    )


def downgrade():
    op.drop_index(op.f("ix_presence_histories_county_id_changed_at"), table_name="presence_histories")
    op.drop_table("presence_histories")
