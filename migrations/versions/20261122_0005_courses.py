"""What visitors learn: courses, their versions, and who finished which."""

import sqlalchemy as sa
from alembic import op

from server.database import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "courses",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_courses_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_courses")),
    )
    op.create_table(
        "course_versions",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "course_id"], ["courses.county_id", "courses.id"], name=op.f("fk_course_versions_county_id_course_id")
        ),
        sa.PrimaryKeyConstraint("county_id", "course_id", "version", name=op.f("pk_course_versions")),
    )
    op.create_table(
        "course_results",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_course_results_county_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_course_results_user_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_course_results")),
    )
    op.create_index(
        op.f("ix_course_results_county_id_user_id_course_id"), "course_results", ["county_id", "user_id", "course_id"]
    )


def downgrade():
    op.drop_index(op.f("ix_course_results_county_id_user_id_course_id"), table_name="course_results")
    op.drop_table("course_results")
    op.drop_table("course_versions")
    op.drop_table("courses")
