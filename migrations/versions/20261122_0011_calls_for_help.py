"""Keep with a call for help what was said and where the phone was (sealed)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("alerts", sa.Column("said", sa.LargeBinary(), nullable=True))


def downgrade():
    op.drop_column("alerts", "said")
