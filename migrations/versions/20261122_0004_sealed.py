"""What a phone may still send by its key alone: former keys, kinds of revocation, marks of sealed photos."""

import sqlalchemy as sa
from alembic import op

from server.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "device_former_keys",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_as", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_device_former_keys_county_id")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_former_keys_device_id")),
        sa.PrimaryKeyConstraint("device_id", "public_key", name=op.f("pk_device_former_keys")),
    )
    op.add_column("enrolment_codes", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.add_column("auth_sessions", sa.Column("revoked_as", sa.String(length=10), nullable=True))
    op.add_column("photos", sa.Column("sealed_mark", sa.LargeBinary(length=32), nullable=True))
    op.create_index(op.f("ix_refused_items_device_id_code"), "refused_items", ["device_id", "code"])


def downgrade():
    op.drop_index(op.f("ix_refused_items_device_id_code"), table_name="refused_items")
    op.drop_column("photos", "sealed_mark")
    op.drop_column("auth_sessions", "revoked_as")
    op.drop_column("enrolment_codes", "replaces")
    op.drop_table("device_former_keys")
