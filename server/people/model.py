"""People who use the system, and the roles they hold: one person may hold several, in several regions."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base

# Those who visit. Staff of a region may visit there without a pairing (DOMAIN, "pairing").
STAFF_ROLES = frozenset({"social_worker", "community_worker", "grid_worker", "doctor"})
VISITING_ROLES = STAFF_ROLES | {"volunteer", "neighbour"}
ROLES = (
    "volunteer", "social_worker", "neighbour", "community_worker", "grid_worker", "doctor",
    "director", "admin", "auditor", "family",
)  # fmt: skip


class User(Base):
    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    phone: Mapped[str | None] = mapped_column(sa.String(32))  # a work number, shown to colleagues on duty
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))  # null: WeChat or device only
    wechat_openid: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    language: Mapped[str] = mapped_column(sa.String(10), default="zh-CN")
    created_at: Mapped[dt.datetime]
    disabled_at: Mapped[dt.datetime | None]


class RoleGrant(Base):
    """`role` in `region`, from a day to a day (exclusive; null: still). `county_id` is the tenant in whose data the
    role acts; null for a city or province, which sees figures only."""

    __tablename__ = "role_grants"
    __table_args__ = (
        sa.CheckConstraint(f"role IN {ROLES}", name="role"),
        sa.Index(None, "user_id"),
        sa.Index(None, "region_id", "role"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(sa.String(20))
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"))
    county_id: Mapped[int | None] = mapped_column(sa.ForeignKey("counties.id"))
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
