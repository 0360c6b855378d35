"""Visits as they came, how they were judged, their photos, and what could not be read.

A visit's row holds what rules and lists ask for; everything else (answers, positions, words) is in `raw`, sealed under
the elder's key, and is read back by the same codec that read it the first time. Judgements are only added.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, Json


class Visit(CountyRow, Base):
    """`elder_id` null: nobody could be found (flag elder_unknown). `start` is the trusted time, `started_at` the
    phone's own. `assurance` is the newest judgement's; `decision` the newest review's (accept, reject or null).
    `counts` says that it qualifies, all of these considered."""

    __tablename__ = "visits"
    __table_args__ = (
        sa.Index(None, "county_id", "elder_id", "start"),
        sa.Index(None, "county_id", "visitor_id", "start"),
        sa.Index(None, "county_id", "region_id", "start"),
        sa.Index(
            "ix_visits_to_review", "county_id", "region_id", "start",
            sqlite_where=sa.text("assurance = 'doubtful' AND decision IS NULL"),
            postgresql_where=sa.text("assurance = 'doubtful' AND decision IS NULL"),
        ),
    )  # fmt: skip

    elder_id: Mapped[uuid.UUID | None]
    region_id: Mapped[int | None]  # the elder's village; without an elder the visitor's
    visitor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    device_id: Mapped[uuid.UUID | None]
    channel: Mapped[str] = mapped_column(sa.String(40))
    outcome: Mapped[str] = mapped_column(sa.String(40))
    reason: Mapped[str | None] = mapped_column(sa.String(40))
    spoken_to: Mapped[str | None] = mapped_column(sa.String(40))  # calls: with whom
    urgent: Mapped[str | None] = mapped_column(sa.String(40))
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    start: Mapped[dt.datetime]
    stay_s: Mapped[int | None]
    proved: Mapped[bool] = mapped_column(default=False)  # the start rests on the server's own time
    received_at: Mapped[dt.datetime]
    late: Mapped[bool] = mapped_column(default=False)
    assurance: Mapped[str] = mapped_column(sa.String(10))
    flags: Mapped[list[Any]] = mapped_column(Json)  # the newest judgement's: [{code, weight, figures}]
    decision: Mapped[str | None] = mapped_column(sa.String(10))
    counts: Mapped[bool] = mapped_column(default=False)
    companion_ids: Mapped[list[str] | None]
    photo_digests: Mapped[list[str] | None]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary(32))  # digest of the read content: the same again?
    raw: Mapped[bytes]  # sealed


class Judgement(CountyRow, Base):
    """How a visit was judged, with what was looked at: enough to explain it, and to judge it again, years later."""

    __tablename__ = "judgements"
    __table_args__ = (sa.Index(None, "county_id", "visit_id"),)

    visit_id: Mapped[uuid.UUID]
    at: Mapped[dt.datetime]
    rule_version: Mapped[int]
    policy_id: Mapped[str | None] = mapped_column(sa.String(40))
    policy_version: Mapped[int | None]
    assurance: Mapped[str] = mapped_column(sa.String(10))
    flags: Mapped[list[Any]] = mapped_column(Json)
    inputs: Mapped[bytes]  # sealed JSON of the evidence: it holds positions


class Review(CountyRow, Base):
    """What a person decided about a visit: accept, reject, reopen, or the visitor's one reply. Rows are only added."""

    __tablename__ = "reviews"
    __table_args__ = (sa.Index(None, "county_id", "visit_id", "at"),)

    visit_id: Mapped[uuid.UUID]
    decision: Mapped[str] = mapped_column(sa.String(10))  # accept, reject, reopen, reply
    ground: Mapped[str | None] = mapped_column(sa.String(40))  # of the closed list (server/visits/grounds.py)
    reason: Mapped[bytes | None]  # what was said with it, sealed
    by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime]


class Photo(CountyRow, Base):
    """A photo named by a visit, once its first bytes arrived. `received` of `size` bytes; `file_id` when whole."""

    __tablename__ = "photos"
    __table_args__ = (sa.UniqueConstraint("county_id", "visit_id", "sha256"),)

    visit_id: Mapped[uuid.UUID]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    received: Mapped[int] = mapped_column(default=0)
    size: Mapped[int | None]
    file_id: Mapped[uuid.UUID | None]
    sealed_mark: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))  # digest of a sealed one's signature
    updated_at: Mapped[dt.datetime]


class History(CountyRow, Base):
    """What visits add up to, summed up: of a visitor, of a home (`id` is the elder's), of a phone, of a photo (`id` is
    made of its digest). `changed_at`: judgements of the last days may have to be revised for it; `revised_at`: up to
    when they were."""

    __tablename__ = "presence_histories"
    __table_args__ = (sa.Index(None, "county_id", "changed_at"),)

    kind: Mapped[str] = mapped_column(sa.String(10))  # visitor, home, phone, photo
    data: Mapped[bytes]  # sealed: a home's under its elder's key, the rest under the county's
    changed_at: Mapped[dt.datetime | None]
    revised_at: Mapped[dt.datetime | None]


class Refusal(Base):
    """An item that was rejected, kept with everything that came. Its id was not used: it may come again, mended."""

    __tablename__ = "refused_items"
    __table_args__ = (sa.Index(None, "device_id", "code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    county_id: Mapped[int | None]
    user_id: Mapped[uuid.UUID]
    device_id: Mapped[uuid.UUID | None]
    item_id: Mapped[str | None] = mapped_column(sa.String(64))
    code: Mapped[str] = mapped_column(sa.String(40))
    received_at: Mapped[dt.datetime]
    raw: Mapped[bytes]  # sealed under the county's key
