"""Tags 二维码牌: one row per generation of an elder's tag. The token itself is never stored, only its digest."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference


class Tag(CountyRow, Base):
    """An elder has one tag, whose `id` is the elder's, in generations: reissuing adds one and revokes the one before,
    so that two people who issue at the same time meet in the primary key."""

    __tablename__ = "tags"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.Index(None, "county_id", "elder_id"),
    )

    generation: Mapped[int] = mapped_column(primary_key=True, sort_order=1)  # the key begins with the county
    elder_id: Mapped[uuid.UUID]
    key_id: Mapped[str] = mapped_column(sa.String(20))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    issued_at: Mapped[dt.datetime]
    issued_by: Mapped[uuid.UUID | None]
    revoked_at: Mapped[dt.datetime | None]
