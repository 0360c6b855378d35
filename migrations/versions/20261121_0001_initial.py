"""The first tables."""

import sqlalchemy as sa
from alembic import op

from server.database import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("details", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_county_id_at"), "audit_entries", ["county_id", "at"], unique=False)
    op.create_index(op.f("ix_audit_entries_subject_id"), "audit_entries", ["subject_id"], unique=False)
    op.create_table(
        "feed_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("holds", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_marks")),
    )
    op.create_index(
        op.f("ix_feed_marks_session_id_created_at"), "feed_marks", ["session_id", "created_at"], unique=False
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("epoch_since", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("result", Json, nullable=True),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_username_at"), "login_failures", ["username", "at"], unique=False)
    op.create_table(
        "refused_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_items")),
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("level IN ('province', 'city', 'county', 'town', 'village')", name=op.f("ck_regions_level")),
        sa.ForeignKeyConstraint(["parent_id"], ["regions.id"], name=op.f("fk_regions_parent_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["regions.id"], name=op.f("fk_regions_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("code", name=op.f("uq_regions_code")),
    )
    op.create_index(op.f("ix_regions_parent_id"), "regions", ["parent_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("wechat_openid", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
        sa.UniqueConstraint("wechat_openid", name=op.f("uq_users_wechat_openid")),
    )
    op.create_table(
        "counties",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_counties_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counties")),
    )
    op.create_index(op.f("ix_counties_region_id"), "counties", ["region_id"], unique=False)
    op.create_table(
        "region_codes",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_region_codes_region_id")),
        sa.PrimaryKeyConstraint("region_id", "valid_from", name=op.f("pk_region_codes")),
    )
    op.create_index(op.f("ix_region_codes_code"), "region_codes", ["code"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_accounts_county_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_accounts_user_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("county_id", "kind", "user_id", name=op.f("uq_accounts_county_id_kind_user_id")),
    )
    op.create_table(
        "alert_events",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("details", Json, nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_alert_events_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_alert_events")),
    )
    op.create_index(
        op.f("ix_alert_events_county_id_alert_id_at"), "alert_events", ["county_id", "alert_id", "at"], unique=False
    )
    op.create_table(
        "auth_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("refresh_generation", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_auth_sessions_county_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_auth_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_sessions")),
    )
    op.create_index(op.f("ix_auth_sessions_device_id"), "auth_sessions", ["device_id"], unique=False)
    op.create_index(op.f("ix_auth_sessions_user_id"), "auth_sessions", ["user_id"], unique=False)
    op.create_table(
        "closings",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("details", Json, nullable=True),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_closings_county_id")),
        sa.PrimaryKeyConstraint("county_id", "month", "version", name=op.f("pk_closings")),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("os", sa.String(length=60), nullable=False),
        sa.Column("app_version", sa.String(length=40), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_as", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_devices_county_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_user_id"), "devices", ["user_id"], unique=False)
    op.create_table(
        "elders",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("short_no", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("categories", Json, nullable=False),
        sa.Column("policy_id", sa.String(length=40), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(length=32), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(length=32), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("contacts", sa.LargeBinary(), nullable=True),
        sa.Column("notes", sa.LargeBinary(), nullable=True),
        sa.Column("legal_basis", sa.String(length=20), nullable=False),
        sa.Column("legal_basis_version", sa.String(length=20), nullable=False),
        sa.Column("legal_basis_on", sa.Date(), nullable=False),
        sa.Column("consent_health", sa.Boolean(), nullable=True),
        sa.Column("consent_position", sa.Boolean(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_elders_county_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_elders_region_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_elders")),
        sa.UniqueConstraint("county_id", "id_number_index", name=op.f("uq_elders_county_id_id_number_index")),
        sa.UniqueConstraint("county_id", "short_no", name=op.f("uq_elders_county_id_short_no")),
    )
    op.create_index(op.f("ix_elders_county_id_name"), "elders", ["county_id", "name"], unique=False)
    op.create_index(op.f("ix_elders_county_id_phone_index"), "elders", ["county_id", "phone_index"], unique=False)
    op.create_index(op.f("ix_elders_county_id_region_id"), "elders", ["county_id", "region_id"], unique=False)
    op.create_table(
        "enrolment_codes",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_enrolment_codes_county_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_enrolment_codes_user_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_enrolment_codes")),
    )
    op.create_index(op.f("ix_enrolment_codes_user_id"), "enrolment_codes", ["user_id"], unique=False)
    op.create_table(
        "files",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("elder_id", sa.Uuid(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_files_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_files")),
    )
    op.create_table(
        "judgements",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.String(length=40), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("assurance", sa.String(length=10), nullable=False),
        sa.Column("flags", Json, nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_judgements_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_judgements")),
    )
    op.create_index(op.f("ix_judgements_county_id_visit_id"), "judgements", ["county_id", "visit_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("to_user_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_messages_county_id")),
        sa.ForeignKeyConstraint(["to_user_id"], ["users.id"], name=op.f("fk_messages_to_user_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_messages")),
        sa.UniqueConstraint("county_id", "key", name=op.f("uq_messages_county_id_key")),
    )
    op.create_index(
        "ix_messages_waiting",
        "messages",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "phone_events",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("elder_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_phone_events_county_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_phone_events_user_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_phone_events")),
    )
    op.create_table(
        "photos",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_photos_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_photos")),
        sa.UniqueConstraint("county_id", "visit_id", "sha256", name=op.f("uq_photos_county_id_visit_id_sha256")),
    )
    op.create_table(
        "policies",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("focused", sa.Boolean(), nullable=False),
        sa.Column("channels", Json, nullable=False),
        sa.Column("per_month", sa.Integer(), nullable=False),
        sa.Column("per_week", sa.Integer(), nullable=False),
        sa.Column("home_per_month", sa.Integer(), nullable=False),
        sa.Column("stay_min_s", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_policies_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", "version", name=op.f("pk_policies")),
    )
    op.create_table(
        "reviews",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_reviews_by")),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_reviews_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_county_id_visit_id_at"), "reviews", ["county_id", "visit_id", "at"], unique=False)
    op.create_table(
        "role_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "role IN ('volunteer', 'social_worker', 'neighbour', 'community_worker', 'grid_worker', 'doctor', 'director', 'admin', 'auditor', 'family')",
            name=op.f("ck_role_grants_role"),
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_role_grants_county_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_role_grants_region_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_role_grants_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    op.create_index(op.f("ix_role_grants_region_id_role"), "role_grants", ["region_id", "role"], unique=False)
    op.create_index(op.f("ix_role_grants_user_id"), "role_grants", ["user_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("result", Json, nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_tasks_county_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_tasks_region_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_created_by_created_at"), "tasks", ["created_by", "created_at"], unique=False)
    op.create_index(
        "ix_tasks_open",
        "tasks",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued','running')"),
        postgresql_where=sa.text("state IN ('queued','running')"),
    )
    op.create_table(
        "time_transactions",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("memo", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_time_transactions_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_time_transactions")),
        sa.UniqueConstraint("county_id", "key", name=op.f("uq_time_transactions_county_id_key")),
    )
    op.create_index(
        op.f("ix_time_transactions_county_id_month"), "time_transactions", ["county_id", "month"], unique=False
    )
    op.create_index(
        op.f("ix_time_transactions_county_id_visit_id"), "time_transactions", ["county_id", "visit_id"], unique=False
    )
    op.create_table(
        "village_counts",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("visited", sa.Integer(), nullable=False),
        sa.Column("visited_home", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("away", sa.Integer(), nullable=False),
        sa.Column("away_kept", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("weeks_owed", sa.Integer(), nullable=False),
        sa.Column("weeks_kept", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_village_counts_county_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_village_counts_region_id")),
        sa.PrimaryKeyConstraint("county_id", "region_id", "month", name=op.f("pk_village_counts")),
    )
    op.create_table(
        "visits",
        sa.Column("elder_id", sa.Uuid(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("visitor_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("spoken_to", sa.String(length=40), nullable=True),
        sa.Column("urgent", sa.String(length=40), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("start", UtcDateTime(), nullable=False),
        sa.Column("stay_s", sa.Integer(), nullable=True),
        sa.Column("proved", sa.Boolean(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("assurance", sa.String(length=10), nullable=False),
        sa.Column("flags", Json, nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("companion_ids", Json, nullable=True),
        sa.Column("photo_digests", Json, nullable=True),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_visits_county_id")),
        sa.ForeignKeyConstraint(["visitor_id"], ["users.id"], name=op.f("fk_visits_visitor_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_visits")),
    )
    op.create_index(
        op.f("ix_visits_county_id_elder_id_start"), "visits", ["county_id", "elder_id", "start"], unique=False
    )
    op.create_index(
        op.f("ix_visits_county_id_region_id_start"), "visits", ["county_id", "region_id", "start"], unique=False
    )
    op.create_index(
        op.f("ix_visits_county_id_visitor_id_start"), "visits", ["county_id", "visitor_id", "start"], unique=False
    )
    op.create_index(
        "ix_visits_to_review",
        "visits",
        ["county_id", "region_id", "start"],
        unique=False,
        sqlite_where=sa.text("assurance = 'doubtful' AND decision IS NULL"),
        postgresql_where=sa.text("assurance = 'doubtful' AND decision IS NULL"),
    )
    op.create_table(
        "absences",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"], ["elders.county_id", "elders.id"], name=op.f("fk_absences_county_id_elder_id")
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_absences_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_county_id_elder_id"), "absences", ["county_id", "elder_id"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("elder_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"], ["elders.county_id", "elders.id"], name=op.f("fk_alerts_county_id_elder_id")
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_alerts_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_alerts")),
        sa.UniqueConstraint(
            "county_id", "kind", "subject", "period", name=op.f("uq_alerts_county_id_kind_subject_period")
        ),
    )
    op.create_index(op.f("ix_alerts_county_id_elder_id"), "alerts", ["county_id", "elder_id"], unique=False)
    op.create_index(
        "ix_alerts_due",
        "alerts",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_index(
        "ix_alerts_of_visit",
        "alerts",
        ["county_id", "visit_id"],
        unique=False,
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_index(
        "ix_alerts_open",
        "alerts",
        ["county_id", "region_id", "opened_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "balances",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.String(length=8), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_balances_minutes")),
        sa.ForeignKeyConstraint(
            ["county_id", "account_id"],
            ["accounts.county_id", "accounts.id"],
            name=op.f("fk_balances_county_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "account_id", "bucket", name=op.f("pk_balances")),
    )
    op.create_table(
        "closing_figures",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("visited", sa.Integer(), nullable=False),
        sa.Column("visited_home", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("away", sa.Integer(), nullable=False),
        sa.Column("away_kept", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("weeks_owed", sa.Integer(), nullable=False),
        sa.Column("weeks_kept", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "month", "version"],
            ["closings.county_id", "closings.month", "closings.version"],
            name=op.f("fk_closing_figures_county_id_month_version"),
        ),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_closing_figures_region_id")),
        sa.PrimaryKeyConstraint("county_id", "month", "version", "region_id", name=op.f("pk_closing_figures")),
    )
    op.create_table(
        "duties",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.String(length=40), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("home_done", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("away_kept", sa.Boolean(), nullable=False),
        sa.CheckConstraint("state IN ('missing', 'visited', 'away', 'refused', 'left')", name=op.f("ck_duties_state")),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"], ["elders.county_id", "elders.id"], name=op.f("fk_duties_county_id_elder_id")
        ),
        sa.PrimaryKeyConstraint("county_id", "elder_id", "kind", "starts_on", name=op.f("pk_duties")),
    )
    op.create_index(
        "ix_duties_open",
        "duties",
        ["county_id", "month", "region_id"],
        unique=False,
        sqlite_where=sa.text("state = 'missing'"),
        postgresql_where=sa.text("state = 'missing'"),
    )
    op.create_table(
        "elder_cards",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_visit_id", sa.Uuid(), nullable=True),
        sa.Column("last_visit_at", UtcDateTime(), nullable=True),
        sa.Column("last_outcome", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"], ["elders.county_id", "elders.id"], name=op.f("fk_elder_cards_county_id_elder_id")
        ),
        sa.PrimaryKeyConstraint("county_id", "elder_id", name=op.f("pk_elder_cards")),
    )
    op.create_table(
        "elder_statuses",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"],
            ["elders.county_id", "elders.id"],
            name=op.f("fk_elder_statuses_county_id_elder_id"),
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_elder_statuses_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_elder_statuses")),
    )
    op.create_index(
        op.f("ix_elder_statuses_county_id_elder_id"), "elder_statuses", ["county_id", "elder_id"], unique=False
    )
    op.create_table(
        "pairings",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"], ["elders.county_id", "elders.id"], name=op.f("fk_pairings_county_id_elder_id")
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_pairings_county_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_pairings_user_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_pairings")),
    )
    op.create_index(op.f("ix_pairings_county_id_elder_id"), "pairings", ["county_id", "elder_id"], unique=False)
    op.create_index(op.f("ix_pairings_user_id"), "pairings", ["user_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.String(length=8), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("minutes <> 0", name=op.f("ck_postings_minutes")),
        sa.ForeignKeyConstraint(
            ["county_id", "account_id"],
            ["accounts.county_id", "accounts.id"],
            name=op.f("fk_postings_county_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "transaction_id"],
            ["time_transactions.county_id", "time_transactions.id"],
            name=op.f("fk_postings_county_id_transaction_id"),
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_postings_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_postings")),
    )
    op.create_index(
        op.f("ix_postings_county_id_account_id_id"), "postings", ["county_id", "account_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_postings_county_id_transaction_id"), "postings", ["county_id", "transaction_id"], unique=False
    )
    op.create_table(
        "tags",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "elder_id"], ["elders.county_id", "elders.id"], name=op.f("fk_tags_county_id_elder_id")
        ),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_tags_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", "generation", name=op.f("pk_tags")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tags_token_hash")),
    )
    op.create_index(op.f("ix_tags_county_id_elder_id"), "tags", ["county_id", "elder_id"], unique=False)


def downgrade():
    op.drop_index(op.f("ix_tags_county_id_elder_id"), table_name="tags")
    op.drop_table("tags")
    op.drop_index(op.f("ix_postings_county_id_transaction_id"), table_name="postings")
    op.drop_index(op.f("ix_postings_county_id_account_id_id"), table_name="postings")
    op.drop_table("postings")
    op.drop_index(op.f("ix_pairings_user_id"), table_name="pairings")
    op.drop_index(op.f("ix_pairings_county_id_elder_id"), table_name="pairings")
    op.drop_table("pairings")
    op.drop_index(op.f("ix_elder_statuses_county_id_elder_id"), table_name="elder_statuses")
    op.drop_table("elder_statuses")
    op.drop_table("elder_cards")
    op.drop_index(
        "ix_duties_open",
        table_name="duties",
        sqlite_where=sa.text("state = 'missing'"),
        postgresql_where=sa.text("state = 'missing'"),
    )
    op.drop_table("duties")
    op.drop_table("closing_figures")
    op.drop_table("balances")
    op.drop_index(
        "ix_alerts_open",
        table_name="alerts",
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.drop_index(
        "ix_alerts_of_visit",
        table_name="alerts",
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.drop_index(
        "ix_alerts_due",
        table_name="alerts",
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.drop_index(op.f("ix_alerts_county_id_elder_id"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_index(op.f("ix_absences_county_id_elder_id"), table_name="absences")
    op.drop_table("absences")
    op.drop_index(
        "ix_visits_to_review",
        table_name="visits",
        sqlite_where=sa.text("assurance = 'doubtful' AND decision IS NULL"),
        postgresql_where=sa.text("assurance = 'doubtful' AND decision IS NULL"),
    )
    op.drop_index(op.f("ix_visits_county_id_visitor_id_start"), table_name="visits")
    op.drop_index(op.f("ix_visits_county_id_region_id_start"), table_name="visits")
    op.drop_index(op.f("ix_visits_county_id_elder_id_start"), table_name="visits")
    op.drop_table("visits")
    op.drop_table("village_counts")
    op.drop_index(op.f("ix_time_transactions_county_id_visit_id"), table_name="time_transactions")
    op.drop_index(op.f("ix_time_transactions_county_id_month"), table_name="time_transactions")
    op.drop_table("time_transactions")
    op.drop_index(
        "ix_tasks_open",
        table_name="tasks",
        sqlite_where=sa.text("state IN ('queued','running')"),
        postgresql_where=sa.text("state IN ('queued','running')"),
    )
    op.drop_index(op.f("ix_tasks_created_by_created_at"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_role_grants_user_id"), table_name="role_grants")
    op.drop_index(op.f("ix_role_grants_region_id_role"), table_name="role_grants")
    op.drop_table("role_grants")
    op.drop_index(op.f("ix_reviews_county_id_visit_id_at"), table_name="reviews")
    op.drop_table("reviews")
    op.drop_table("policies")
    op.drop_table("photos")
    op.drop_table("phone_events")
    op.drop_index(
        "ix_messages_waiting",
        table_name="messages",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_table("messages")
    op.drop_index(op.f("ix_judgements_county_id_visit_id"), table_name="judgements")
    op.drop_table("judgements")
    op.drop_table("files")
    op.drop_index(op.f("ix_enrolment_codes_user_id"), table_name="enrolment_codes")
    op.drop_table("enrolment_codes")
    op.drop_index(op.f("ix_elders_county_id_region_id"), table_name="elders")
    op.drop_index(op.f("ix_elders_county_id_phone_index"), table_name="elders")
    op.drop_index(op.f("ix_elders_county_id_name"), table_name="elders")
    op.drop_table("elders")
    op.drop_index(op.f("ix_devices_user_id"), table_name="devices")
    op.drop_table("devices")
    op.drop_table("closings")
    op.drop_index(op.f("ix_auth_sessions_user_id"), table_name="auth_sessions")
    op.drop_index(op.f("ix_auth_sessions_device_id"), table_name="auth_sessions")
    op.drop_table("auth_sessions")
    op.drop_index(op.f("ix_alert_events_county_id_alert_id_at"), table_name="alert_events")
    op.drop_table("alert_events")
    op.drop_table("accounts")
    op.drop_index(op.f("ix_region_codes_code"), table_name="region_codes")
    op.drop_table("region_codes")
    op.drop_index(op.f("ix_counties_region_id"), table_name="counties")
    op.drop_table("counties")
    op.drop_table("users")
    op.drop_index(op.f("ix_regions_parent_id"), table_name="regions")
    op.drop_table("regions")
    op.drop_table("refused_items")
    op.drop_index(op.f("ix_login_failures_username_at"), table_name="login_failures")
    op.drop_table("login_failures")
    op.drop_table("job_runs")
    op.drop_table("installation")
    op.drop_index(op.f("ix_feed_marks_session_id_created_at"), table_name="feed_marks")
    op.drop_table("feed_marks")
    op.drop_index(op.f("ix_audit_entries_subject_id"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_county_id_at"), table_name="audit_entries")
    op.drop_table("audit_entries")
