"""What an elder is owed: how often, by which channels. A change is a new version; judgements keep the one they used."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base


class Policy(Base):
    """The newest `version` of a county's `id` is in force. Numbers as in shared.rules.policy."""

    __tablename__ = "policies"

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("counties.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    focused: Mapped[bool]
    channels: Mapped[list[str]]
    per_month: Mapped[int] = mapped_column(default=1)
    per_week: Mapped[int] = mapped_column(default=0)
    home_per_month: Mapped[int] = mapped_column(default=0)
    stay_min_s: Mapped[int] = mapped_column(default=180)
    created_at: Mapped[dt.datetime]
